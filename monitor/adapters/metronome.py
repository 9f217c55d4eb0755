"""The metronome: APScheduler says when, never what.

One job per endpoint on its own grid (core/cadence.py). A trigger that knows no past makes the grid
drift-free; a tick that asks to be looked at sooner or later moves only its own next run. After a
stall each endpoint runs once (`coalesce`) and never twice at a time (`max_instances`); nothing is
dropped for being late (`misfire_grace_time=None`), but lateness and skipped runs are reported.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from apscheduler.executors.base import BaseExecutor, MaxInstancesReachedError
from apscheduler.job import Job
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from monitor.core.cadence import next_on_grid, phase_of
from monitor.ports import Clock

log = logging.getLogger(__name__)

STEP = 1.0
"""Seconds by which the wall clock must disagree with the monotonic one to have been stepped."""
WATCH = 0.5
"""Seconds between two looks at the clocks."""

_ROUNDING = 0.002
"""Seconds by which two places on a grid, each rounded to a millisecond, may be off."""

Tick = Callable[[str, datetime], Awaitable[float | None]]


class Reports(Protocol):
    """Where the metronome says how well it keeps time."""

    def lag(self, seconds: float) -> None:
        """Report how late a run began."""
        ...

    def skipped(self, endpoint: str, runs: int) -> None:
        """Report due times that passed without a run."""
        ...

    def bug(self, where: str) -> None:
        """Report an exception that should not have been."""
        ...


class _Grid(BaseTrigger):  # type: ignore[misc]  # APScheduler publishes no types
    """The next due time of a grid, from nothing but the time now: it is asked twice per run."""

    __slots__ = ("every", "phase")

    def __init__(self, every: float, phase: float) -> None:
        self.every = every
        self.phase = phase

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        del previous_fire_time
        return datetime.fromtimestamp(next_on_grid(now.timestamp(), self.every, self.phase), UTC)


@dataclass(slots=True)
class _Beat:
    """What we remember of one endpoint's runs. `on_grid` is false when its next run is not."""

    job: Job
    every: float
    on_grid: bool
    last_due: datetime | None = None

    def passed(self, due: datetime) -> int:
        """Count the due times since the last one that was accounted for, `due` included."""
        if self.last_due is None or not self.on_grid:
            return 1
        intervals = ((due - self.last_due).total_seconds() - _ROUNDING) / self.every
        return max(math.ceil(intervals), 1)


class _Ticks(BaseExecutor):  # type: ignore[misc]  # APScheduler publishes no types
    """Runs a job as a task of the loop, hands it its due time, and says what became of it."""

    def __init__(
        self,
        run: Callable[[str, datetime], Coroutine[Any, Any, float | None]],
        *,
        ended: Callable[[str, float | None], None],
        refused: Callable[[str, datetime], None],
    ) -> None:
        super().__init__()
        self._run = run
        self._ended = ended
        self._refused = refused
        self.running: set[asyncio.Task[float | None]] = set()

    def submit_job(self, job: Job, run_times: list[datetime]) -> None:
        try:
            super().submit_job(job, run_times)
        except MaxInstancesReachedError:
            self._refused(job.id, run_times[-1])
            raise

    def _do_submit_job(self, job: Job, run_times: list[datetime]) -> None:
        task = asyncio.create_task(self._run(job.id, run_times[-1]))
        self.running.add(task)
        task.add_done_callback(partial(self._done, job.id))

    def _done(self, endpoint: str, task: asyncio.Task[float | None]) -> None:
        self.running.discard(task)
        self._run_job_success(endpoint, ())
        # Only now may the next run be planned: one that is due at once would be refused before.
        if not task.cancelled() and task.exception() is None:
            self._ended(endpoint, task.result())


class _Scheduler(AsyncIOScheduler):  # type: ignore[misc]  # APScheduler publishes no types
    """Looks for due jobs once, however many woke it, and without leaving the loop's thread.

    The stock one writes to the loop's own socket at each wake-up, so that other threads may wake it
    too; there are none here, and a firing is a sixth cheaper without.
    """

    _is_woken = False

    def wakeup(self) -> None:
        if not self._is_woken:
            self._is_woken = True
            self._eventloop.call_soon(self._look)

    def _look(self) -> None:
        self._is_woken = False
        self._stop_timer()
        self._start_timer(self._process_jobs())

    def _start_timer(self, wait_seconds: float | None) -> None:
        self._stop_timer()
        if wait_seconds is not None:
            self._timeout = self._eventloop.call_later(wait_seconds, self._look)


class Metronome:
    """Calls `tick(endpoint, due)` at each due time, and obeys the delay that it returns."""

    def __init__(self, tick: Tick, *, clock: Clock, reports: Reports) -> None:
        self._tick = tick
        self._clock = clock
        self._reports = reports
        self._ticks = _Ticks(self._run, ended=self._ended, refused=self._refused)
        self._beats: dict[str, _Beat] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._offset = self._skew()
        self._scheduler: Any = _Scheduler(
            timezone=UTC,
            executors={"default": self._ticks},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        # Two lines per run at INFO cost two thirds of a run; skips are reported by us.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)

    # ------------------------------------------------------------ what is played

    def set(self, endpoint: str, every: float, *, first_in: float | None = None) -> None:
        """Add an endpoint, or give it another interval (seconds).

        It begins in `first_in` seconds, else on its grid; a run that its last tick asked for stays
        as planned.
        """
        before = self._beats.get(endpoint)
        now = self._clock.now()
        trigger = _Grid(every, phase_of(endpoint, every))
        first, on_grid = trigger.get_next_fire_time(None, now), True
        if first_in is not None:
            first, on_grid = now + timedelta(seconds=first_in), False
        elif before is not None and not before.on_grid:
            first, on_grid = before.job.next_run_time, False
        self.remove(endpoint)
        job = self._scheduler.add_job(_unused, trigger, id=endpoint, next_run_time=first)
        self._beats[endpoint] = _Beat(job, every, on_grid)

    def remove(self, endpoint: str) -> None:
        """Play an endpoint no more; a run in flight goes on to its end."""
        if self._beats.pop(endpoint, None) is not None:
            self._scheduler.remove_job(endpoint)

    def next_at(self, endpoint: str) -> datetime | None:
        """Return when an endpoint is due next (aware UTC)."""
        beat = self._beats.get(endpoint)
        return None if beat is None else beat.job.next_run_time

    # ------------------------------------------------------------ start and stop

    def start(self) -> None:
        """Begin, on the running loop."""
        self.follow_clock()
        self._scheduler.start()
        self._watcher = asyncio.create_task(self._watch_clocks(), name="clock watcher")

    async def stop(self, within: float) -> None:
        """End: no new runs; those in flight may finish for `within` seconds, then are cancelled."""
        if not self._scheduler.running:
            return
        self._scheduler.pause()
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.wait((self._watcher,))
        if self._ticks.running:
            _, abandoned = await asyncio.wait(tuple(self._ticks.running), timeout=within)
            for task in abandoned:
                task.cancel()
            if abandoned:
                await asyncio.wait(abandoned, timeout=1.0)
        self._beats.clear()
        self._scheduler.shutdown(wait=False)

    # ------------------------------------------------------------ one run

    async def _run(self, endpoint: str, due: datetime) -> float | None:
        beat = self._beats.get(endpoint)
        if beat is None:
            return None  # removed meanwhile
        try:
            self._account(endpoint, beat, due)
            return await self._tick(endpoint, due)
        except Exception:
            log.exception("tick.bug", extra={"endpoint": endpoint})
            self._reports.bug("tick")
            return None

    def _account(self, endpoint: str, beat: _Beat, due: datetime) -> None:
        """Report how late this run is, and which due times passed since the last."""
        # By the measured time: a wall clock that was stepped a moment ago makes nobody late.
        lag = self._clock.monotonic() + self._offset - due.timestamp()
        self._reports.lag(max(lag, 0.0))
        missed = beat.passed(due) - 1
        beat.last_due, beat.on_grid = due, True
        if missed:
            self._reports.skipped(endpoint, missed)

    def _refused(self, endpoint: str, due: datetime) -> None:
        """Report a due time that passed because the last run still goes on."""
        beat = self._beats[endpoint]
        missed = beat.passed(due)
        beat.last_due, beat.on_grid = due, True
        self._reports.skipped(endpoint, missed)

    def _ended(self, endpoint: str, delay: float | None) -> None:
        """Plan the next run where the tick wants it; without a wish it stays on the grid."""
        beat = self._beats.get(endpoint)
        if beat is not None and delay is not None:
            self._plan(beat, self._clock.now() + timedelta(seconds=delay), on_grid=False)

    def _plan(self, beat: _Beat, due: datetime, *, on_grid: bool) -> None:
        beat.on_grid = on_grid
        self._scheduler.modify_job(beat.job.id, next_run_time=due)

    # ------------------------------------------------------------ clocks

    def _skew(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    async def _watch_clocks(self) -> None:
        while True:
            await asyncio.sleep(WATCH)
            try:
                self.follow_clock()
            except Exception:
                log.exception("clock.bug")
                self._reports.bug("clock watcher")

    def follow_clock(self) -> None:
        """Move every due time along when the wall clock was stepped.

        APScheduler waits for wall time: an hour back would silence it for an hour. What was planned
        by a delay keeps the rest of its delay; what is on the grid takes its next place there, or
        keeps the rest of its wait when that is sooner, so that a step makes nobody wait longer.
        """
        skew = self._skew()
        step, self._offset = skew - self._offset, skew
        if abs(step) < STEP:
            return
        log.warning("clock.stepped", extra={"seconds": round(step, 3)})
        now = self._clock.now()
        for beat in self._beats.values():
            beat.last_due = None  # said on another clock: no distance from it means anything
            due = beat.job.next_run_time + timedelta(seconds=step)
            place = beat.job.trigger.get_next_fire_time(None, now)
            on_grid = beat.on_grid and place <= due
            self._plan(beat, place if on_grid else due, on_grid=on_grid)


def _unused() -> None:
    """Stand in for a job's function: the executor calls the tick itself, with its due time."""
