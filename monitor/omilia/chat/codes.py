"""The chat's own error codes, and what an HTTP status would have said in their place.

The codes are those that integrators have met (UNAUTHORIZED, BAD_REQUEST, DIALOG_NOT_FOUND,
SESSION_NOT_FOUND, SESSION_EXPIRED), and their obvious neighbours; Omilia publishes no list.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from monitor.core.category import Category
from monitor.core.detail import mentions_licences
from monitor.core.exchange import Complaint, HungUp

CODES: Mapping[str, Category] = MappingProxyType(
    {
        "UNAUTHORIZED": Category.CREDENTIAL,  # or not deployed yet: the prober looks again
        "FORBIDDEN": Category.PERMISSION,
        "BAD_REQUEST": Category.MISCONFIGURED,
        "APP_NOT_FOUND": Category.MISCONFIGURED,
        "TOO_MANY_REQUESTS": Category.THROTTLED,
        # A conversation that was good and is gone: the other side lost it.
        "DIALOG_NOT_FOUND": Category.UNEXPECTED,
        "SESSION_NOT_FOUND": Category.UNEXPECTED,
        "SESSION_EXPIRED": Category.UNEXPECTED,
    }
)
"""Any other code is an error on Omilia's side: what was asked was in order."""

_CLOSED: Mapping[int, Category] = MappingProxyType(
    {
        1001: Category.SERVER_ERROR,  # going away
        1008: Category.PERMISSION,  # against a policy
        1011: Category.SERVER_ERROR,  # an error inside
        1012: Category.SERVER_ERROR,  # it restarts
        1013: Category.THROTTLED,  # try again later
    }
)


def of_error(event: Mapping[str, Any]) -> Complaint:
    """Read an `error_event`, or any answer with an `error_code`."""
    code = _text(event.get("error_code"))
    words = _text(event.get("error_message")) or _text(event.get("message"))
    said = f"{code}: {words}" if code and words else code or words or "an error without a code"
    if mentions_licences(said.encode()):
        return Complaint(Category.LICENCE, said)
    return Complaint(CODES.get(code.upper(), Category.SERVER_ERROR), said)


def of_close(end: HungUp) -> Complaint:
    """Read the close of a WebSocket in the middle of a conversation."""
    said = f"the server closed the session: {end.reason or 'no reason'} ({end.code})"
    if mentions_licences(end.reason.encode()):
        return Complaint(Category.LICENCE, said)
    return Complaint(_CLOSED.get(end.code or 0, Category.UNEXPECTED), said)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
