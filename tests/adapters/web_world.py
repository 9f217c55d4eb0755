"""The real web server on loopback, over a board and a history that a test fills by hand."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

import aiohttp
from pydantic import BaseModel

from monitor.app.telling.silences import Silences
from monitor.board import Board
from monitor.core.availability import Watch
from monitor.core.breaker import Moved
from monitor.core.event import Event
from monitor.core.incident import Incident
from monitor.core.maintenance import CalendarHealth, Plan, Window, ended
from monitor.core.silence import Silence
from monitor.ports import Bucket, Noted, StoreHealth, StoreUnavailableError
from monitor.web.context import Context, Holder, ReadyCheck
from monitor.web.server import WebServer
from monitor.web.stream.followers import Limits
from tests.adapters.following import until
from tests.clock import FakeClock

Shape = TypeVar("Shape", bound=BaseModel)


class FakeHistory:
    """Fits `monitor.ports.History`."""

    def __init__(self) -> None:
        self.stored: list[Incident] = []
        self.rollups: list[Bucket] = []
        self.happened: list[Noted] = []
        self.asked_events: list[dict[str, Any]] = []
        self.moved: list[Moved] = []
        self.asked_moves: list[dict[str, Any]] = []
        self.watched: list[Watch] = []
        self.state = StoreHealth()
        self.broken = False
        self.asked: list[tuple[str, datetime, datetime, float]] = []
        self.release = asyncio.Event()
        self.release.set()
        self.reading = asyncio.Event()

    async def incidents(self, *, limit: int, before: datetime | None = None) -> Sequence[Incident]:
        await self._read()
        older = [i for i in self.stored if before is None or i.opened_at < before]
        return sorted(older, key=lambda i: i.opened_at, reverse=True)[:limit]

    async def incident(self, incident_id: str) -> Incident | None:
        await self._read()
        return next((i for i in self.stored if i.id == incident_id), None)

    async def buckets(
        self, endpoint: str, *, start: datetime, end: datetime, step: float
    ) -> Sequence[Bucket]:
        self.asked.append((endpoint, start, end, step))
        await self._read()
        return self.rollups

    async def moves(self, endpoint: str, **question: Any) -> Sequence[Moved]:
        self.asked_moves.append({"endpoint": endpoint, **question})
        await self._read()
        return self.moved

    async def events(self, **question: Any) -> Sequence[Noted]:
        self.asked_events.append(question)
        await self._read()
        return self.happened

    async def watches(self, start: datetime, end: datetime) -> Sequence[Watch]:
        self.asked.append(("watches", start, end, 0.0))
        await self._read()
        return self.watched

    def health(self) -> StoreHealth:
        return self.state

    async def _read(self) -> None:
        self.reading.set()
        await self.release.wait()
        if self.broken:
            raise StoreUnavailableError("disk I/O error")


class FakeMaintenance:
    """Fits `monitor.web.context.Maintenance`."""

    def __init__(self, board: Board, clock: FakeClock) -> None:
        self.known: dict[str, Window] = {}
        self.full = False
        self.calendars_: list[CalendarHealth] = []
        self._board = board
        self._clock = clock

    def windows(self) -> Sequence[Window]:
        return self._board.plan.from_(self._clock.now())

    def calendars(self) -> Sequence[CalendarHealth]:
        return self.calendars_

    async def announce(self, window: Window) -> Window | None:
        return None if self.full else self.put(replace(window, id=f"w{len(self.known) + 1}"))

    async def end(self, window_id: str, by: str) -> Window | None:
        window = self.known.get(window_id)
        return None if window is None else self.put(ended(window, self._clock.now(), by))

    def put(self, window: Window) -> Window:
        self.known[window.id] = window
        self._board.plan = Plan(self.known.values())
        self._board.look(self._clock.now())
        return window


class World:
    """Everything a web test touches."""

    def __init__(self, patience: float = 30.0, limits: Limits | None = None) -> None:
        self.clock = FakeClock()
        self.due: dict[str, datetime] = {}
        self.board = Board(self.due.get)
        self.history = FakeHistory()
        self.maintenance = FakeMaintenance(self.board, self.clock)
        self.kept: list[Silence] = []
        self.noted: list[Event] = []
        self.silences = Silences(self.clock, keep=self._keep, timeline=self, held=lambda: None)
        self.holders: list[Holder] = []
        self.told: dict[str, list[dict[str, Any]]] = {}
        self.asked_told: list[list[str]] = []
        self.checks = [ReadyCheck("store", ok=True), ReadyCheck("scheduler", ok=True)]
        self.alive = (True, "")
        self.known = True
        self.bugs: list[str] = []
        self.accepted: list[str | None] = []
        self.context = Context(
            board=self.board,
            clock=self.clock,
            history=self.history,
            told=self._told,
            location="default",
            version="1.2.3",
            metrics=self._metrics,
            readiness=lambda: self.checks,
            alive=lambda: self.alive,
            maintenance=self.maintenance,
            silences=self.silences,
            bug=self.bugs.append,
            known=lambda: self.known,
            holders=lambda: self.holders,
            patience=patience,
        )
        self.server = WebServer(self.context, limits)
        self.board.listen(self.server.events.source.publish)
        self.url = ""

    def note(self, event: Event) -> None:
        """Fit `monitor.ports.Timeline`."""
        self.noted.append(event)

    async def _keep(self, silence: Silence) -> None:
        self.kept.append(silence)

    async def _told(self, ids: Collection[str]) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        self.asked_told.append(list(ids))
        return {one: self.told[one] for one in ids if one in self.told}

    async def _metrics(self, accept: str | None) -> tuple[bytes, str]:
        self.accepted.append(accept)
        return b"up 1\n", "text/plain; version=0.0.4; charset=utf-8"

    async def settled(self) -> None:
        """Let everything that was published be told to followers."""
        source = self.server.events.source
        await until(lambda: not source._woken.is_set())
        heads = [-1]

        def calm() -> bool:
            heads.append(source.ring.head)
            return heads[-1] == heads[-2]

        await until(calm)

    async def ask(
        self, path: str, method: str = "GET", **options: Any
    ) -> tuple[aiohttp.ClientResponse, bytes]:
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.url + path, **options) as response,
        ):
            return response, await response.read()

    async def read(self, path: str, shape: type[Shape], status: int = 200) -> Shape:
        """Ask, and hold the answer to its shape."""
        response, body = await self.ask(path)
        assert response.status == status, body
        return shape.model_validate_json(body)


@asynccontextmanager
async def serving(patience: float = 30.0, limits: Limits | None = None) -> AsyncIterator[World]:
    """Bring a server up, and take it down. `patience`: how long the store may take, in seconds."""
    world = World(patience, limits)
    await world.server.start("127.0.0.1", 0)
    world.url = f"http://127.0.0.1:{world.server.port}"
    try:
        yield world
    finally:
        await world.server.stop()
