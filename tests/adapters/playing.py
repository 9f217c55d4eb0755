"""A metronome in a test's hands: what it said, what it played, and waiting for either."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from monitor.adapters.clock import SystemClock
from monitor.adapters.metronome import Metronome
from monitor.core.cadence import phase_of
from tests.clock import FakeClock

LONG = 30.0
"""Seconds after which we no longer believe that something will happen."""


@dataclass
class Heard:
    """Fits `Reports`, and lets a test wait for what it hears."""

    lags: list[float] = field(default_factory=list)
    skips: Counter[str] = field(default_factory=Counter)
    bugs: list[str] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def lag(self, seconds: float) -> None:
        self.lags.append(seconds)

    def skipped(self, endpoint: str, runs: int) -> None:
        self.skips[endpoint] += runs
        self.news.set()

    def bug(self, where: str) -> None:
        self.bugs.append(where)
        self.news.set()


@dataclass
class Played:
    """A tick that notes its runs; `then` is what each run does next."""

    then: Callable[[str], Awaitable[float | None]] | None = None
    runs: list[tuple[str, datetime]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def tick(self, endpoint: str, due: datetime) -> float | None:
        self.runs.append((endpoint, due))
        self.news.set()
        return None if self.then is None else await self.then(endpoint)

    def of(self, endpoint: str) -> list[datetime]:
        return [due for name, due in self.runs if name == endpoint]


async def until(true: Callable[[], bool], news: asyncio.Event) -> None:
    """Wait until something is true, looking again at each event."""
    async with asyncio.timeout(LONG):
        while not true():
            news.clear()
            await news.wait()


@asynccontextmanager
async def playing(played: Played, heard: Heard) -> AsyncIterator[Metronome]:
    """Give a metronome on the machine's own clock, and stop it."""
    metronome = Metronome(played.tick, clock=SystemClock(), reports=heard)
    try:
        yield metronome
    finally:
        await metronome.stop(within=0)


def silent(clock: FakeClock, heard: Heard | None = None) -> Metronome:
    """Return a metronome that is never started: its plan alone is looked at."""
    return Metronome(Played().tick, clock=clock, reports=heard or Heard())


def planned(metronome: Metronome, clock: FakeClock, endpoint: str = "chat") -> float:
    """Return in how many seconds an endpoint is due."""
    at = metronome.next_at(endpoint)
    assert at is not None
    return (at - clock.now()).total_seconds()


def on_grid(due: datetime, endpoint: str, every: float) -> bool:
    away = (due.timestamp() - phase_of(endpoint, every)) % every
    return min(away, every - away) < 0.002


def busy_wait(seconds: float) -> None:
    """Stall the loop, as a long garbage collection or a sleeping machine does."""
    until_then = time.perf_counter() + seconds
    while time.perf_counter() < until_then:
        pass
