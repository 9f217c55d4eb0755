"""The gate, told as stories: closed and open. Half-open and restarts have files of their own."""

import pytest

from monitor.core.breaker import Move, Policy, State
from monitor.core.outcome import Category
from monitor.core.window import Rate
from tests.adapters.gating import (
    BAD,
    GOOD,
    NEUTRAL,
    NEUTRALS,
    THROTTLED,
    closed,
    opened,
)

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
    gated = closed(Policy(fail_max=3, failure_rate=Rate(over=100.0)))
    gated.do(BAD, BAD, GOOD)
    assert gated.now.failures == 0
    gated.do(BAD, BAD)
    assert gated.state() is State.CLOSED
    (trip,) = gated.do(BAD)
    assert gated.state() is State.OPEN
    assert len(trip.samples) == 3, "those in a row, and none from before"


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
