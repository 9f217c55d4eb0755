"""The gate, told as stories: closed, open, half-open, and a restart in each."""

from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.breaker import Move, Policy, State
from monitor.core.outcome import EFFECTS, Category, Effect
from tests.adapters.gating import (
    BAD,
    GOOD,
    NEUTRAL,
    THROTTLED,
    closed,
    half_open,
    opened,
)
from tests.clock import START

NEUTRALS = [category for category, effect in EFFECTS.items() if effect is Effect.NEUTRAL]
HOUR = 3600.0

# ---------------------------------------------------------------- closed


def test_given_closed_when_failures_follow_each_other_then_the_last_trips() -> None:
    gated = closed(Policy(fail_max=3))
    assert gated.do(BAD, BAD) == ()
    assert (gated.state(), gated.now.failures) == (State.CLOSED, 2)

    (trip,) = gated.do(BAD)

    assert (trip.move, trip.before, trip.after) == (Move.TRIP, State.CLOSED, State.OPEN)
    assert (trip.epoch, trip.open_for, trip.at) == (1, 10.0, gated.clock.now())
    assert trip.reason == "3 failures in a row, the last: HTTP 503"
    assert [sample.status for sample in trip.samples] == [503, 503, 503]
    assert gated.now.opened_at == gated.clock.now()


def test_given_failures_when_one_succeeds_then_the_count_begins_anew() -> None:
    gated = closed(Policy(fail_max=3))
    gated.do(BAD, BAD, GOOD)
    assert (gated.now.failures, gated.now.samples) == (0, ())
    gated.do(BAD, BAD)
    assert gated.state() is State.CLOSED
    gated.do(BAD)
    assert gated.state() is State.OPEN


def test_given_failures_when_a_slow_reply_comes_then_it_counts_as_a_success() -> None:
    gated = closed()
    gated.do(BAD, BAD, Category.SLOW)
    assert gated.now.failures == 0


@pytest.mark.parametrize("neutral", NEUTRALS)
def test_given_failures_when_a_neutral_outcome_comes_then_nothing_changes(
    neutral: Category,
) -> None:
    gated = closed(Policy(fail_max=3))
    gated.do(BAD, BAD)
    before = gated.now
    assert gated.do(neutral, hint=100.0) == ()
    assert gated.now == before
    gated.do(BAD)
    assert gated.state() is State.OPEN


def test_given_closed_when_throttled_once_then_it_trips_for_at_least_the_retry_after() -> None:
    gated = closed(Policy(fail_max=3, reset_timeout=10))
    (trip,) = gated.do(THROTTLED, hint=42.0)
    assert trip.reason == "throttled: HTTP 429"
    assert (gated.now.throttled, gated.now.retry_after) == (True, 42.0)


@pytest.mark.parametrize(
    ("hint", "open_for"), [(None, 10.0), (0.0, 10.0), (4.0, 10.0), (42.0, 42.0), (900.0, 900.0)]
)
def test_a_retry_after_only_lengthens_and_may_exceed_the_cap(
    hint: float | None, open_for: float
) -> None:
    gated = closed(Policy(reset_timeout=10, max_open=300))
    gated.do(THROTTLED, hint=hint)
    assert gated.now.retry_after == open_for


def test_given_closed_when_several_probes_are_in_flight_then_all_are_admitted_and_counted() -> None:
    gated = closed(Policy(fail_max=3))
    permits = [gated.permit() for _ in range(4)]
    for permit in permits[:3]:
        gated.record(permit, BAD)
    assert gated.state() is State.OPEN
    assert gated.record(permits[3], GOOD) == ()  # late: it began before the trip
    assert gated.state() is State.OPEN


def test_given_a_count_below_when_adopting_a_lower_limit_then_the_next_failure_trips() -> None:
    gated = closed(Policy(fail_max=5))
    gated.do(BAD, BAD, BAD)
    gated.gate.adopt(Policy(fail_max=2))
    assert (gated.state(), gated.now.failures) == (State.CLOSED, 3)
    gated.do(BAD)
    assert gated.state() is State.OPEN


# ---------------------------------------------------------------- open


def test_given_open_when_asked_before_the_time_then_nobody_passes() -> None:
    gated = opened(Policy(reset_timeout=10))
    gated.wait(9.999)
    assert gated.ask() == (None, ())
    assert gated.now.retry_after == pytest.approx(0.001)


def test_given_open_when_the_time_is_over_then_asking_begins_one_trial() -> None:
    gated = opened(Policy(reset_timeout=10))
    gated.wait(10)
    assert (gated.state(), gated.now.retry_after) == (State.OPEN, 0.0)

    permit, (moved,) = gated.ask()

    assert permit is not None
    assert permit.trial
    assert permit.epoch == moved.epoch == 2
    assert (moved.move, moved.reason) == (Move.TRIAL, "open time of 10 s is over")
    assert gated.now.reason == "3 failures in a row, the last: HTTP 503", "why it tripped stays"


@pytest.mark.parametrize("late", [GOOD, BAD, THROTTLED, NEUTRAL])
def test_given_open_when_an_outcome_of_an_older_epoch_comes_then_it_is_dropped(
    late: Category,
) -> None:
    gated = closed()
    permit = gated.permit()
    gated.do(BAD, BAD, BAD)
    before = gated.now
    assert gated.record(permit, late) == ()
    assert gated.now == before


@pytest.mark.parametrize(
    ("hint", "remaining"), [(None, 6.0), (0.0, 6.0), (5.0, 6.0), (6.0, 6.0), (60.0, 60.0)]
)
def test_given_open_when_a_late_retry_after_comes_then_it_lengthens_and_never_shortens(
    hint: float | None, remaining: float
) -> None:
    gated = closed(Policy(reset_timeout=10))
    permit = gated.permit()
    gated.do(BAD, BAD, BAD)
    gated.wait(4)
    assert gated.record(permit, THROTTLED, hint) == ()
    assert gated.now.retry_after == remaining
    assert gated.now.open_for == 4 + remaining, "and people are told of the same time"


def test_given_an_overdue_trial_when_a_late_retry_after_comes_then_the_trial_waits_for_it() -> None:
    gated = closed(Policy(reset_timeout=10))
    permit = gated.permit()
    gated.do(BAD, BAD, BAD)
    gated.wait(15)
    gated.record(permit, THROTTLED, 20.0)
    assert gated.ask() == (None, ())
    assert (gated.now.retry_after, gated.now.open_for) == (20.0, 35.0)


@pytest.mark.parametrize("late", [NEUTRAL, Category.MISCONFIGURED])
def test_given_open_when_a_late_neutral_outcome_has_a_retry_after_then_it_still_touches_nothing(
    late: Category,
) -> None:
    gated = closed()
    permit = gated.permit()
    gated.do(BAD, BAD, BAD)
    before = gated.now
    gated.record(permit, late, 500.0)
    assert gated.now == before


def test_given_trips_in_a_row_then_each_open_time_grows_up_to_the_cap() -> None:
    gated = opened(Policy(reset_timeout=10, factor=2, max_open=60))
    seen = [gated.now.open_for]
    for _ in range(4):
        gated.wait_until_due()
        gated.do(BAD)
        seen.append(gated.now.open_for)
    assert seen == [10, 20, 40, 60, 60]


@pytest.mark.parametrize(("share", "open_for"), [(0.0, 10.0), (0.5, 10.5), (1.0, 11.0)])
def test_jitter_is_only_added(share: float, open_for: float) -> None:
    gated = closed(Policy(reset_timeout=10, jitter=0.1))
    gated.dice.share = share
    gated.do(BAD, BAD, BAD)
    assert gated.now.retry_after == open_for


def test_jitter_comes_after_the_cap_and_after_the_retry_after() -> None:
    gated = closed(Policy(reset_timeout=10, max_open=10, jitter=0.1))
    gated.dice.share = 1.0
    gated.do(THROTTLED, hint=100.0)
    assert gated.now.retry_after == pytest.approx(110)


@pytest.mark.parametrize(
    ("healthy", "trips", "next_open_for"),
    [(0, 3, 80), (59, 3, 80), (60, 2, 40), (119, 2, 40), (120, 1, 20), (180, 0, 10), (9999, 0, 10)],
)
def test_given_a_reset_when_it_stays_closed_then_trips_are_forgotten_step_by_step(
    healthy: float, trips: int, next_open_for: float
) -> None:
    gated = opened(Policy(reset_timeout=10, max_open=60, success_threshold=1))
    for category in (BAD, BAD, GOOD):
        gated.wait_until_due()
        gated.do(category)
    assert gated.state() is State.CLOSED
    gated.wait(healthy)
    assert gated.now.trips == trips
    gated.do(BAD, BAD, BAD)
    assert gated.now.open_for == min(next_open_for, 60)


def test_looking_often_forgets_no_faster_than_looking_once() -> None:
    gated = opened(Policy(max_open=60, success_threshold=1))
    gated.wait_until_due()
    gated.do(BAD)
    gated.wait_until_due()
    gated.do(GOOD)
    seen = []
    for _ in range(13):
        seen.append(gated.now.trips)
        gated.wait(10)
    assert seen == [2] * 6 + [1] * 6 + [0]


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
    assert replace(now, retry_after=None, taken_at=None) == replace(
        kept, retry_after=None, taken_at=None
    )
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
    assert gated.now == kept
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


def test_every_move_has_its_own_epoch() -> None:
    gated = closed(Policy(fail_max=1, success_threshold=1))
    epochs = [moved.epoch for moved in gated.do(BAD)]
    for category in (BAD, GOOD, BAD, GOOD):
        if gated.state() is State.OPEN:
            gated.wait_until_due()
        epochs += [moved.epoch for moved in gated.do(category)]
    assert epochs == list(range(1, len(epochs) + 1))
    assert len(epochs) == 8
