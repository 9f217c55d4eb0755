"""The token endpoint: three grants of Keycloak's (password, refresh_token, client_credentials).

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
    kind = form.get("grant_type", "")
    refusal = _refusal(kind, form, credentials)
    known = kind if kind in _GRANTS else "other"
    credentials.asked[known, 200 if refusal is None else refusal.status] += 1
    if refusal is not None:
        return refusal
    return rendered(credentials.tokens()).also({"Cache-Control": "no-store"})


def _refusal(kind: str, form: Mapping[str, str], credentials: Credentials) -> Refusal | None:
    """Say why not, if there is a reason."""
    known = credentials.secrets
    if form.get("client_id") not in (CLIENT, known.robot):
        return Refusal(401, "invalid_client", "This client is not known")
    if not kind:
        return Refusal(400, "invalid_request", "A grant_type is needed")
    check = _GRANTS.get(kind)
    if check is None:
        return Refusal(400, "unsupported_grant_type", "This grant is not offered")
    return check(form, credentials)


def _password(form: Mapping[str, str], credentials: Credentials) -> Refusal | None:
    """Check a user name, a password and, where it is asked for, a one-time code.

    What exactly was wrong is not told; that an account is suspended only to who knows its password.
    """
    if "username" not in form or "password" not in form:
        return Refusal(400, "invalid_request", "A username and a password are needed")
    right = credentials.password_is(form["username"], form["password"], form.get("otp"))
    if right:
        return None
    if credentials.suspended and form["password"] == credentials.secrets.password:
        return Refusal(401, "invalid_grant", "The account has been suspended")
    return Refusal(401, "invalid_grant", "The user, the password or the one-time code is wrong")


def _refresh(form: Mapping[str, str], credentials: Credentials) -> Refusal | None:
    """Check a refresh token."""
    if "refresh_token" not in form:
        return Refusal(400, "invalid_request", "A refresh_token is needed")
    if not credentials.knows(form["refresh_token"]):
        return Refusal(400, "invalid_grant", "The refresh token is no longer good")
    return None


def _client(form: Mapping[str, str], credentials: Credentials) -> Refusal | None:
    """Check a client that asks for itself."""
    known = credentials.secrets
    if form["client_id"] != known.robot:
        return Refusal(400, "unauthorized_client", "This client has no account of its own")
    if form.get("client_secret") != known.robot_secret:
        return Refusal(401, "invalid_client", "The client's secret is wrong")
    return None


_GRANTS = {"password": _password, "refresh_token": _refresh, "client_credentials": _client}
