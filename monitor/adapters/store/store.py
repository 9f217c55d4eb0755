"""The store, as the engine and the hall use it: never in the way, and honest about how it is."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from monitor.adapters.store.backlog import MAX_OUTCOMES, Backlog, Kept
from monitor.adapters.store.charts import Charts
from monitor.adapters.store.database import Database
from monitor.adapters.store.janitor import Roller
from monitor.adapters.store.ledger import LedgerReader
from monitor.adapters.store.moves import moves_of
from monitor.adapters.store.pauses import SqlPauses
from monitor.adapters.store.reader import Reader
from monitor.adapters.store.retain import Retainer
from monitor.adapters.store.space import Level, Space, free_bytes
from monitor.adapters.store.timeline import SqlTimeline
from monitor.adapters.store.trouble import FAILURES, describe
from monitor.adapters.store.writer import Pace, Writer
from monitor.core.availability import Watch
from monitor.core.breaker import Moved
from monitor.core.incident import Incident
from monitor.core.outcome import Outcome
from monitor.core.retention import Retention
from monitor.core.stretch import Presence, Stretch
from monitor.ports import (
    Bucket,
    Clock,
    Facts,
    Noted,
    Saved,
    StoreHealth,
    StoreUnavailableError,
)

_log = logging.getLogger("omilia_monitor.store")


def _middle(low: float, high: float) -> float:
    return (low + high) / 2


class SqlStore:
    """Keeps facts and history in SQLite or PostgreSQL. Fits `ports.Store` and `ports.History`.

    A store that fails stops nobody: facts wait in a bounded backlog and are written when it is
    back, and `health` says so meanwhile. Times are in seconds: `patience` is how long a commit
    waits, `load_within` how long `load` waits for a store that does not open, `busy` how long a
    locked SQLite file is waited for, `look_every` how often the disk is looked at. Raises
    ValueError for a URL that is none.
    """

    def __init__(
        self,
        url: str,
        *,
        location: str,
        clock: Clock,
        patience: float = 1.0,
        uniform: Callable[[float, float], float] = _middle,
        load_within: float = 10.0,
        busy: float = 3.0,
        look_every: float = 10.0,
        pace: Pace = Pace(),  # noqa: B008  frozen
        max_outcomes: int = MAX_OUTCOMES,
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._database = Database(url, location=location, busy=busy)
        self._backlog = Backlog(max_outcomes)
        self._writer = Writer(
            self._database, self._backlog, clock=clock, pace=pace, uniform=uniform
        )
        self._reader = Reader(self._database)
        self._charts = Charts(self._database)
        self._roller = Roller(self._database)
        self._retainer = Retainer(self._database)
        self._ledger = LedgerReader(self._database.reading)
        self.timeline = SqlTimeline(self._database, self._backlog, self._writer.happened)
        self.pauses = SqlPauses(self._database, load_within)
        self._space = Space(self._database.file, clock, free)
        self._clock = clock
        self._patience = patience
        self._load_within = load_within
        self._look_every = look_every
        self._sweeping = False
        self._watch: asyncio.Task[None] | None = None

    @property
    def engine(self) -> AsyncEngine:
        """The connections, for a neighbour with tables of its own in the same database."""
        return self._database.engine

    # ------------------------------------------------------------ life

    async def open(self) -> None:
        """Begin: migrate and write in the background, again and again until it works."""
        await self._look()
        self._writer.start()
        self._watch = asyncio.get_running_loop().create_task(self._look_often(), name="store watch")

    async def load(self) -> Saved:
        """Return what a restart goes on from; nothing when the store cannot be had in time."""
        try:
            async with asyncio.timeout(self._load_within):
                await self._database.opened.wait()
                return await self._reader.saved()
        except (TimeoutError, StoreUnavailableError) as error:
            why = describe(error) if isinstance(error, StoreUnavailableError) else ""
            _log.error(
                "store.not_loaded", extra={"error": why or self._writer.error or "no answer"}
            )
            return Saved(complete=False)

    async def close(self, within: float = 4.0) -> None:
        """Write what is owed, for at most so many seconds, and disconnect."""
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait([self._watch])
        await self._writer.close(within)
        with contextlib.suppress(*FAILURES):
            async with asyncio.timeout(within):
                await self._database.close()

    # ------------------------------------------------------------ writing

    def note(self, outcome: Outcome) -> None:
        """Keep a raw outcome, with the next batch."""
        self._writer.note(outcome)

    async def commit(self, facts: Facts) -> None:
        """Keep facts. Returns when they are durable, when the store fails, or after `patience`."""
        await self._writer.commit(facts, self._patience)

    async def keep(self, kept: Kept) -> None:
        """Keep a window, a silence, or what was had of a calendar. Returns as `commit` does."""
        await self._writer.keep(kept, self._patience)

    def record(self, stretches: Collection[Stretch], presence: Presence) -> None:
        """Keep what the ledger says, with the next transaction. Neither waits nor raises."""
        self._writer.record(stretches, presence)

    async def sweep(self, retention: Retention) -> None:
        """Roll up and drop what is old: to be called once a minute. Never raises for the store."""
        if self._sweeping or not self._database.opened.is_set():
            return
        self._sweeping = True
        now = self._clock.now().timestamp()
        try:
            if self._space.level is not Level.CRITICAL:
                await self._roller.roll(int(now))
            await self._retainer.retain(retention, now)
        except FAILURES as error:
            _log.warning("store.not_swept", extra={"error": describe(error)})
        finally:
            self._sweeping = False

    # ------------------------------------------------------------ reading

    async def incidents(self, *, limit: int, before: datetime | None = None) -> Sequence[Incident]:
        """Return incidents, the newest first, opened before `before`."""
        return await self._reader.incidents(limit, before)

    async def incident(self, incident_id: str) -> Incident | None:
        """Return one incident, None when there is no such."""
        return next(iter(await self._reader.incidents_by_id([incident_id])), None)

    async def last_of(self, key: str) -> Incident | None:
        """Return the newest incident of a key at this location, None when there is none."""
        return await self._reader.last_of(key)

    async def incidents_by_id(self, ids: Collection[str]) -> Sequence[Incident]:
        """Return those of these incidents that exist, in no order."""
        return await self._reader.incidents_by_id(ids)

    async def moves(
        self,
        endpoint: str,
        *,
        limit: int,
        start: datetime | None = None,
        end: datetime | None = None,
        newest_first: bool = True,
    ) -> Sequence[Moved]:
        """Return moves of a breaker, from `start` until before `end`."""
        return await moves_of(
            self._database,
            endpoint,
            limit=limit,
            start=start,
            end=end,
            newest_first=newest_first,
        )

    async def buckets(
        self, endpoint: str, *, start: datetime, end: datetime, step: float
    ) -> Sequence[Bucket]:
        """Return rollups, the oldest first, folded to `step` seconds (whole minutes)."""
        return await self._charts.buckets(endpoint, start, end, step)

    async def watches(self, start: datetime, end: datetime) -> Sequence[Watch]:
        """Return what every location wrote down of [start, end)."""
        return await self._ledger.watches(start, end)

    async def watch(self, start: datetime, end: datetime) -> Watch:
        """Return what our own location wrote down of [start, end)."""
        return await self._ledger.watch(self._database.location, start, end)

    async def events(
        self,
        *,
        limit: int,
        start: datetime | None = None,
        end: datetime | None = None,
        endpoint: str | None = None,
        newest_first: bool = True,
    ) -> Sequence[Noted]:
        """Return events of [start, end), of all endpoints and none, or of one."""
        return await self.timeline.events(limit, start, end, endpoint, newest_first=newest_first)

    def health(self) -> StoreHealth:
        """Return how the store is. Never raises."""
        writer = self._writer
        since = writer.failing_since or writer.sparing_since or self._space.since
        words = (writer.error, writer.sparing or self._space.words)
        return StoreHealth(
            failing_since=since,
            error="; ".join(word for word in words if word),
            backlog=writer.waiting,
            dropped=self._backlog.dropped + writer.refused,
        )

    # ------------------------------------------------------------ watching

    async def _look_often(self) -> None:
        while True:
            await asyncio.sleep(self._look_every)
            await self._look()
            if await self._database.was_replaced():
                self._writer.reopen(f"{self._database.shown} is not the file that it was")

    async def _look(self) -> None:
        await self._space.look()
        self._writer.spare(self._space.words)
