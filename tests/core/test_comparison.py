"""The figures of a replay, on stories short enough to work them out by hand."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from monitor.core.breaker import MOVES, Moved, State
from monitor.core.comparison import CALM, STANDS, Record, Score, together
from monitor.core.grounds import Grounds, Rule
from monitor.core.outcome import Category, Outcome
from tests.clock import START
from tests.examples import an_outcome

ZERO = START.timestamp()
WORDS = {".": Category.OK, "x": Category.SERVER_ERROR, "n": Category.PERMISSION}


def outcomes(story: str, every: float = 60.0) -> Iterator[Outcome]:
    for n, word in enumerate(story):
        yield an_outcome(WORDS[word], at=START + timedelta(seconds=n * every))


def record_of(story: str) -> Record:
    record = Record()
    for outcome in outcomes(story):
        record.hear(outcome)
    return record


@pytest.mark.parametrize(
    ("story", "failures"),
    [
        ("......", []),
        (".x....", [1]),
        (".xxx..", [3]),
        (".x....x.", [2]),
        (".x.....x.", [1, 1]),
        (".x..nnnnnn..x", [2]),
        ("x" + "." * CALM + "xx", [1, 2]),
    ],
)
def test_an_outage_goes_on_until_enough_good_outcomes_in_a_row(
    story: str, failures: list[int]
) -> None:
    assert [one.failures for one in record_of(story).outages] == failures


def moved(before: State, after: State, epoch: int, rule: Rule = Rule.FAILURES) -> Moved:
    move = MOVES[before, after]
    return Moved(move, before, after, epoch, START, "", grounds=Grounds(rule))


class Told:
    """A score that is told a story: `T` trips, `R` resets, `.xn` are outcomes a minute apart."""

    def __init__(self, story: str, rule: Rule = Rule.FAILURES) -> None:
        self.record, self.score, self.at = Record(), Score(ZERO, 60.0), ZERO
        epoch, is_open = 0, False
        for word in story:
            if word in WORDS:
                at = START + timedelta(seconds=self.at - ZERO)
                outcome = an_outcome(WORDS[word], at=at)
                self.score.hear(outcome, self.record.hear(outcome))
                self.at += 60.0
                continue
            epoch, is_open = epoch + 1, word == "T"
            states = (State.CLOSED, State.OPEN) if is_open else (State.HALF_OPEN, State.CLOSED)
            move = moved(*states, epoch, rule)
            told = self.at - 60.0
            for _ in range(2):  # a move that is told twice is one
                self.score.see([move], told, is_open=is_open, allow=not is_open)
        self.score.pass_to(self.at)
        self.figures = self.score.figures


def test_blocked_time_and_failing_answers_let_through_are_counted_to_the_second() -> None:
    told = Told(".x.xxT.xx..R..")
    assert told.figures.let_through == 60 + 60, "each failed answer stood until the next"
    assert told.figures.blocked == 60 * 5
    assert told.figures.detected == [60 * 3]
    assert told.figures.false_alarms == 0


def test_a_failed_answer_stands_for_an_hour_at_most() -> None:
    told = Told("x")
    told.score.pass_to(told.at + 7 * STANDS)
    assert told.figures.let_through == STANDS


@pytest.mark.parametrize(
    ("story", "false_alarms"),
    [("xT..R", 1), ("xTx.R", 0), ("xTn..R", 1), ("xT..", 0), ("xT.R.xT..R", 2)],
)
def test_an_alarm_is_false_when_nothing_failed_after_it(story: str, false_alarms: int) -> None:
    assert Told(story).figures.false_alarms == false_alarms


def test_to_wait_when_told_to_is_no_false_alarm() -> None:
    assert Told("xT..R", Rule.THROTTLED).figures.false_alarms == 0


def test_who_is_open_already_notices_at_once_and_who_never_opens_not_at_all() -> None:
    assert Told("xT......x").figures.detected == [0.0, 0.0]
    assert Told("xx....").figures.detected == []


def test_endpoints_add_up() -> None:
    whole = together([Told("xT..R").score, Told("xxT..").score])
    assert (whole.trips, whole.false_alarms, whole.detected) == (2, 1, [0.0, 60.0])
