"""Request bodies: JSON in a shape, or a problem that names everything that is wrong with it."""

import json
from typing import Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from monitor.web.problems import Problem

MOST_COMPLAINTS = 20
"""Complaints about one body that are listed."""

Shape = TypeVar("Shape", bound=BaseModel)


async def read_body(request: web.Request, shape: type[Shape]) -> Shape:
    """Read a body in a shape.

    Raises Problem, and nothing has been changed then: 415 for another media type, 400 for what is
    not JSON, 422 for JSON of another shape.
    """
    if request.content_type != "application/json":
        detail = "The body must be JSON: send Content-Type: application/json."
        raise Problem(415, "not-json", detail, headers={"Accept": "application/json"})
    raw = await request.read()
    try:
        json.loads(raw, object_pairs_hook=_distinct, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "broken-json", f"The body is not JSON: {_said(error)}.") from None
    try:
        return shape.model_validate_json(raw)
    except ValidationError as error:
        complaints = [
            {"pointer": _pointer(one["loc"]), "detail": one["msg"].removeprefix("Value error, ")}
            for one in error.errors(include_url=False, include_input=False)
        ]
        count = len(complaints)
        detail = f"{count} thing{'s' * (count != 1)} cannot be used; nothing was changed."
        shown = complaints[:MOST_COMPLAINTS]
        raise Problem(422, "bad-body", detail, errors=shown) from None


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a key that stands twice: nobody could say which one was meant."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _refused(name: str) -> Any:
    """Refuse NaN and Infinity, which Python reads and JSON does not know (RFC 8259, 6)."""
    raise ValueError(f"{name} is not a number")


def _said(error: Exception) -> str:
    """Say what is wrong without repeating what came."""
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg.lower()} at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _pointer(location: tuple[int | str, ...]) -> str:
    """Write a place in a document as a JSON Pointer (RFC 6901)."""
    return "#" + "".join(f"/{str(p).replace('~', '~0').replace('/', '~1')}" for p in location)
