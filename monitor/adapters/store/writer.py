"""The one task that writes: in groups, in order, again and again until it is written."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.adapters.store.backlog import Backlog, Batch, Kept
from monitor.adapters.store.database import Database
from monitor.adapters.store.trouble import Trouble, describe, kind_of
from monitor.core.event import Event
from monitor.core.outcome import Outcome
from monitor.core.stretch import Presence, Stretch
from monitor.ports import Clock, Facts

if TYPE_CHECKING:
    from datetime import datetime

_log = logging.getLogger("omilia_monitor.store")


@dataclass(frozen=True, slots=True)
class Pace:
    """How the writer takes its time, in seconds.

    Raw outcomes wait for `flush_every` or until there are `batch` of them; a failed store is tried
    again after `retry_first`, twice that and so on, up to `retry_most`.
    """

    flush_every: float = 0.25
    batch: int = 200
    retry_first: float = 0.5
    retry_most: float = 15.0


class Writer:
    """Empties the backlog into the database.

    `failing_since` and `error` say whether it can. `refused` counts rows that the database did not
    want for their own sake. `sparing` says why raw outcomes are given up for the time being, so
    that what matters more still fits.
    """

    def __init__(
        self,
        database: Database,
        backlog: Backlog,
        *,
        clock: Clock,
        pace: Pace,
        uniform: Callable[[float, float], float],
    ) -> None:
        self.failing_since: datetime | None = None
        self.error = ""
        self.refused = 0
        self.sparing = ""
        self.sparing_since: datetime | None = None
        self._database = database
        self._backlog = backlog
        self._clock = clock
        self._pace = pace
        self._uniform = uniform
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._must_open = True
        self._due = False
        self._timer: asyncio.TimerHandle | None = None
        self._written: asyncio.Future[None] | None = None
        self._in_hand = 0
        self._attempts = 0

    @property
    def waiting(self) -> int:
        """How many rows wait, those that are being written included."""
        return len(self._backlog) + self._in_hand

    # ------------------------------------------------------------ what others hand in

    def note(self, outcome: Outcome) -> None:
        """Take a raw outcome, for the next batch."""
        backlog = self._backlog
        if self.sparing:
            backlog.dropped += 1
            return
        backlog.note(outcome)
        if backlog.outcomes >= self._pace.batch:
            self._wake.set()
        else:
            self._soon()

    def happened(self, event: Event) -> None:
        """Take an event; nobody waits for it to be written."""
        self._backlog.happened(event)
        self._wake.set()

    def record(self, stretches: Collection[Stretch], presence: Presence) -> None:
        """Take what the ledger says; nobody waits for it. Presence alone is in no hurry."""
        self._backlog.record(stretches, presence)
        if stretches:
            self._wake.set()
        else:
            self._soon()

    async def commit(self, facts: Facts, patience: float) -> None:
        """Take facts, and wait until they are written, for at most `patience` seconds.

        Returns at once while the store is known to fail; patience that ran out is such a failure.
        """
        self._backlog.owe(facts)  # before any await: a commit that is cancelled loses nothing
        await self._until_written(patience)

    async def keep(self, kept: Kept, patience: float) -> None:
        """Do the same with what an operator said, or what was had of a calendar."""
        self._backlog.keep(kept)
        await self._until_written(patience)

    async def _until_written(self, patience: float) -> None:
        self._wake.set()
        if self.failing_since is not None or self._loop is None:
            return
        if self._written is None:
            self._written = self._loop.create_future()
        done, _ = await asyncio.wait([self._written], timeout=patience)
        if not done:
            self._fail(f"no answer within {patience:g} s")

    def reopen(self, why: str) -> None:
        """Open the database anew before anything else is written."""
        _log.warning("store.reopened", extra={"why": why})
        self._must_open = True
        self._wake.set()

    def spare(self, why: str) -> None:
        """Give up raw outcomes from now on, those that wait included; "" ends it."""
        if why and not self.sparing:
            _log.error("store.sparing", extra={"why": why})
        if why:
            self._backlog.shed()
            self.sparing_since = self.sparing_since or self._clock.now()
        else:
            self.sparing_since = None
        self.sparing = why

    # ------------------------------------------------------------ the task

    def start(self) -> None:
        """Begin to open and to write, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._due = True
        self._task = self._loop.create_task(self._run(), name="store writer")

    async def close(self, within: float) -> None:
        """Write what is owed if that is possible within so many seconds, and stop."""
        self._stop.set()
        self._wake.set()
        if self._timer is not None:
            self._timer.cancel()
        if self._task is not None:
            done, _ = await asyncio.wait([self._task], timeout=within)
            if not done:
                self._task.cancel()
                await asyncio.wait([self._task], timeout=1.0)
        if self.waiting:
            _log.error("store.closed_owing", extra={"rows": self.waiting, "error": self.error})

    async def _run(self) -> None:
        while self._has_work() or not self._stop.is_set():
            if not self._has_work():
                await self._wake.wait()
                self._wake.clear()
                continue
            try:
                if self._must_open:
                    self._must_open = False  # before: somebody may ask for it again meanwhile
                    await self._database.open()
                await self._flush()
            except Exception as error:  # noqa: BLE001  whatever it is, facts are kept and tried again
                self._must_open = True
                self._fail(describe(error))
                self._let_go()
                if self._stop.is_set():
                    return
                await self._back_off()
            else:
                self._works()

    def _has_work(self) -> bool:
        backlog = self._backlog
        full = backlog.outcomes >= self._pace.batch
        last = self._stop.is_set() and len(backlog) > 0
        return self._must_open or backlog.has_facts or full or self._due or last

    async def _back_off(self) -> None:
        grown = self._pace.retry_first * 2 ** min(self._attempts, 16)
        self._attempts += 1
        delay = min(grown, self._pace.retry_most)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), self._uniform(delay / 2, delay))

    async def _flush(self) -> None:
        """Write one batch, or take it back."""
        batch = self._backlog.take(self._pace.batch)
        self._in_hand = len(batch)
        waiting, self._written = self._written, None
        try:
            if len(batch):
                await self._store(batch)
        except BaseException:
            self._backlog.put_back(batch)
            raise
        finally:
            self._in_hand = 0
            _resolve(waiting)
        self._due = self._due and self._backlog.outcomes > 0

    async def _store(self, batch: Batch) -> None:
        try:
            await self._transaction(batch)
        except Exception as error:
            trouble = kind_of(error)
            if trouble is Trouble.FULL and batch.outcomes:
                self.spare(describe(error))
                self._backlog.dropped += len(batch.outcomes)
                batch.outcomes.clear()
                await self._transaction(batch)
            elif trouble is Trouble.ROW:
                await self._transaction(batch, one_by_one=True)
            else:
                raise

    async def _transaction(self, batch: Batch, *, one_by_one: bool = False) -> None:
        scribe = self._database.scribe
        async with self._database.writing() as connection:
            if one_by_one:
                refused = await scribe.write_one_by_one(connection, batch)
            else:
                refused = await scribe.write(connection, batch)
        self.refused += refused

    def _let_go(self) -> None:
        """Let those go who wait for what cannot be written now."""
        waiting, self._written = self._written, None
        _resolve(waiting)

    def _soon(self) -> None:
        """Have what waits written with the next batch."""
        if self._timer is None and self._loop is not None:
            self._timer = self._loop.call_later(self._pace.flush_every, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._due = True
        self._wake.set()

    def _fail(self, error: str) -> None:
        if self.failing_since is None:
            self.failing_since = self._clock.now()
        if error != self.error:
            _log.error("store.failing", extra={"error": error})
        self.error = error

    def _works(self) -> None:
        self._attempts = 0
        if self.failing_since is not None:
            _log.warning("store.works_again", extra={"waiting": self.waiting})
        self.failing_since, self.error = None, ""


def _resolve(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None:
        waiting.set_result(None)
