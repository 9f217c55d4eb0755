"""Stores for tests: the real thing, in a hurry, under a clock that moves only when told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from monitor.adapters.store import Pace, SqlStore
from monitor.core.breaker import Move, Moved, Snapshot, State
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity
from monitor.core.outcome import Category, Effect, Outcome
from monitor.core.standing import Standing
from tests.clock import START, FakeClock

PATIENCE = 60.0
"""Seconds after which a test gives up: generous, for slow and busy machines."""
QUICK = Pace(flush_every=0.01, retry_first=0.01, retry_most=0.05)


def store(url: str, clock: FakeClock | None = None, **options: Any) -> SqlStore:
    """Make a store that tries again quickly and looks at its disk often."""
    defaults: dict[str, Any] = {"location": "here", "patience": PATIENCE, "pace": QUICK}
    defaults |= {"busy": 0.2, "look_every": 0.02, "load_within": PATIENCE}
    return SqlStore(url, clock=clock or FakeClock(), **{**defaults, **options})


@asynccontextmanager
async def opened(
    url: str, clock: FakeClock | None = None, **options: Any
) -> AsyncIterator[SqlStore]:
    """Give an open store, and close it."""
    made = store(url, clock, **options)
    await made.open()
    try:
        await made.load()
        yield made
    finally:
        await made.close()


async def until(holds: Callable[[], bool]) -> None:
    """Return when it holds; fail when it does not for a long time."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110  the store tells nobody: it is looked at
            await asyncio.sleep(0.005)


async def written(made: SqlStore) -> None:
    """Return when nothing waits to be written."""
    await until(lambda: made.health().backlog == 0)


async def rows(made: SqlStore, query: str) -> Sequence[Any]:
    """Ask the database itself."""
    async with made.engine.connect() as connection:
        return (await connection.execute(text(query))).all()


def at(seconds: float) -> datetime:
    """Return the moment so many seconds after the start of the tests' clock."""
    return START + timedelta(seconds=seconds)


def outcome(endpoint: str = "a", due: float = 0.0, **fields: Any) -> Outcome:
    """Return a good outcome, judged a tenth of a second after it was due."""
    values: dict[str, Any] = {"category": Category.OK, "effect": Effect.SUCCESS, "status": 200}
    values |= {"latency": 0.1, "due": at(due), "at": at(due + 0.1)}
    return Outcome(endpoint=endpoint, **{**values, **fields})


def standing(endpoint: str = "a", epoch: int = 0, due: float = 0.0) -> Standing:
    """Return how an endpoint stands after a good outcome."""
    return Standing(
        endpoint,
        Snapshot(epoch=epoch, taken_at=at(due)),
        Health.OPERATIONAL,
        since=at(0),
        reason="",
        last=outcome(endpoint, due),
        streak=1,
        last_good_at=at(due + 0.1),
        evidence_at=at(due + 0.1),
    )


def trip(epoch: int, when: float = 0.0) -> Moved:
    """Return a trip."""
    return Moved(Move.TRIP, State.CLOSED, State.OPEN, epoch, at(when), "3 failures in a row")


def incident(
    name: str = "one", revision: int = 1, opened_at: float = 0.0, **fields: Any
) -> Incident:
    """Return an incident of the endpoint "a"."""
    values: dict[str, Any] = {"key": "a", "endpoint": "a", "location": "here", "group": "g"}
    values |= {"severity": Severity.CRITICAL, "health": Health.DOWN, "reason": "HTTP 503"}
    values |= {"category": Category.SERVER_ERROR, "opened_at": at(opened_at)}
    return Incident(id=name, revision=revision, **{**values, **fields})
