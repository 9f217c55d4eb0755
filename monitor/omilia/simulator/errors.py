"""How each service words an error: the shapes of Omilia's API guides, and of its frameworks.

Documented: the Environments Manager's `errors` list and its validation `detail`, Orchestrator's
Django REST shapes, Metrics' `message`. Inferred: Keycloak (OAuth 2's form), miniApps (Spring's
form), Pathfinder (FastAPI's form), chat (the WebSocket's error without its envelope).
"""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus

from monitor.omilia.simulator.answer import Answer, raw, rendered

NO_LICENCES = "No available licenses"
"""The words that tell a full house from a missing permission; both are 403."""

_DETAILS = {
    400: "The request could not be understood",
    401: "The credential is missing, expired or unknown",
    402: "The request was valid, and could not be carried out",
    403: "The role of this user does not allow it",
    404: "There is nothing here",
    405: "This method is not served here",
    409: "It exists already",
    422: "A value is not valid",
    429: "Too many requests",
    500: "Something went wrong inside",
    502: "The service behind the gateway gave no sensible answer",
    503: "The service is not available now",
    504: "The service behind the gateway did not answer in time",
}
_OAUTH = {400: "invalid_request", 401: "invalid_grant", 503: "temporarily_unavailable"}
_CHAT = {400: "BAD_REQUEST", 401: "UNAUTHORIZED", 404: "DIALOG_NOT_FOUND"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong, before anybody words it.

    `code` is the service's own, where it has one. `field` is the parameter to blame. `lost` says
    that the path itself is unknown, and not only what it names.
    """

    status: int
    at: datetime
    path: str = "/"
    detail: str = ""
    code: str = ""
    field: str = ""
    lost: bool = False

    @property
    def said(self) -> str:
        """Return the sentence for people."""
        return self.detail or _DETAILS.get(self.status) or self.phrase

    @property
    def phrase(self) -> str:
        """Return the status in words."""
        try:
            return HTTPStatus(self.status).phrase
        except ValueError:
            return "Unknown"


def envs_manager(trouble: Trouble) -> Answer:
    """Environments Manager: a list of errors; validation answers as FastAPI does."""
    if trouble.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        return fastapi(trouble)
    # Its documented conflict says 400 in the body: a reader must not trust it over the status.
    conflict = trouble.status == HTTPStatus.CONFLICT
    error = {
        "status": 400 if conflict else trouble.status,
        "code": trouble.code or f"1{trouble.status}",
        "title": "Bad Request" if conflict else trouble.phrase,
        "detail": trouble.said,
        "source": f"/query/{trouble.field}" if trouble.field else trouble.path,
        "meta": {},
    }
    return rendered({"errors": [error]}, trouble.status)


def fastapi(trouble: Trouble) -> Answer:
    """FastAPI: a sentence, or for validation a list of places."""
    if trouble.status != HTTPStatus.UNPROCESSABLE_ENTITY:
        return rendered({"detail": trouble.said}, trouble.status)
    place = ["query", trouble.field or "searchTerm"]
    problem = {"loc": place, "msg": trouble.said, "type": "value_error"}
    return rendered({"detail": [problem]}, trouble.status)


def django(trouble: Trouble) -> Answer:
    """Orchestrator: Django REST's detail and field errors; a plain page for an unknown path."""
    if trouble.lost:
        page = f"<!doctype html><title>{trouble.phrase}</title><h1>{trouble.phrase}</h1>"
        return raw(page.encode(), trouble.status, "text/html; charset=utf-8")
    if trouble.field:
        return rendered({trouble.field: [trouble.said]}, trouble.status)
    return rendered({"detail": trouble.said}, trouble.status)


def spring(trouble: Trouble) -> Answer:
    """miniApps: the form of Spring's error attributes."""
    body = {
        "timestamp": trouble.at.isoformat(timespec="milliseconds"),
        "status": trouble.status,
        "error": trouble.phrase,
        "message": trouble.said,
        "path": trouble.path,
    }
    return rendered(body, trouble.status)


def message(trouble: Trouble) -> Answer:
    """Metrics, and for want of a documented shape Integrations."""
    return rendered({"message": trouble.said}, trouble.status)


def oauth(trouble: Trouble) -> Answer:
    """Keycloak: RFC 6749, section 5.2."""
    code = trouble.code or _OAUTH.get(trouble.status, "unknown_error")
    return rendered({"error": code, "error_description": trouble.said}, trouble.status)


def chat(trouble: Trouble) -> Answer:
    """Chat: a code and a sentence."""
    code = trouble.code or _CHAT.get(trouble.status, trouble.phrase.upper().replace(" ", "_"))
    return rendered({"error_code": code, "error_message": trouble.said}, trouble.status)


def plain(trouble: Trouble) -> Answer:
    """Answer in text: a gateway, or a server of static files."""
    text = f"{trouble.status} {trouble.phrase}: {trouble.said}\n"
    return raw(text.encode(), trouble.status, "text/plain; charset=utf-8")
