"""The ledger: what is written when an endpoint is told of, and that nothing is told twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.breaker import Snapshot
from monitor.core.endpoint import Endpoint
from monitor.core.health import Health
from monitor.core.ledger import Ledger
from monitor.core.maintenance import Cover, Window
from monitor.core.outcome import Category
from monitor.core.standing import Standing, advance, health_now
from monitor.core.stretch import Mark, Stretch
from tests.clock import START
from tests.examples import CLOSED, HALF_OPEN, OPEN, THROTTLED, an_endpoint, an_outcome

BAD = Category.SERVER_ERROR
CHAT = replace(an_endpoint(), region="us1")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Telling:
    """A ledger that is told of one endpoint, and all that it wrote, by the key of the table."""

    def __init__(self, endpoint: Endpoint = CHAT) -> None:
        self.incident = ""
        self.ledger = Ledger(lambda _: self.incident)
        self.endpoint = endpoint
        self.standing = Standing(endpoint.id)
        self.rows: dict[tuple[bool, datetime], Stretch] = {}
        self.wrote = 0

    def see(self, seconds: float, category: Category, breaker: Snapshot = CLOSED) -> None:
        outcome = an_outcome(category, at=at(seconds))
        self.standing = advance(self.standing, outcome, breaker, self.endpoint)
        self.look(seconds)

    def look(self, seconds: float) -> None:
        health = health_now(self.standing, self.endpoint, at(seconds))
        self.write(self.ledger.look(self.endpoint, self.standing, health, at(seconds)))

    def write(self, changed: Sequence[Stretch]) -> None:
        self.wrote += len(changed)
        for one in changed:
            self.rows[one.mark is Mark.MAINTENANCE, one.begin] = one

    @property
    def story(self) -> list[tuple[str, float, float | None]]:
        """Mark, begin and end in seconds, in order."""
        rows = sorted(self.rows.values(), key=lambda one: one.begin)
        return [(r.mark.value, _s(r.begin), None if r.end is None else _s(r.end)) for r in rows]

    def row(self, mark: Mark) -> Stretch:
        (found,) = [one for one in self.rows.values() if one.mark is mark]
        return found


def _s(moment: datetime) -> float:
    return (moment - START).total_seconds()


def an_outage() -> Telling:
    """Tell of one that is seen at 120, believed at 130, seen over at 200 and believed at 205."""
    told = Telling()
    for seconds in (0, 60):
        told.see(seconds, Category.OK)
    told.see(120, BAD)
    told.see(125, BAD)
    told.incident = "one"
    told.see(130, BAD, OPEN)
    told.see(150, BAD, replace(OPEN, trips=2))
    told.see(200, Category.OK, HALF_OPEN)
    told.incident = ""
    told.see(205, Category.OK)
    return told


def test_downtime_runs_from_the_first_bad_look_to_the_first_good_one() -> None:
    told = an_outage()
    assert told.story == [("up", 0, 120), ("down", 120, 200), ("up", 200, None)]


def test_downtime_knows_its_bounds_its_cause_and_its_incident() -> None:
    down = an_outage().row(Mark.DOWN)
    assert (down.begin_after, down.end_after) == (at(60), at(150))
    assert (down.cause, down.incident, down.region) == ("server_error", "one", "us1")
    assert down.reason == "3 failures in a row"


def test_a_calm_endpoint_is_written_once() -> None:
    told = Telling()
    for seconds in range(0, 6000, 60):
        told.see(seconds, Category.OK)
    assert told.wrote == 1


def test_failures_that_do_not_trip_are_no_downtime() -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.see(60, BAD)
    told.see(65, Category.UNREACHABLE)
    told.see(70, Category.OK)
    assert told.story == [("up", 0, 60), ("up", 60, 70), ("up", 70, None)]
    assert [row.cause for row in told.rows.values()] == ["", "server_error", ""]


def test_a_failed_probe_speaks_for_its_interval_and_not_for_one_that_comes_late() -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.see(60, BAD)
    told.see(130, Category.OK)
    assert told.story == [("up", 0, 60), ("up", 60, 120), ("up", 120, None)]


def test_what_failed_before_a_restart_is_the_beginning_of_the_outage_after_it() -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.see(60, BAD)
    again = restarted(told, 61, "chat")
    again.look(70)
    again.see(75, BAD, OPEN)
    assert again.story == [("up", 0, 60), ("down", 60, None)]


def test_a_good_trial_that_a_bad_one_follows_does_not_end_it() -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.see(60, BAD, OPEN)
    told.see(80, Category.OK, HALF_OPEN)
    told.see(85, BAD, OPEN)
    told.see(120, Category.OK, HALF_OPEN)
    told.see(125, Category.OK)
    assert told.story == [("up", 0, 60), ("down", 60, 120), ("up", 120, None)]


def test_throttled_and_down_are_told_apart_within_one_outage() -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.see(60, Category.THROTTLED, THROTTLED)
    told.see(100, BAD, OPEN)
    told.see(130, Category.OK)
    assert told.story == [
        ("up", 0, 60),
        ("throttled", 60, 100),
        ("down", 100, 130),
        ("up", 130, None),
    ]


@pytest.mark.parametrize(
    ("category", "mark", "cause"),
    [
        (Category.CREDENTIAL, "ours", "credential"),
        (Category.LICENCE, "ours", "licence"),
        (Category.PERMISSION, "ours", "configuration"),
        (Category.MISCONFIGURED, "ours", "configuration"),
        (Category.BLOCKED, "blocked", "blocked"),
        (Category.REQUEST_FAILED, "degraded", ""),
    ],
)
def test_what_is_not_omilias_fault_is_told_apart(category: Category, mark: str, cause: str) -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.see(60, category)
    told.see(120, Category.OK)
    assert told.story == [("up", 0, 60), (mark, 60, 120), ("up", 120, None)]
    assert told.row(Mark(mark)).cause == cause


def test_another_cause_of_ours_is_another_stretch_and_an_incident_is_noted_when_it_opens() -> None:
    told = Telling()
    told.see(0, Category.CREDENTIAL)
    told.incident = "refused"
    told.see(60, Category.CREDENTIAL)
    told.see(120, Category.LICENCE)
    assert told.story == [("ours", 0, 120), ("ours", 120, None)]
    assert [row.incident for row in told.rows.values()] == ["refused", "refused"]


def test_without_evidence_it_is_unknown_from_when_the_next_was_due() -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.see(60, Category.OK)
    told.look(200)
    assert told.story == [("up", 0, None)], "three rounds may go wrong"
    told.look(300)
    assert told.story == [("up", 0, 120), ("unknown", 120, None)]
    told.see(320, Category.OK)
    assert told.story == [("up", 0, 120), ("unknown", 120, 320), ("up", 320, None)]


def test_an_outage_that_follows_the_unknown_begins_with_its_first_bad_look() -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.look(600)
    told.see(620, BAD)
    told.see(625, BAD)
    told.see(630, BAD, OPEN)
    assert told.story == [("up", 0, 60), ("unknown", 60, 620), ("down", 620, None)]


def under(since: float, until: float) -> Cover:
    return Cover(Window("w", "upgrade", at(since), at(until)), at(since), at(until))


def test_what_slow_answers_have_tripped_does_not_reach_back_to_good_times() -> None:
    told = Telling()
    for seconds in (0, 60, 120):
        told.see(seconds, Category.OK)
    told.see(180, Category.SLOW, OPEN)
    told.see(240, Category.OK)
    assert told.story == [("up", 0, 180), ("down", 180, 240), ("up", 240, None)]


def test_maintenance_lies_beside_what_is_seen_and_ends_as_announced() -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.write(told.ledger.announce(CHAT, under(30, 90), at(35)))
    told.write(told.ledger.announce(CHAT, under(30, 90), at(50)))
    told.see(60, BAD, OPEN)
    told.write(told.ledger.announce(CHAT, None, at(97)))
    told.write(told.ledger.announce(CHAT, None, at(98)))
    assert told.wrote == 4
    assert told.story == [("up", 0, 60), ("maintenance", 30, 90), ("down", 60, None)]
    assert told.row(Mark.MAINTENANCE).reason == "upgrade"


def test_maintenance_that_is_prolonged_or_ended_early_is_written_again() -> None:
    told = Telling()
    told.write(told.ledger.announce(CHAT, under(30, 90), at(35)))
    told.write(told.ledger.announce(CHAT, under(30, 120), at(80)))
    assert told.story == [("maintenance", 30, 120)]
    told.write(told.ledger.announce(CHAT, None, at(100)))
    assert told.story == [("maintenance", 30, 100)]


def test_another_region_begins_another_stretch() -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.endpoint = replace(CHAT, region="eu1")
    told.look(10)
    told.endpoint = replace(told.endpoint, critical=False)
    told.look(20)
    assert told.story == [("up", 0, 10), ("up", 10, 20), ("up", 20, None)]
    assert [r.region for r in told.rows.values()] == ["us1", "eu1", "eu1"]


def test_what_is_no_longer_watched_ends() -> None:
    told = Telling()
    told.see(0, Category.OK)
    told.write(told.ledger.announce(CHAT, under(5, 60), at(5)))
    told.write(told.ledger.forget("chat", at(30)))
    assert told.ledger.forget("chat", at(40)) == []
    assert told.story == [("up", 0, 30), ("maintenance", 5, 30)]


# ---------------------------------------------------------------- restarts and clocks


def restarted(told: Telling, seen: float, *watched: str) -> Telling:
    """Begin anew with what was written, when the monitor was last there at `seen`."""
    again = Telling()
    again.rows, again.standing = dict(told.rows), told.standing
    open_ = [row for row in told.rows.values() if row.end is None]
    again.write(again.ledger.restore(open_, watched, at(seen)))
    return again


def test_after_a_restart_the_same_stretch_goes_on() -> None:
    told = restarted(an_outage(), 300, "chat")
    told.look(310)
    told.see(320, Category.OK)
    assert told.wrote == 0


def test_what_was_believed_but_not_yet_written_when_it_was_killed_is_made_good() -> None:
    told = Telling()
    told.see(0, Category.OK)
    before = dict(told.rows)
    told.see(60, BAD)
    told.see(65, BAD, OPEN)
    told.rows = before
    again = restarted(told, 64, "chat")
    again.look(70)
    assert again.story == [("up", 0, 60), ("down", 60, None)]


def test_what_is_no_longer_watched_after_a_restart_ended_when_it_was_last_seen() -> None:
    told = Telling()
    told.see(0, Category.OK)
    again = restarted(told, 100)
    assert again.story == [("up", 0, 100)]
    later = replace(told.row(Mark.UP), begin=at(50))
    ended = Ledger(lambda _: "").restore([later, told.row(Mark.UP)], ("chat",), at(80))
    assert [(one.begin, one.end) for one in ended] == [(at(0), at(80))]


def test_a_clock_that_is_set_back_a_little_makes_nothing_negative() -> None:
    told = Telling()
    told.see(100, Category.OK)
    told.see(90, BAD, OPEN)
    told.see(95, Category.OK)
    assert told.story == [("up", 100, None)]


def test_after_a_clock_that_is_set_back_by_far_everything_begins_anew() -> None:
    told = Telling()
    told.see(3600, Category.OK)
    told.write(told.ledger.begin_anew(at(7200), at(0)))
    told.see(60, BAD, OPEN)
    assert told.story == [("up", 0, 60), ("down", 60, None), ("up", 3600, 7200)]


STATES = [
    (Category.OK, CLOSED),
    (Category.SLOW, CLOSED),
    (BAD, CLOSED),
    (BAD, OPEN),
    (Category.OK, HALF_OPEN),
    (Category.THROTTLED, THROTTLED),
    (Category.CREDENTIAL, CLOSED),
    (Category.BLOCKED, CLOSED),
    (None, CLOSED),
]


@given(st.lists(st.tuples(st.integers(-30, 400), st.sampled_from(STATES)), max_size=30))
def test_whatever_happens_there_is_one_stretch_for_every_moment(
    steps: list[tuple[int, tuple[Category | None, Snapshot]]],
) -> None:
    """Clocks that are set back included: nothing overlaps, and nothing is negative."""
    told, now = Telling(), 0
    for step, (category, breaker) in [(0, STATES[0]), *steps]:
        now += step
        if category is None:
            told.look(now)
        else:
            told.see(now, category, breaker)
        health = health_now(told.standing, CHAT, at(now))
        open_ = [row for row in told.rows.values() if row.end is None]
        assert len(open_) == 1
        assert (open_[0].mark is Mark.DOWN) is (health is Health.DOWN)
    rows = sorted(told.rows.values(), key=lambda one: one.begin)
    assert all(one.end == other.begin for one, other in pairwise(rows))
    assert all(one.end is None or one.begin < one.end for one in rows)
    assert all(one.begin_after is None or one.begin_after <= one.begin for one in rows)
