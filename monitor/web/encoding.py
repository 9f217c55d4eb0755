"""JSON and time as the interface writes them."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web


def stamp(moment: datetime) -> str:
    """Write a moment in RFC 3339, UTC, with `Z`; whole, so that it can be handed back."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def stamp_or_none(moment: datetime | None) -> str | None:
    """Write a moment, or null."""
    return None if moment is None else stamp(moment)


def encode(value: Any) -> bytes:
    """Write JSON in UTF-8. Text from outside may hold half a character; it becomes `?`."""
    text = json.dumps(
        value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
    )
    return text.encode("utf-8", "replace")


def encode_list(name: str, items: Iterable[Any]) -> bytes:
    """Write an object with one list, item by item: one big step would hold up all threads."""
    return b'{"%s":[%s]}' % (name.encode(), b",".join(map(encode, items)))


def _plain(value: Any) -> Any:
    """Turn what json does not know into what it knows."""
    if isinstance(value, datetime):
        return stamp(value)
    raise TypeError(f"{type(value).__name__} is not JSON")


def answer(
    value: Any,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> web.Response:
    """Answer with a JSON value, or with JSON that is already written (bytes)."""
    body = value if isinstance(value, bytes) else encode(value)
    return web.Response(status=status, body=body, headers=headers, content_type=content_type)
