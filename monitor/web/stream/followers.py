"""Who follows: each has a place on the ring, and is written to when something came after it."""

import asyncio
import contextlib
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple, cast

from aiohttp import web

from monitor.web.connection import HEADERS, Connection
from monitor.web.problems import Problem, bad_parameter
from monitor.web.stream.ring import FRESH, written
from monitor.web.stream.snapshot import Snapshots
from monitor.web.stream.source import SLICE, Source

PIECE = 16_384
"""Bytes that are written before it is seen whether the follower takes them."""
_ID = re.compile(r"[a-z0-9-]{1,100}")
_PLACE = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True)
class Limits:
    """What followers may cost. Times in seconds."""

    most: int = 1000
    """Followers at a time. They do not count as connections of the rest of the interface."""
    ping: float = 15.0
    """Time between two signs of life."""
    retry: float = 3.0
    """Time after which a follower that lost its stream should come again."""
    taken_within: float = 30.0
    """Time within which a follower must take what it is sent. Then it is dropped; it can resume."""
    names: int = 100
    """Endpoints that a follower may ask for by name."""


class _Batch(NamedTuple):
    """The events between two places, as text."""

    after: int
    to: int
    made_at: float
    text: bytes


class _Follower:
    """One stream. `wanted` are the endpoints that it is about, empty for all."""

    __slots__ = ("gone", "place", "wanted", "woken")

    def __init__(self, wanted: frozenset[str]) -> None:
        self.wanted = wanted
        self.place = 0
        self.woken = asyncio.Event()
        self.gone = False

    def leave(self) -> None:
        self.gone = True
        self.woken.set()


class Followers:
    """Serves the stream."""

    def __init__(self, source: Source, snapshots: Snapshots, limits: Limits) -> None:
        self._source = source
        self._ring = source.ring
        self._snapshots = snapshots
        self._limits = limits
        self._streams: set[_Follower] = set()
        self._batch = _Batch(0, 0, 0.0, b"")
        self._closing = False
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._streams)

    @property
    def slowest(self) -> int:
        """The place of whoever is furthest behind; the end of the ring when nobody follows."""
        return min((one.place for one in self._streams), default=self._ring.head)

    async def wake(self) -> None:
        """Let all look for something new, a slice at a time: ticks come in between."""
        for number, follower in enumerate(list(self._streams), 1):
            follower.woken.set()
            if number % SLICE == 0:
                await asyncio.sleep(0)

    def close(self) -> None:
        """End all streams; they may go on elsewhere, or here after a restart."""
        self._closing = True
        for follower in self._streams:
            follower.leave()

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """Answer with the stream, for as long as the follower stays."""
        wanted = self._wanted(request)
        response = web.StreamResponse(headers={**HEADERS, **_STREAM})
        if request.method == "HEAD":
            return response
        if len(self._streams) >= self._limits.most:
            detail = f"{len(self._streams)} follow already; ask /v1/verdicts meanwhile."
            raise Problem(503, "too-many-followers", detail, headers={"Retry-After": "30"})
        response.force_close()
        with self._joined(request, wanted) as follower, contextlib.suppress(ConnectionError):
            try:
                await response.prepare(request)
                await self._tell(follower, response, request.headers.get("Last-Event-ID", ""))
            except TimeoutError:
                self.dropped += 1
                if request.transport is not None:
                    request.transport.abort()
        return response

    @contextlib.contextmanager
    def _joined(self, request: web.Request, wanted: frozenset[str]) -> Iterator[_Follower]:
        follower = _Follower(wanted)
        follower.gone = self._closing
        connection = cast("Connection", request.protocol)
        self._streams.add(follower)
        connection.on_lost = follower.leave
        _give_up_on_the_dead(request.transport)
        try:
            yield follower
        finally:
            connection.on_lost = None
            self._streams.discard(follower)

    async def _tell(self, follower: _Follower, response: web.StreamResponse, last: str) -> None:
        hello = b"retry: %d\n\n" % round(self._limits.retry * 1000)
        await self._write(response, hello + await self._beginning(follower, last))
        while not follower.gone:
            await follower.woken.wait()
            follower.woken.clear()
            if not follower.gone:
                await self._write(response, await self._next(follower))

    async def _write(self, response: web.StreamResponse, text: bytes) -> None:
        """Send text. Raises TimeoutError when it is not taken, ConnectionError when nobody is."""
        async with asyncio.timeout(self._limits.taken_within):
            for start in range(0, len(text), PIECE):
                await response.write(text[start : start + PIECE])

    # ------------------------------------------------------------ what is said

    async def _beginning(self, follower: _Follower, last: str) -> bytes:
        """Return what a new follower is told first: what it missed, or how everything stands."""
        place = int(last) if _PLACE.fullmatch(last) else None
        if place is not None and self._ring.knows(place):
            follower.place = place
            return await self._next(follower)
        follower.place, text = await self._snapshots.get(follower.wanted)
        return _RESET + text if last else text

    async def _next(self, follower: _Follower) -> bytes:
        """Return what came after the follower's place, and move it; a ping when nothing did."""
        if not self._ring.knows(follower.place):
            follower.place, text = await self._snapshots.get(follower.wanted)
            return _RESET + text
        place, follower.place = follower.place, self._ring.head
        return self._since(place, follower.wanted) or b": ping\nid: %d\n\n" % follower.place

    def _since(self, place: int, wanted: frozenset[str]) -> bytes:
        """Return the events after a place. Most followers are at the same one: it is kept."""
        now, kept = self._source.clock.monotonic(), self._batch
        kept_here = kept.after == place and kept.to == self._ring.head
        if not wanted and kept_here and now - kept.made_at < FRESH:
            return kept.text
        events = self._ring.after(place)
        if wanted:
            events = [e for e in events if e.endpoint is None or e.endpoint in wanted]
        text = b"".join(event.text(now) for event in events)
        if not wanted:
            self._batch = _Batch(place, self._ring.head, now, text)
        return text

    def _wanted(self, request: web.Request) -> frozenset[str]:
        names = request.query.getall("endpoint", ())
        if len(names) > self._limits.names:
            raise bad_parameter("endpoint", f"at most {self._limits.names} can be named")
        for name in names:
            if not _ID.fullmatch(name):
                raise bad_parameter("endpoint", "must be the id of an endpoint")
        return frozenset(names)


_STREAM = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx hands on what it has, instead of gathering it
}
_RESET = written("reset", b'{"reason":"what happened since is no longer known"}')


DEAD = 60.0
"""Seconds after which a connection whose other side acknowledges nothing is ended."""


def _give_up_on_the_dead(transport: asyncio.Transport | None) -> None:
    """Let the system end a connection whose other side has vanished without a word."""
    sock = None if transport is None else transport.get_extra_info("socket")
    option = getattr(socket, "TCP_USER_TIMEOUT", None)  # Linux only
    if sock is not None and option is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, option, round(DEAD * 1000))
