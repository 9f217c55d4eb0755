"""What APScheduler 3.11 does where our metronome walks past it.

Each test pins a behaviour that adapters/metronome.py was built around, so that an upgrade that
changes one is noticed. Nothing here waits for a clock: a run that is overdue is due at once.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MAX_INSTANCES, EVENT_JOB_MISSED
from apscheduler.job import Job
from apscheduler.schedulers import SchedulerNotRunningError
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.schedulers.base import STATE_STOPPED
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from monitor.adapters.clock import SystemClock

LONG = 30.0
FAR = timedelta(days=1)


class Asked(BaseTrigger):  # type: ignore[misc]  # APScheduler publishes no types
    """Is due every second from `first` on, and notes how often it was asked."""

    def __init__(self, first: datetime) -> None:
        self.first = first
        self.times = 0

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        del now
        self.times += 1
        if previous_fire_time is None:
            return self.first
        return previous_fire_time + timedelta(seconds=1)


class Once(Asked):
    """Is due once, and then not before tomorrow."""

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        super().get_next_fire_time(previous_fire_time, now)
        return now + FAR


def ago(seconds: float) -> datetime:
    return SystemClock().now() - timedelta(seconds=seconds)


@asynccontextmanager
async def running(**defaults: Any) -> AsyncIterator[Any]:
    """Give a scheduler that has been started."""
    scheduler: Any = AsyncIOScheduler(timezone=UTC, job_defaults=defaults)
    scheduler.start()
    try:
        yield scheduler
    finally:
        if scheduler.state != STATE_STOPPED:
            scheduler.shutdown(wait=False)
            await asyncio.sleep(0)


async def first_event(scheduler: Any, mask: int) -> Any:
    heard: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def hear(event: Any) -> None:
        if not heard.done():
            heard.set_result(event)

    scheduler.add_listener(hear, mask)
    async with asyncio.timeout(LONG):
        return await heard


async def do_nothing() -> None:
    """Be a job."""


@pytest.mark.parametrize(
    ("defaults", "event"),
    [({}, EVENT_JOB_MISSED), ({"misfire_grace_time": None}, EVENT_JOB_EXECUTED)],
)
async def test_a_run_that_is_late_by_more_than_a_second_is_dropped_unless_told_otherwise(
    defaults: dict[str, Any], event: int
) -> None:
    async with running(**defaults) as scheduler:
        scheduler.add_job(do_nothing, Once(ago(0)), next_run_time=ago(1.4))
        heard = await first_event(scheduler, EVENT_JOB_MISSED | EVENT_JOB_EXECUTED)
    assert heard.code == event


async def test_an_interval_first_runs_after_a_whole_interval() -> None:
    async with running() as scheduler:
        before = SystemClock().now()
        job = scheduler.add_job(do_nothing, "interval", hours=1)
        assert job.next_run_time >= before + timedelta(hours=1)


async def test_shutdown_cancels_what_is_in_flight_even_when_told_to_wait() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def job() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.set()
            raise

    async with running() as scheduler, asyncio.timeout(LONG):
        scheduler.add_job(job, Once(ago(0)), next_run_time=ago(0))
        await begun.wait()
        scheduler.shutdown(wait=True)
        await ended.wait()


async def test_pausing_leaves_alone_what_is_in_flight() -> None:
    begun, release, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def job() -> None:
        begun.set()
        await release.wait()
        ended.set()

    async with running() as scheduler, asyncio.timeout(LONG):
        scheduler.add_job(job, Once(ago(0)), next_run_time=ago(0))
        await begun.wait()
        scheduler.pause()
        release.set()
        await ended.wait()


async def test_a_trigger_is_asked_twice_per_run() -> None:
    async with running() as scheduler:
        trigger = Once(ago(0))
        scheduler.add_job(do_nothing, trigger, next_run_time=ago(0))
        await first_event(scheduler, EVENT_JOB_EXECUTED)
    assert trigger.times == 2


def test_a_backlog_is_replayed_unless_it_is_coalesced() -> None:
    scheduler: Any = AsyncIOScheduler(timezone=UTC)
    job: Any = Job(scheduler, trigger=Asked(ago(9.5)), func=do_nothing, args=(), kwargs={})
    job._modify(next_run_time=ago(9.5))
    assert len(job._get_run_times(ago(0))) == 10


def test_jitter_is_added_to_the_last_run_so_that_the_period_stretches() -> None:
    trigger = IntervalTrigger(seconds=10, jitter=2, timezone=UTC)
    previous = now = ago(0)
    for _ in range(200):
        previous = now = trigger.get_next_fire_time(previous, now)
    stretched = (now - ago(0)).total_seconds() / 200 - 10
    assert 0.5 < stretched < 1.5, "half the jitter, on average"


async def test_a_run_that_is_wanted_while_the_last_goes_on_is_refused_and_lost() -> None:
    begun = asyncio.Event()

    async def job() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with running() as scheduler, asyncio.timeout(LONG):
        scheduler.add_job(job, Once(ago(0)), id="a", next_run_time=ago(0))
        await begun.wait()
        scheduler.modify_job("a", next_run_time=ago(0))
        await first_event(scheduler, EVENT_JOB_MAX_INSTANCES)
        assert scheduler.get_job("a").next_run_time > ago(-3600), "not before its trigger says so"


async def test_waking_and_shutting_down_are_left_to_the_loop() -> None:
    async with running() as scheduler:
        scheduler.shutdown(wait=False)
        assert scheduler.running, "not before the loop's next turn"
        await asyncio.sleep(0)
        assert not scheduler.running


def test_pausing_what_never_began_is_an_error() -> None:
    with pytest.raises(SchedulerNotRunningError):
        AsyncIOScheduler().pause()


async def test_its_loggers_speak_at_every_run(caplog: pytest.LogCaptureFixture) -> None:
    """Why the metronome turns them down: two lines per run cost two thirds of the run."""
    caplog.set_level(logging.INFO, "apscheduler.executors.default")
    async with running() as scheduler:
        scheduler.add_job(do_nothing, Once(ago(0)), next_run_time=ago(0))
        await first_event(scheduler, EVENT_JOB_EXECUTED)
    lines = [r for r in caplog.records if r.name == "apscheduler.executors.default"]
    assert len(lines) == 2


async def test_before_the_start_one_id_can_be_added_twice_and_is_removed_once() -> None:
    scheduler: Any = AsyncIOScheduler(timezone=UTC)
    for _ in range(2):
        scheduler.add_job(do_nothing, "interval", hours=1, id="a", replace_existing=True)
    scheduler.remove_job("a")
    assert [job.id for job in scheduler.get_jobs()] == ["a"]
