"""The token endpoint: the password and refresh_token grants of Keycloak, kept simple.

A wrong password is 401 and an unreadable request 400, as Omilia's own client takes them. A refresh
token that is no longer good is 400, as RFC 6749 (5.2) and Keycloak have it.
"""

from collections.abc import Mapping
from typing import NamedTuple

from monitor.omilia.simulator.answer import Answer, rendered
from monitor.omilia.simulator.credentials import Credentials


class Refusal(NamedTuple):
    """Why no token was given."""

    status: int
    code: str
    detail: str


CLIENT = "ocp"
"""The public client that Omilia documents; it has no secret."""


def grant(form: Mapping[str, str], credentials: Credentials) -> Answer | Refusal:
    """Give tokens for a form, or say why not."""
    if form.get("client_id") != CLIENT:
        return Refusal(401, "invalid_client", "This client is not known")
    match form.get("grant_type"):
        case None:
            return Refusal(400, "invalid_request", "A grant_type is needed")
        case "password":
            refusal = _password(form, credentials)
        case "refresh_token":
            refusal = _refresh(form, credentials)
        case _:
            refusal = Refusal(400, "unsupported_grant_type", "This grant is not offered")
    if refusal is not None:
        return refusal
    return rendered(credentials.tokens()).also({"Cache-Control": "no-store"})


def _password(form: Mapping[str, str], credentials: Credentials) -> Refusal | None:
    """Check a user name, a password and, where it is asked for, a one-time code."""
    known = credentials.secrets
    if "username" not in form or "password" not in form:
        return Refusal(400, "invalid_request", "A username and a password are needed")
    if (form["username"], form["password"]) != (known.username, known.password):
        return Refusal(401, "invalid_grant", "The user or the password is wrong")
    if known.otp is not None and form.get("otp") != known.otp:
        return Refusal(401, "invalid_grant", "The one-time code is missing or wrong")
    return None


def _refresh(form: Mapping[str, str], credentials: Credentials) -> Refusal | None:
    """Check a refresh token."""
    if "refresh_token" not in form:
        return Refusal(400, "invalid_request", "A refresh_token is needed")
    if not credentials.knows(form["refresh_token"]):
        return Refusal(400, "invalid_grant", "The refresh token is no longer good")
    return None
