"""The gate, told as stories: restarts, stepped clocks, other numbers."""

from dataclasses import replace
from datetime import timedelta

import pybreaker
import pytest

from monitor.core.breaker import Move, Policy, Snapshot, State
from tests.adapters.gating import (
    BAD,
    GOOD,
    THROTTLED,
    closed,
    half_open,
    opened,
)
from tests.clock import START

HOUR = 3600.0


def timeless(snapshot: Snapshot) -> Snapshot:
    """Leave out what only says when it was taken."""
    return replace(snapshot, retry_after=None, taken_at=None, taken_mono=0.0, closed_for=0.0)


# ---------------------------------------------------------------- restart


def test_given_closed_with_failures_when_restarted_then_the_next_one_still_trips() -> None:
    gated = closed(Policy(fail_max=3))
    gated.do(BAD, BAD)
    kept = gated.restart(down=30)
    assert (gated.now.failures, gated.now.samples, gated.now.epoch) == (2, kept.samples, 0)
    (trip,) = gated.do(BAD)
    assert len(trip.samples) == 3


@pytest.mark.parametrize(("down", "remaining"), [(0, 16.0), (6, 10.0), (16, 0.0), (9999, 0.0)])
def test_given_open_when_restarted_then_the_rest_of_the_open_time_goes_on(
    down: float, remaining: float
) -> None:
    gated = opened(Policy(reset_timeout=20))
    gated.wait(4)
    kept = gated.restart(down)
    now = gated.now
    assert now.retry_after == remaining
    assert timeless(now) == timeless(kept)
    assert now.opened_at == START
    gated.wait(remaining)
    _, (moved,) = gated.ask()
    assert (moved.move, moved.epoch) == (Move.TRIAL, kept.epoch + 1)


@pytest.mark.parametrize("stepped", [-1.0, -60.0, -5 * HOUR])
def test_given_the_wall_clock_stepped_back_while_down_then_the_wait_is_never_longer(
    stepped: float,
) -> None:
    gated = opened(Policy(reset_timeout=20))
    gated.restart(stepped=stepped)
    assert gated.now.retry_after == 20.0


def test_given_half_open_when_restarted_then_it_is_open_with_its_trial_due() -> None:
    gated, permit = half_open(Policy(success_threshold=2))
    gated.record(permit, GOOD)
    in_flight = gated.permit()
    kept = gated.restart()
    assert (gated.state(), gated.now.retry_after, gated.now.successes) == (State.OPEN, 0.0, 0)
    assert gated.now.epoch == kept.epoch
    assert gated.record(in_flight, GOOD) == (), "a trial of the old process counts for nothing"
    assert gated.do(GOOD)[0].move is Move.TRIAL
    assert gated.do(GOOD)[0].move is Move.RESET


def test_given_a_throttled_trip_when_restarted_then_it_is_still_throttled() -> None:
    gated = closed()
    gated.do(THROTTLED, hint=60.0)
    kept = gated.restart(down=10)
    assert (gated.now.throttled, gated.now.retry_after) == (True, 50.0)
    assert gated.now.reason == kept.reason


@pytest.mark.parametrize("restarts", [0, 1, 5])
def test_given_restarts_while_closed_then_trips_are_forgotten_once_not_twice(restarts: int) -> None:
    gated = opened(Policy(max_open=60, success_threshold=1))
    for category in (BAD, BAD, GOOD):
        gated.wait_until_due()
        gated.do(category)
    seen = []
    for _ in range(10):
        gated.wait(10)
        for _ in range(restarts):
            gated.restart(down=2)
        gated.wait(10 - 2 * restarts)
        seen.append(gated.now.trips)
    assert seen == [3, 3, 2, 2, 2, 1, 1, 1, 0, 0]


def test_given_a_calm_breaker_when_restarted_then_nothing_is_remembered_but_its_epoch() -> None:
    gated, permit = half_open(Policy(success_threshold=1, max_open=10))
    gated.record(permit, GOOD)
    gated.wait(10)
    kept = gated.restart(down=100)
    assert timeless(gated.now) == timeless(kept)
    assert kept.epoch == gated.permit().epoch == 3


# ---------------------------------------------------------------- clocks and numbers


@pytest.mark.parametrize("stepped", [5 * HOUR, -5 * HOUR])
def test_wall_clock_steps_change_nothing_but_what_people_are_shown(stepped: float) -> None:
    gated = opened(Policy(reset_timeout=10, success_threshold=1, max_open=60, max_half_open=120))
    gated.clock.step(stepped)
    assert gated.now.retry_after == 10.0
    assert gated.ask() == (None, ())
    gated.wait(10)
    permit = gated.permit()
    gated.clock.step(stepped)
    assert gated.ask() == (None, ())
    assert gated.state() is State.HALF_OPEN, "the wait for a decision is measured, not read"
    (reset,) = gated.record(permit, GOOD)
    gated.clock.step(stepped)
    assert gated.now.trips == 1, "so is the healthy time"
    assert reset.at == START + timedelta(seconds=10 + 2 * stepped)


@pytest.mark.parametrize("state", State)
def test_adopting_other_numbers_keeps_the_state(state: State) -> None:
    other = Policy(fail_max=9, success_threshold=1, reset_timeout=1, max_open=900, factor=3)
    gated, permit = half_open() if state is State.HALF_OPEN else (opened(), None)
    if state is State.CLOSED:
        gated = closed()
        gated.do(BAD)
    before = gated.now
    gated.gate.adopt(other)
    assert gated.now == before
    if permit is not None:
        assert gated.record(permit, GOOD)[0].move is Move.RESET, "they hold from the next outcome"


def test_pybreaker_by_itself_never_ends_an_open_time() -> None:
    gated = opened(Policy(reset_timeout=0.001))
    gated.wait(HOUR)
    with pytest.raises(pybreaker.CircuitBreakerError):
        gated.gate._machine.breaker.call(bool)
    assert gated.state() is State.OPEN


def test_every_move_has_its_own_epoch() -> None:
    gated = closed(Policy(fail_max=1, success_threshold=1))
    epochs = [moved.epoch for moved in gated.do(BAD)]
    for category in (BAD, GOOD, BAD, GOOD):
        if gated.state() is State.OPEN:
            gated.wait_until_due()
        epochs += [moved.epoch for moved in gated.do(category)]
    assert epochs == list(range(1, len(epochs) + 1))
    assert len(epochs) == 8
