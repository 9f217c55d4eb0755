"""Somebody who follows the event stream, and writes down what is said."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp

PATIENCE = 40.0
"""Seconds after which something that should have been said was not."""


@dataclass(frozen=True, slots=True)
class Said:
    """One event. `kind` is "" for a comment; `place` is None without an id."""

    kind: str
    place: int | None
    data: Any

    @property
    def about(self) -> str:
        name: str = self.data.get("endpoint", "")
        return name


class Follower:
    """Reads the stream, event by event."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self.place: int | None = None

    async def next(self) -> Said:
        """Return the next event or comment. Raises EOFError at the end of the stream."""
        fields: dict[str, str] = {}
        async with asyncio.timeout(PATIENCE):
            while line := (await self.response.content.readline()).decode():
                name, _, value = line.rstrip("\n").partition(":")
                if line == "\n" and fields.keys() - {"retry"}:
                    return self._said(fields)
                fields[name] = value.strip()
        raise EOFError

    def _said(self, fields: dict[str, str]) -> Said:
        place = int(fields["id"]) if "id" in fields else None
        self.place = self.place if place is None else place
        return Said(fields.get("event", ""), place, json.loads(fields.get("data", "{}")))

    async def until(self, kind: str) -> list[Said]:
        """Return what is said up to an event of this kind."""
        said = [await self.next()]
        while said[-1].kind != kind:
            said.append(await self.next())
        return said


async def until(holds: Callable[[], bool]) -> None:
    """Look again and again, a hundred times a second."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110  nobody sets an event for a test
            await asyncio.sleep(0.01)


@asynccontextmanager
async def following(
    url: str, path: str = "/v1/events", *, last: object = None, **options: Any
) -> AsyncIterator[Follower]:
    """Follow, as a new one or after the `last` event."""
    headers: Mapping[str, str] = {} if last is None else {"Last-Event-ID": str(last)}
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
        session.get(url + path, headers=headers, **options) as response,
    ):
        yield Follower(response)
