"""The metronome's plan: its grid, what is set and removed, and the clocks it follows."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from monitor.adapters.metronome import STEP, Metronome, _Grid
from monitor.core.cadence import phase_of
from tests.adapters.playing import Heard, on_grid, planned, silent
from tests.clock import START, FakeClock

# ---------------------------------------------------------------- the grid


def test_the_grid_gives_the_next_due_time_and_knows_no_past() -> None:
    grid = _Grid(60.0, 7.5)
    now = datetime(2026, 1, 1, 12, 0, 7, 500_000, tzinfo=UTC)
    for previous in (None, now, now - timedelta(days=1)):
        for _ in range(2):  # APScheduler asks twice per run
            due = grid.get_next_fire_time(previous, now)
            assert due == now + timedelta(seconds=60)
    assert grid.get_next_fire_time(None, now - timedelta(microseconds=10)) == now


@pytest.mark.parametrize("every", [0.05, 1.0, 7.0, 60.0, 86400.0])
def test_the_grid_does_not_drift(every: float) -> None:
    grid = _Grid(every, phase_of("chat", every))
    due = grid.get_next_fire_time(None, START)
    first = due
    for _ in range(1000):
        late = due + timedelta(seconds=every / 3)
        due = grid.get_next_fire_time(due, late)
    assert (due - first).total_seconds() == pytest.approx(1000 * every, abs=0.002)


def test_endpoints_of_one_interval_are_spread_over_it() -> None:
    clock = FakeClock()
    metronome = silent(clock)
    names = [f"endpoint-{n}" for n in range(60)]
    for name in names:
        metronome.set(name, 60.0)
    tenths = Counter(int(planned(metronome, clock, name) // 6) for name in names)
    assert len(tenths) >= 8, "a tenth of the interval without any is rare, half of them is a bug"


# ---------------------------------------------------------------- the plan


def test_an_endpoint_begins_on_its_grid_or_when_it_is_told_to() -> None:
    clock = FakeClock()
    metronome = silent(clock)
    metronome.set("chat", 60.0)
    metronome.set("auth", 60.0, first_in=2.5)
    chat = metronome.next_at("chat")
    assert chat is not None
    assert on_grid(chat, "chat", 60.0)
    assert planned(metronome, clock, "auth") == 2.5
    assert metronome.next_at("nobody") is None


def test_setting_what_is_already_so_changes_nothing() -> None:
    clock = FakeClock()
    metronome = silent(clock)
    metronome.set("chat", 60.0, first_in=2.5)
    metronome.set("chat", 60.0)
    assert planned(metronome, clock) == 2.5


def test_another_interval_keeps_a_planned_run_and_replaces_one_of_the_grid() -> None:
    clock = FakeClock()
    metronome = silent(clock)
    metronome.set("planned", 3600.0, first_in=40.0)
    metronome.set("planned", 60.0)
    assert planned(metronome, clock, "planned") == 40.0
    metronome.set("plain", 3600.0)
    metronome.set("plain", 60.0)
    assert planned(metronome, clock, "plain") <= 60.0


def test_a_removed_endpoint_is_due_no_more_however_often_it_was_set() -> None:
    metronome = silent(FakeClock())
    metronome.set("chat", 60.0)
    metronome.set("chat", 30.0)
    metronome.remove("chat")
    metronome.remove("chat")
    assert metronome.next_at("chat") is None
    assert metronome._scheduler.get_jobs() == []


async def test_a_run_that_was_on_its_way_when_its_endpoint_was_removed_does_nothing() -> None:
    heard = Heard()
    metronome = silent(FakeClock(), heard)
    metronome.set("chat", 60.0)
    metronome.remove("chat")
    assert await metronome._run("chat", START) is None
    assert heard.lags == []


# ---------------------------------------------------------------- clocks


@pytest.mark.parametrize("step", [-18_000.0, -3600.0, -60.0, -1.5, 1.5, 45.0, 60.0, 18_000.0])
def test_a_stepped_clock_makes_nobody_wait_longer_than_before(step: float) -> None:
    clock = FakeClock()
    metronome = silent(clock)
    metronome.set("chat", 60.0)
    metronome.set("trial", 60.0, first_in=20.0)
    clock.advance(3.0)
    before = planned(metronome, clock)

    clock.step(step)
    metronome.follow_clock()

    assert 0 < planned(metronome, clock) <= before
    assert planned(metronome, clock, "trial") == pytest.approx(17.0)


def test_an_overdue_run_is_still_due_after_a_step() -> None:
    clock = FakeClock()
    metronome = silent(clock)
    metronome.set("chat", 60.0)
    clock.advance(planned(metronome, clock) + 5.0)
    clock.step(-3600.0)
    metronome.follow_clock()
    assert planned(metronome, clock) == pytest.approx(-5.0)


@pytest.mark.parametrize("step", [0.0, STEP / 2, -STEP / 2])
def test_a_clock_that_is_only_corrected_moves_nothing(step: float) -> None:
    clock = FakeClock()
    metronome = silent(clock)
    metronome.set("chat", 60.0)
    before = metronome.next_at("chat")
    for _ in range(5):  # many small corrections are no step either
        clock.step(step)
        metronome.follow_clock()
    assert metronome.next_at("chat") == before


def test_a_step_is_followed_once() -> None:
    clock = FakeClock()
    metronome = silent(clock)
    metronome.set("chat", 60.0, first_in=20.0)
    clock.step(3600.0)
    metronome.follow_clock()
    metronome.follow_clock()
    assert planned(metronome, clock) == 20.0


async def fire(metronome: Metronome, clock: FakeClock) -> None:
    """Let time pass until the endpoint is due, run it, and plan it as APScheduler does."""
    due = metronome.next_at("chat")
    assert due is not None
    clock.advance(max(planned(metronome, clock), 0.0))
    beat = metronome._beats["chat"]
    await metronome._run("chat", due)
    metronome._plan(beat, beat.job.trigger.get_next_fire_time(due, clock.now()), on_grid=True)


@pytest.mark.parametrize(
    ("step", "seen"),
    [(18_020.0, True), (20.0, True), (-20.0, True), (-18_020.0, True), (18_020.0, False)],
)
async def test_a_step_is_neither_lateness_nor_skipped_runs(*, step: float, seen: bool) -> None:
    clock, heard = FakeClock(), Heard()
    metronome = silent(clock, heard)
    metronome.set("chat", 60.0)
    await fire(metronome, clock)
    clock.advance(30.0)
    clock.step(step)
    if seen:
        metronome.follow_clock()
    await fire(metronome, clock)
    metronome.follow_clock()
    await fire(metronome, clock)
    assert heard.skips == {}
    assert heard.lags == pytest.approx([0.0, 0.0, 0.0], abs=0.001)


async def test_lateness_and_skipped_runs_are_told() -> None:
    clock, heard = FakeClock(), Heard()
    metronome = silent(clock, heard)
    metronome.set("chat", 60.0)
    await fire(metronome, clock)
    clock.advance(190.0)  # one due time is run late, two more have passed
    await fire(metronome, clock)
    await fire(metronome, clock)
    assert heard.lags == pytest.approx([0.0, 130.0, 0.0], abs=0.001)
    assert heard.skips == {"chat": 2}
