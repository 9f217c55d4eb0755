"""An answer, rendered before anybody asks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent: status, bytes and headers. It may be sent any number of times."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def response(self) -> web.Response:
        """Return a response of aiohttp's, which can be sent once."""
        return web.Response(status=self.status, body=self.body, headers=self.headers)

    def also(self, headers: Mapping[str, str]) -> "Answer":
        """Return the same answer with further headers."""
        return Answer(self.status, self.body, {**self.headers, **headers})


def rendered(value: Any, status: int = 200, media: str = JSON) -> Answer:
    """Return a JSON answer."""
    return raw(json.dumps(value, separators=(",", ":")).encode(), status, media)


def raw(body: bytes, status: int, media: str) -> Answer:
    """Return an answer of any media type."""
    return Answer(status, body, {"Content-Type": media})
