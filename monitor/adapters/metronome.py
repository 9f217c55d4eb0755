"""The metronome: APScheduler says when, never what.

One job per endpoint on its own grid (core/cadence.py). A trigger that knows no past makes the grid
drift-free; a tick that asks to be looked at sooner or later moves only its own next run. After a
stall each endpoint runs once (`coalesce`) and never twice at a time (`max_instances`); nothing is
dropped for being late (`misfire_grace_time=None`), but lateness and skipped runs are reported.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from apscheduler.executors.base import BaseExecutor
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
    """What we remember of one endpoint's runs."""

    job: Job
    every: float
    last_due: datetime | None = None
    on_grid: bool = True


class _Ticks(BaseExecutor):  # type: ignore[misc]  # APScheduler publishes no types
    """Runs a job as a task of the loop, and hands it the time for which it was due."""

    def __init__(self, run: Callable[[str, datetime], Awaitable[None]]) -> None:
        super().__init__()
        self._run = run
        self.running: set[asyncio.Task[None]] = set()

    def _do_submit_job(self, job: Job, run_times: list[datetime]) -> None:
        task: asyncio.Task[None] = asyncio.ensure_future(self._run(job.id, run_times[-1]))
        self.running.add(task)
        task.add_done_callback(self.running.discard)
        task.add_done_callback(lambda _: self._run_job_success(job.id, ()))


class Metronome:
    """Calls `tick(endpoint, due)` at each due time, and obeys the delay that it returns."""

    def __init__(self, tick: Tick, *, clock: Clock, reports: Reports) -> None:
        self._tick = tick
        self._clock = clock
        self._reports = reports
        self._ticks = _Ticks(self._run)
        self._beats: dict[str, _Beat] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._offset = 0.0
        self._scheduler: Any = AsyncIOScheduler(
            timezone=UTC,
            executors={"default": self._ticks},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        for name in ("apscheduler.scheduler", "apscheduler.executors.default"):
            # Two lines per run at INFO cost two thirds of a run; skips are reported by us.
            logging.getLogger(name).setLevel(logging.ERROR)

    # ------------------------------------------------------------ what is played

    def set(self, endpoint: str, every: float, *, first_in: float | None = None) -> None:
        """Add an endpoint, or give it another interval; `first_in` seconds, else on its grid."""
        now = self._clock.now()
        trigger = _Grid(every, phase_of(endpoint, every))
        first = trigger.get_next_fire_time(None, now)
        if first_in is not None:
            first = now + timedelta(seconds=first_in)
        job = self._scheduler.add_job(
            _unused, trigger, id=endpoint, next_run_time=first, replace_existing=True
        )
        self._beats[endpoint] = _Beat(job, every, on_grid=first_in is None)

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
        self._offset = self._skew()
        self._scheduler.start()
        self._watcher = asyncio.create_task(self._watch_clocks(), name="clock watcher")

    async def stop(self, within: float) -> None:
        """End: no new runs; those in flight may finish for `within` seconds, then are cancelled."""
        self._scheduler.pause()
        if self._watcher is not None:
            self._watcher.cancel()
        if self._ticks.running:
            _, abandoned = await asyncio.wait(tuple(self._ticks.running), timeout=within)
            for task in abandoned:
                task.cancel()
            if abandoned:
                await asyncio.wait(abandoned, timeout=1.0)
        self._scheduler.shutdown(wait=False)

    # ------------------------------------------------------------ one run

    async def _run(self, endpoint: str, due: datetime) -> None:
        beat = self._beats.get(endpoint)
        if beat is None or beat.last_due == due:
            return  # removed meanwhile, or woken twice for one due time by a stepped clock
        self._account(endpoint, beat, due)
        try:
            delay = await self._tick(endpoint, due)
        except Exception:
            log.exception("tick.bug", extra={"endpoint": endpoint})
            self._reports.bug("tick")
            return
        if self._beats.get(endpoint) is not beat:
            return
        beat.on_grid = delay is None
        if delay is not None:
            self._move(beat, self._clock.now() + timedelta(seconds=delay))

    def _account(self, endpoint: str, beat: _Beat, due: datetime) -> None:
        """Report how late this run is, and which due times passed since the last."""
        self._reports.lag(max((self._clock.now() - due).total_seconds(), 0.0))
        if beat.last_due is not None and beat.on_grid:
            passed = round((due - beat.last_due).total_seconds() / beat.every)
            if passed > 1:
                self._reports.skipped(endpoint, passed - 1)
        beat.last_due, beat.on_grid = due, True

    def _move(self, beat: _Beat, due: datetime) -> None:
        self._scheduler.modify_job(beat.job.id, next_run_time=due)

    # ------------------------------------------------------------ clocks

    def _skew(self) -> float:
        return self._clock.now().timestamp() - self._clock.monotonic()

    async def _watch_clocks(self) -> None:
        while True:
            await asyncio.sleep(WATCH)
            self.follow_clock()

    def follow_clock(self) -> None:
        """Move every due time along when the wall clock was stepped.

        APScheduler waits for wall time: an hour back would silence it for an hour. What was planned
        by a delay keeps the rest of its delay; what is on the grid takes its next place there.
        """
        skew = self._skew()
        step, self._offset = skew - self._offset, skew
        if abs(step) < STEP:
            return
        log.warning("clock.stepped", extra={"seconds": round(step, 3)})
        now = self._clock.now()
        for beat in self._beats.values():
            if beat.on_grid:
                self._move(beat, beat.job.trigger.get_next_fire_time(None, now))
            else:
                self._move(beat, beat.job.next_run_time + timedelta(seconds=step))


def _unused() -> None:
    """Stand in for a job's function: the executor calls the tick itself, with its due time."""
