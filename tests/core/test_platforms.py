"""Most of a region together: the threshold, who is asked, what is awaited, and a model of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from monitor.core.breaker import Sample, Snapshot
from monitor.core.endpoint import Endpoint, Request
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity
from monitor.core.incident_book import IncidentBook
from monitor.core.outcome import About, Category
from monitor.core.standing import Standing, advance
from monitor.core.together import (
    AWAITED,
    Together,
    key_of,
    members_of,
    to_ask,
    trouble_together,
    worse,
)
from tests.clock import START
from tests.examples import CLOSED, OPEN, THROTTLED, a_standing, an_endpoint, an_outcome

POLICY = Together()


@pytest.mark.parametrize(
    ("members", "enough"), [(0, 3), (3, 3), (4, 3), (5, 3), (6, 4), (9, 5), (10, 6), (100, 51)]
)
def test_most_is_more_than_the_share_and_never_less_than_a_few(members: int, enough: int) -> None:
    assert POLICY.enough(members) == enough


def test_all_can_be_asked_for() -> None:
    assert Together(share=1.0).enough(5) == 6, "more than all of them: never"


@dataclass(frozen=True)
class One:
    endpoint: Endpoint
    standing: Standing


def one(
    name: str = "a",
    category: Category = Category.OK,
    *,
    breaker: Snapshot = CLOSED,
    ago: float = 30.0,
    streak: int = 1,
    change: Callable[[Endpoint], Endpoint] = lambda endpoint: endpoint,
) -> One:
    endpoint = change(an_endpoint(name))
    at = START - timedelta(seconds=ago)
    return One(endpoint, a_standing(category, breaker, endpoint=endpoint, at=at, streak=streak))


def in_region(region: str) -> Callable[[Endpoint], Endpoint]:
    return lambda endpoint: replace(endpoint, region=region)


def application(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, about=About.APPLICATION)


class Conversation(Request):
    """More than a plain read."""


def talking(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, request=Conversation("wss://omilia.example/chat"))


def posting(endpoint: Endpoint) -> Endpoint:
    return replace(endpoint, request=Request("https://omilia.example/chat", method="POST"))


@pytest.mark.parametrize(
    ("other", "counts"),
    [
        (one(), True),
        (one(category=Category.SERVER_ERROR, breaker=OPEN), True),
        (one(category=Category.THROTTLED, breaker=THROTTLED), True),
        (one(category=Category.BLOCKED), False),
        (one(category=Category.CREDENTIAL), False),
        (One(an_endpoint("new"), Standing("new")), False),
        (one(change=application), False),
        (one(change=in_region("us1")), False),
    ],
)
def test_only_what_says_something_about_this_platform_counts(other: One, counts: bool) -> None:
    assert members_of(key_of(""), [other]) == ([other] if counts else [])


# ---------------------------------------------------------------- who is asked


@pytest.mark.parametrize(
    ("other", "is_asked"),
    [
        (one(), True),
        (one("failing"), False),  # the one that fails
        (one(ago=0), False),  # it has just shown how it is
        (one(category=Category.SERVER_ERROR, breaker=OPEN), False),
        (one(category=Category.CREDENTIAL, streak=2), False),
        (one(change=posting), False),
        (one(change=talking), False),
        (one(change=application), False),
        (one(change=in_region("us1")), False),
    ],
)
def test_others_are_asked_that_can_tell_something_new(other: One, is_asked: bool) -> None:
    asked = to_ask(an_endpoint("failing"), START, [other], POLICY)
    assert asked == ([other] if is_asked else [])


def test_a_few_are_asked_the_critical_ones_first() -> None:
    minor = [one(name, change=lambda e: replace(e, critical=False)) for name in "ab"]
    major = [one(name) for name in "cd"]
    asked = to_ask(an_endpoint("failing"), START, minor + major, POLICY)
    assert [each.endpoint.id for each in asked] == ["c", "d", "a"]


def test_nobody_is_asked_when_enough_are_known_to_fail() -> None:
    failing = [one(name, Category.SERVER_ERROR) for name in "abc"]
    healthy = [one("d"), one("e")]
    # Their health is still what it was: the breaker has not tripped.
    known = [replace(o, standing=replace(o.standing, health=Health.OPERATIONAL)) for o in failing]
    assert to_ask(an_endpoint("failing"), START, known + healthy, POLICY) == []
    assert len(to_ask(an_endpoint("failing"), START, known[:2] + healthy, POLICY)) == 2


# ---------------------------------------------------------------- in words


def fallen(
    name: str,
    category: Category = Category.SERVER_ERROR,
    status: int | None = 503,
    severity: Severity = Severity.CRITICAL,
    health: Health = Health.DOWN,
) -> Incident:
    return Incident(
        *(f"id-{name}", name, name, "default", "default"),
        opened_at=START,
        revision=1,
        severity=severity,
        health=health,
        category=category,
        reason="3 failures in a row",
        http_status=status,
        samples=(Sample(START, category, status, f"HTTP {status}"),),
    )


def test_it_is_as_bad_as_its_worst_and_of_the_commonest_kind() -> None:
    parts = [
        fallen("a", Category.UNREACHABLE, None, Severity.ERROR),
        fallen("b", severity=Severity.ERROR),
        fallen("c", Category.THROTTLED, 429, Severity.WARNING, Health.THROTTLED),
        *(fallen(name) for name in "defg"),
    ]
    trouble = trouble_together("platform:us1", parts, 9)
    assert (trouble.severity, trouble.health) == (Severity.CRITICAL, Health.DOWN)
    assert (trouble.category, trouble.http_status) == (Category.SERVER_ERROR, 503)
    assert trouble.reason == (
        "7 of 9 endpoints: a, b, c, d, e and 2 more; HTTP 503 (5), unreachable (1), HTTP 429 (1)"
    )
    assert len(trouble.samples) == 5


def test_it_never_looks_better_before_it_is_over() -> None:
    throttled = fallen("c", Category.THROTTLED, 429, Severity.WARNING, Health.THROTTLED)
    milder = trouble_together("platform:us1", [throttled], 9)
    assert (milder.severity, milder.health) == (Severity.WARNING, Health.THROTTLED)
    kept = worse(milder, fallen("a"))
    assert (kept.severity, kept.health) == (Severity.CRITICAL, Health.DOWN)


# ---------------------------------------------------------------- what is awaited


def awaits(incident: Incident, *others: One, after: float = 0.0) -> bool:
    book = IncidentBook("default")
    own = one(incident.key, Category.SERVER_ERROR, breaker=OPEN)
    book.restore([incident])
    watched = [own, *others]
    return book.platforms.awaits(incident, watched, START + timedelta(seconds=after))


def failing(name: str) -> One:
    seen = one(name, Category.SERVER_ERROR, ago=0)
    return replace(seen, standing=replace(seen.standing, health=Health.OPERATIONAL))


def of(samples: int) -> Incident:
    return replace(fallen("chat"), samples=fallen("chat").samples * samples)


@pytest.mark.parametrize(
    ("incident", "others", "after", "held"),
    [
        (of(3), [failing("a"), failing("b")], 0, True),
        (of(3), [failing("a"), failing("b")], AWAITED - 1, True),
        (of(3), [failing("a"), failing("b")], AWAITED, False),  # not for ever
        (of(3), [failing("a"), one("b")], 0, False),  # two of three are not three
        (of(3), [one("a"), one("b")], 0, False),
        (of(1), [one("a"), one("b")], 0, True),  # it fell at once: they are being asked
        (of(1), [one("a"), one("b")], 3, False),
        (replace(of(1), health=Health.THROTTLED), [one("a"), one("b")], 0, False),  # nobody is
        (of(1), [one("a", ago=0), one("b", ago=0)], 0, False),  # they have answered
        (replace(of(3), parent="other"), [failing("a"), failing("b")], 0, False),
        (replace(of(3), health=Health.BLOCKED), [failing("a"), failing("b")], 0, False),
    ],
)
def test_an_incident_waits_while_others_may_be_down_too(
    incident: Incident, others: list[One], after: float, held: bool
) -> None:
    assert awaits(incident, *others, after=after) is held


def test_what_nobody_watches_any_more_waits_for_nothing() -> None:
    book = IncidentBook("default")
    assert not book.platforms.awaits(of(3), [failing("a"), failing("b"), failing("c")], START)


# ---------------------------------------------------------------- the model

NAMES = ("a", "b", "c", "d", "e", "f")
ENDPOINTS: Mapping[str, Endpoint] = {
    name: an_endpoint(name, critical=name in "abcd") for name in NAMES
}


class Region(RuleBasedStateMachine):
    """Endpoints of one region that fail and recover as they like, and a monitor that restarts.

    `published` is what followed from what the book returned, and nothing else.
    """

    @initialize()
    def begin(self) -> None:
        self.now: datetime = START
        self._new_book()
        self.published: dict[str, Incident] = {}
        self.standings = {name: Standing(name) for name in NAMES}
        for name in NAMES:
            self._see(name, Category.OK, CLOSED)

    def _new_book(self) -> None:
        self.book = IncidentBook("default")
        self.book.flaps.policy = None  # what flaps has a model of its own

    def _see(self, name: str, category: Category, breaker: Snapshot) -> None:
        self.now += timedelta(seconds=1)
        outcome = an_outcome(category, endpoint=name, at=self.now)
        standing = advance(self.standings[name], outcome, breaker, ENDPOINTS[name])
        self.standings[name] = standing
        self._publish(self.book.settle(standing, ENDPOINTS[name], self.now, self._watched()))

    def _watched(self) -> list[One]:
        return [One(ENDPOINTS[name], self.standings[name]) for name in NAMES]

    def _publish(self, changed: tuple[Incident, ...]) -> None:
        assert len({one.id for one in changed}) == len(changed), "each as it is now"
        for incident in changed:
            self.published[incident.id] = incident
            if not incident.is_open:
                del self.published[incident.id]

    @rule(name=st.sampled_from(NAMES))
    def falls(self, name: str) -> None:
        self._see(name, Category.SERVER_ERROR, replace(OPEN, trips=1))

    @rule(names=st.sets(st.sampled_from(NAMES), min_size=3))
    def fall_together(self, names: set[str]) -> None:
        for name in sorted(names):
            self.falls(name)

    @rule(names=st.sets(st.sampled_from(NAMES), min_size=3))
    def work_again(self, names: set[str]) -> None:
        for name in sorted(names):
            self.works(name)

    @rule(name=st.sampled_from(NAMES))
    def is_throttled(self, name: str) -> None:
        self._see(name, Category.THROTTLED, THROTTLED)

    @rule(name=st.sampled_from(NAMES))
    def works(self, name: str) -> None:
        self._see(name, Category.OK, CLOSED)

    @rule(name=st.sampled_from(NAMES))
    def refuses(self, name: str) -> None:
        for _ in range(2):
            self._see(name, Category.PERMISSION, CLOSED)

    @rule(seconds=st.sampled_from([30.0, 121.0, 3600.0]))
    def time_passes(self, seconds: float) -> None:
        for _ in range(2):
            self.now += timedelta(seconds=seconds)
            self._publish(self.book.platforms.review(self._watched(), self.now))

    @rule()
    def restarts(self) -> None:
        self._new_book()
        assert self.book.restore(self.published.values()) == ()
        for name in NAMES:
            self.book.rejoin(self.standings[name], ENDPOINTS[name])
        self._publish(self.book.close_abandoned(self.now))
        self._publish(self.book.platforms.review(self._watched(), self.now))

    @invariant()
    def what_was_published_is_what_is(self) -> None:
        assert self.published == {one.id: one for one in self.book.open_incidents()}

    @invariant()
    def everything_that_is_down_is_told_alone_or_by_what_it_is_part_of(self) -> None:
        by_key = {one.key: one for one in self.published.values()}
        for name in NAMES:
            if self.standings[name].health in (Health.DOWN, Health.THROTTLED):
                own = by_key[name]
                assert not own.parent or self.published[own.parent].key == key_of("")

    @invariant()
    def a_platform_lives_as_long_as_its_parts(self) -> None:
        parents = [one for one in self.published.values() if one.key == key_of("")]
        parts = [one for one in self.published.values() if one.parent]
        assert bool(parents) == bool(parts)
        for parent in parents:
            assert {one.id for one in parts} <= set(parent.children)

    @invariant()
    def most_that_fell_just_now_are_one(self) -> None:
        members = members_of(key_of(""), self._watched())
        fresh = [
            one
            for one in self.published.values()
            if one.key in NAMES
            and one.health in (Health.DOWN, Health.THROTTLED)
            and any(member.endpoint.id == one.key for member in members)
            and self.now - one.opened_at <= timedelta(seconds=POLICY.within)
        ]
        alone = [one for one in fresh if not one.parent]
        assert len(alone) < POLICY.enough(len(members))


TestRegion = Region.TestCase
TestRegion.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
