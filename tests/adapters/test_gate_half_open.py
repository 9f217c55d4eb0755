"""The gate, told as stories: half-open, where one trial at a time decides."""

import pytest

from monitor.core.breaker import Move, Policy, State
from monitor.core.outcome import Category
from tests.adapters.gating import (
    BAD,
    GOOD,
    NEUTRAL,
    NEUTRALS,
    THROTTLED,
    closed,
    half_open,
)

# ---------------------------------------------------------------- half-open


def test_given_half_open_when_enough_trials_succeed_then_it_resets() -> None:
    gated, permit = half_open(Policy(success_threshold=2))
    assert gated.record(permit, GOOD) == ()
    assert (gated.state(), gated.now.successes) == (State.HALF_OPEN, 1)

    (reset,) = gated.do(GOOD)

    assert (reset.move, reset.after) == (Move.RESET, State.CLOSED)
    assert reset.reason == gated.now.reason == "2 trials succeeded"
    assert (gated.now.failures, gated.now.opened_at, gated.now.samples) == (0, None, ())


def test_given_one_trial_is_enough_then_one_success_resets_and_a_calm_breaker_forgets_all() -> None:
    gated, permit = half_open(Policy(success_threshold=1, max_open=10))
    (reset,) = gated.record(permit, GOOD)
    assert reset.reason == "a trial succeeded"
    gated.wait(10)
    assert (gated.now.trips, gated.now.closed_for, gated.now.epoch) == (0, 0.0, 3)


def test_given_half_open_when_a_trial_is_out_then_nobody_else_passes() -> None:
    gated, permit = half_open()
    assert gated.ask() == (None, ())
    gated.record(permit, GOOD)
    assert gated.permit().trial
    assert gated.ask() == (None, ())


def test_given_half_open_when_a_trial_fails_then_it_opens_again_and_for_longer() -> None:
    gated, permit = half_open(Policy(reset_timeout=10))
    (retrip,) = gated.record(permit, BAD)
    assert (retrip.move, retrip.before, retrip.after) == (
        Move.RETRIP,
        State.HALF_OPEN,
        State.OPEN,
    )
    assert (retrip.reason, retrip.open_for) == ("trial failed: HTTP 503", 20.0)
    assert len(retrip.samples) == 4
    assert (gated.now.trips, gated.now.throttled) == (2, False)


def test_given_half_open_when_a_trial_is_throttled_then_it_opens_at_least_that_long() -> None:
    gated, permit = half_open()
    (retrip,) = gated.record(permit, THROTTLED, 77.0)
    assert (retrip.move, gated.now.retry_after, gated.now.throttled) == (Move.RETRIP, 77.0, True)


@pytest.mark.parametrize("neutral", NEUTRALS)
def test_given_half_open_when_a_trial_is_neutral_then_the_permit_is_free_and_nothing_is_counted(
    neutral: Category,
) -> None:
    gated, permit = half_open(Policy(success_threshold=2))
    gated.record(permit, GOOD)
    before = gated.now
    assert gated.do(neutral, hint=500.0) == ()
    assert gated.now == before
    assert gated.permit().trial


def test_given_half_open_when_a_trial_is_cancelled_then_another_may_look() -> None:
    gated, permit = half_open()
    before = gated.now
    gated.gate.give_back(permit)
    assert gated.now == before
    again = gated.permit()
    assert again.trial
    assert again is not permit


def test_given_a_trial_was_given_back_when_it_reports_after_all_then_it_counts_for_nothing() -> (
    None
):
    gated, permit = half_open(Policy(success_threshold=1))
    gated.gate.give_back(permit)
    second = gated.permit()
    assert gated.record(permit, GOOD) == ()
    gated.gate.give_back(permit)
    assert gated.state() is State.HALF_OPEN
    assert gated.ask() == (None, ()), "the second trial is still out"
    assert gated.record(second, GOOD)[0].move is Move.RESET


def test_given_half_open_when_an_older_permit_is_given_back_then_the_trial_stays_out() -> None:
    gated = closed()
    old = gated.permit()
    gated.do(BAD, BAD, BAD)
    gated.wait_until_due()
    gated.permit()
    gated.gate.give_back(old)
    assert gated.ask() == (None, ())


@pytest.mark.parametrize("late", [GOOD, BAD, THROTTLED])
def test_given_half_open_when_an_outcome_from_before_the_trip_comes_then_it_is_dropped(
    late: Category,
) -> None:
    gated = closed(Policy(success_threshold=1))
    old = gated.permit()
    gated.do(BAD, BAD, BAD)
    gated.wait_until_due()
    gated.permit()
    before = gated.now
    assert gated.record(old, late, 50.0) == ()
    assert gated.now == before
    assert gated.ask() == (None, ()), "and the trial is still out"


def test_given_half_open_when_nothing_is_decided_in_time_then_it_opens_again_without_growing() -> (
    None
):
    gated, permit = half_open(Policy(reset_timeout=10, max_half_open=120))
    gated.wait(119)
    assert gated.ask() == (None, ())
    gated.wait(1)

    nobody, (retrip,) = gated.ask()

    assert nobody is None
    assert (retrip.move, retrip.open_for) == (Move.RETRIP, 10.0)
    assert retrip.reason == "no trial decided within 120 s"
    assert gated.now.trips == 1
    assert gated.record(permit, GOOD) == (), "the trial that never decided is late now"
    assert gated.state() is State.OPEN


def test_given_half_open_when_a_trial_succeeds_then_the_wait_for_a_decision_begins_anew() -> None:
    gated, permit = half_open(Policy(success_threshold=3, max_half_open=120))
    gated.wait(119)
    gated.record(permit, GOOD)
    gated.wait(119)
    gated.do(NEUTRAL)
    assert gated.state() is State.HALF_OPEN
    gated.wait(1)
    gated.ask()
    assert gated.state() is State.OPEN, "a neutral outcome decides nothing"
