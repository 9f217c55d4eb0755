"""Windows of the gate, told as stories at one probe a minute."""

from dataclasses import replace

import pytest

from monitor.core.breaker import Move, Policy, State
from monitor.core.grounds import Grounds, Rule
from monitor.core.window import Rate
from tests.adapters.gating import BAD, GOOD, NEUTRAL, SLOW, THROTTLED, Gated, closed, opened

SLOW_RATE = Rate(of=10, within=600.0, over=80.0, at_least=5)


def minutes(gated: Gated, *categories: str) -> list[Move]:
    """Probe once a minute; return the moves."""
    moves = []
    for category in categories:
        gated.wait(60)
        moves += [one.move for one in gated.do(category)]  # type: ignore[arg-type]
    return moves


def test_given_every_other_probe_failing_then_the_rate_trips_what_no_streak_ever_would() -> None:
    gated = closed()
    assert minutes(gated, *[GOOD] * 10) == []
    failing = [BAD, GOOD] * 10
    moves: list[Move] = []
    while not moves:
        moves = minutes(gated, failing.pop(0))
    assert moves == [Move.TRIP]
    assert gated.now.grounds == Grounds(Rule.FAILURE_RATE, 5, 11, 40.0, 600.0)
    assert gated.now.reason == "5 of 11 failed in 10 min (over 40 %), the last: HTTP 503"
    assert len(gated.now.samples) == 5


def test_given_enough_failures_when_a_success_completes_the_evidence_then_it_trips() -> None:
    gated = closed()
    assert minutes(gated, BAD, BAD, GOOD, BAD) == []
    gated.wait(60)
    (trip,) = gated.do(GOOD)
    assert (trip.move, trip.open_for) == (Move.TRIP, 10.0)
    assert trip.reason == "3 of 5 failed in 10 min (over 40 %), the last: HTTP 503"
    assert [one.category for one in trip.samples] == [BAD] * 3


def test_given_too_little_evidence_then_only_a_streak_or_being_told_to_wait_trips() -> None:
    gated = closed()
    assert minutes(gated, BAD, BAD, GOOD, BAD) == []
    gated.wait(601)
    assert gated.do(BAD, GOOD, BAD) == ()
    (trip,) = gated.do(THROTTLED, hint=30.0)
    assert trip.grounds == Grounds(Rule.THROTTLED, 1, threshold=30.0)


def test_neutral_outcomes_never_enter_a_window() -> None:
    gated = closed()
    assert minutes(gated, BAD, NEUTRAL, BAD, NEUTRAL, NEUTRAL, NEUTRAL, GOOD) == []
    assert gated.now.recent.marks == "xx."


def test_after_a_reset_the_evidence_begins_anew() -> None:
    gated = closed(Policy(success_threshold=1))
    minutes(gated, BAD, GOOD, BAD, GOOD, BAD)
    assert gated.state() is State.OPEN
    gated.wait_until_due()
    assert [one.move for one in gated.do(GOOD)] == [Move.TRIAL, Move.RESET]
    assert (gated.now.recent.marks, gated.now.samples) == ("", ())
    assert minutes(gated, BAD, GOOD, BAD, GOOD) == []


@pytest.mark.parametrize(("down", "trips"), [(30.0, True), (400.0, False)])
def test_given_a_restart_then_the_window_goes_on_and_has_grown_older(
    down: float, trips: bool
) -> None:
    gated = closed()
    minutes(gated, BAD, GOOD, BAD, GOOD)
    kept = gated.restart(down)
    assert gated.now.recent.marks == kept.recent.marks
    gated.wait(60)
    assert bool(gated.do(BAD)) is trips


def test_given_other_numbers_then_they_hold_from_the_next_outcome_on() -> None:
    gated = closed()
    minutes(gated, BAD, GOOD, GOOD, BAD, GOOD, GOOD)
    gated.gate.adopt(Policy(failure_rate=Rate(over=20.0)))
    assert gated.state() is State.CLOSED
    assert minutes(gated, GOOD) == [Move.TRIP]
    assert gated.now.grounds == Grounds(Rule.FAILURE_RATE, 2, 7, 20.0, 600.0)


# ---------------------------------------------------------------- slow


def test_given_slow_again_and_again_then_it_is_slow_and_stays_closed() -> None:
    gated = closed(Policy(slow_rate=SLOW_RATE))
    assert minutes(gated, *[SLOW] * 20) == []
    assert (gated.now.slow, gated.state()) == (True, State.CLOSED)
    assert len(gated.now.samples) == 10


def test_given_that_slow_opens_then_a_slow_trial_is_none_that_succeeded() -> None:
    gated = closed(Policy(slow_rate=SLOW_RATE, slow_opens=True, success_threshold=1))
    assert minutes(gated, *[SLOW] * 5) == [Move.TRIP]
    assert gated.now.grounds == Grounds(Rule.SLOW_RATE, 5, 5, 80.0, 600.0)
    assert gated.now.reason.startswith("5 of 5 slow in 10 min (over 80 %), the last: took 3 s")
    gated.wait_until_due()
    assert [one.move for one in gated.do(SLOW)] == [Move.TRIAL, Move.RETRIP]
    assert gated.now.reason == "trial failed: took 3 s, more than 2 s"
    gated.wait_until_due()
    assert [one.move for one in gated.do(GOOD)] == [Move.TRIAL, Move.RESET]
    assert not gated.now.slow


def test_given_that_slow_does_not_open_then_a_slow_trial_is_good() -> None:
    gated = opened(replace(Policy(), success_threshold=1))
    gated.wait_until_due()
    assert [one.move for one in gated.do(SLOW)] == [Move.TRIAL, Move.RESET]
