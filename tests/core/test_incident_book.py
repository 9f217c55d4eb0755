from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.breaker import Snapshot
from monitor.core.endpoint import Endpoint
from monitor.core.health import Health
from monitor.core.incident import Incident, is_over
from monitor.core.incident_book import IncidentBook
from monitor.core.outcome import Category
from monitor.core.standing import Standing, advance
from tests.clock import START, FakeClock
from tests.examples import CLOSED, HALF_OPEN, OPEN, THROTTLED, an_endpoint, an_outcome

BAD = Category.SERVER_ERROR
REJECTED = Category.CREDENTIAL


class Telling:
    """A book and the endpoints that are told into it, one outcome a second."""

    def __init__(self, *endpoints: Endpoint) -> None:
        self.clock = FakeClock()
        self.book = IncidentBook("default")
        self.endpoints = {endpoint.id: endpoint for endpoint in endpoints or (an_endpoint(),)}
        self.standings = {name: Standing(name) for name in self.endpoints}

    def see(
        self, category: Category, breaker: Snapshot = CLOSED, name: str = "chat"
    ) -> tuple[Incident, ...]:
        now = self.clock.advance(1).wall
        outcome = an_outcome(category, endpoint=name, at=now)
        standing = advance(self.standings[name], outcome, breaker, self.endpoints[name])
        self.standings[name] = standing
        return self.book.settle(standing, self.endpoints[name], now)

    def restart(self, without: Iterable[str] = ()) -> tuple[Incident, ...]:
        """Begin anew from what was stored; return what was closed because it was abandoned."""
        saved, self.book = self.book.open_incidents(), IncidentBook("default")
        self.book.restore(saved)
        for name in without:
            del self.endpoints[name], self.standings[name]
        for name, endpoint in self.endpoints.items():
            self.book.rejoin(self.standings[name], endpoint)
        return self.book.close_abandoned(self.clock.advance(1).wall)

    @property
    def open(self) -> list[str]:
        return [incident.key for incident in self.book.open_incidents()]


def test_a_calm_endpoint_writes_nothing_into_the_book() -> None:
    told = Telling()
    assert [told.see(Category.OK) for _ in range(3)] == [(), (), ()]
    assert told.open == []


def test_trip_retrips_and_reset_are_one_incident() -> None:
    told = Telling()
    told.see(BAD)
    told.see(BAD)
    (opened,) = told.see(BAD, OPEN)
    (retripped,) = told.see(BAD, replace(OPEN, trips=2))
    assert told.see(Category.OK, HALF_OPEN) == ()
    (closed,) = told.see(Category.OK)
    assert opened.id == retripped.id == closed.id
    assert [i.revision for i in (opened, retripped, closed)] == [1, 1, 2]
    assert closed.closed_because == "answers as expected"
    assert told.open == []


def test_throttled_then_down_is_one_incident_with_a_higher_revision() -> None:
    told = Telling()
    (throttled,) = told.see(Category.THROTTLED, THROTTLED)
    (down,) = told.see(BAD, replace(OPEN, trips=2))
    assert down.id == throttled.id
    assert (throttled.health, down.health) == (Health.THROTTLED, Health.DOWN)
    assert (throttled.revision, down.revision) == (1, 2)


def test_a_refusal_must_be_confirmed() -> None:
    told = Telling()
    assert told.see(Category.PERMISSION) == ()
    assert told.see(Category.OK) == ()
    assert told.see(Category.PERMISSION) == ()
    (opened,) = told.see(Category.PERMISSION)
    assert opened.category is Category.PERMISSION
    (closed,) = told.see(Category.OK)
    assert closed.id == opened.id


def test_a_refusal_then_an_outage_of_the_same_endpoint_is_one_incident() -> None:
    told = Telling()
    told.see(Category.MISCONFIGURED)
    (refused,) = told.see(Category.MISCONFIGURED)
    assert told.see(BAD) == ()
    (down,) = told.see(BAD, OPEN)
    assert (down.id, down.revision) == (refused.id, 2)
    assert (down.health, down.category) == (Health.DOWN, Category.SERVER_ERROR)
    (closed,) = told.see(Category.OK)
    assert (closed.id, closed.revision) == (refused.id, 3)


@pytest.mark.parametrize("breaker", [CLOSED, OPEN])
def test_what_is_blocked_opens_nothing(breaker: Snapshot) -> None:
    told = Telling()
    assert [told.see(Category.BLOCKED, breaker) for _ in range(5)] == [()] * 5


def test_what_is_blocked_closes_nothing() -> None:
    told = Telling()
    told.see(BAD, OPEN)
    assert told.see(Category.BLOCKED) == ()
    assert told.open == ["chat"]


def test_neither_a_refusal_nor_a_first_failure_proves_that_an_outage_is_over() -> None:
    told = Telling()
    told.see(BAD, OPEN)
    assert told.see(Category.CREDENTIAL) == ()
    assert told.see(BAD) == ()
    assert told.open == ["chat"]


def test_slowness_opens_when_it_lasts_and_closes_when_it_ends() -> None:
    told = Telling()
    assert [told.see(Category.SLOW) for _ in range(2)] == [(), ()]
    (opened,) = told.see(Category.SLOW)
    assert opened.health is Health.DEGRADED
    assert told.see(Category.SLOW) == ()
    (closed,) = told.see(Category.OK)
    assert not closed.is_open


def test_an_outage_that_ends_slowly_has_ended() -> None:
    told = Telling()
    told.see(BAD, OPEN)
    (closed,) = told.see(Category.SLOW)
    assert not closed.is_open


# ---------------------------------------------------------------- a credential, and who shares it

SHARED = tuple(an_endpoint(name, credential="pat") for name in ("a", "b", "c"))


def rejected() -> Telling:
    """Three endpoints that found their one credential rejected, `a` first."""
    told = Telling(*SHARED)
    for _ in range(2):
        for name in "abc":
            told.see(REJECTED, name=name)
    return told


def test_a_shared_credential_is_one_incident_however_many_find_it_rejected() -> None:
    told = Telling(*SHARED)
    changed = [told.see(REJECTED, name=name) for _ in range(3) for name in "abc"]
    (opened,) = [incident for changes in changed for incident in changes]
    assert (opened.key, opened.endpoint, opened.revision) == ("credential:pat", "a", 1)


def test_it_closes_when_the_last_of_them_recovers() -> None:
    told = rejected()
    assert told.see(Category.OK, name="a") == ()
    assert told.see(Category.OK, name="c") == ()
    (closed,) = told.see(Category.OK, name="b")
    assert (closed.key, closed.is_open) == ("credential:pat", False)


def test_one_of_them_that_goes_down_has_an_incident_of_its_own() -> None:
    told = rejected()
    (down,) = told.see(BAD, OPEN, name="b")
    assert (down.key, told.open) == ("b", ["credential:pat", "b"])
    told.see(Category.OK, name="a")
    told.see(Category.OK, name="c")
    assert told.open == ["b"]


def test_the_last_of_them_that_goes_down_closes_it_and_says_why() -> None:
    told = Telling(an_endpoint(credential="pat"))
    told.see(REJECTED)
    told.see(REJECTED)
    closed, opened = told.see(BAD, OPEN)
    assert (closed.key, closed.is_open, closed.closed_because) == (
        "credential:pat",
        False,
        OPEN.reason,
    )
    assert (opened.key, opened.is_open) == ("chat", True)


def test_another_credential_is_another_incident() -> None:
    told = Telling(an_endpoint("a", credential="pat"), an_endpoint("b", credential="chat"))
    for name in "aabb":
        told.see(REJECTED, name=name)
    assert told.open == ["credential:pat", "credential:chat"]


# ---------------------------------------------------------------- what is no longer watched


def test_an_endpoint_that_is_forgotten_closes_its_incident() -> None:
    told = Telling()
    told.see(BAD, OPEN)
    (closed,) = told.book.forget("chat", START)
    assert (closed.is_open, closed.closed_because) == (False, "no longer watched")
    assert told.book.forget("chat", START) == ()


def test_forgetting_one_of_several_closes_nothing() -> None:
    told = rejected()
    assert told.book.forget("a", START) == ()
    assert told.see(Category.OK, name="b") == ()
    (closed,) = told.see(Category.OK, name="c")
    assert not closed.is_open


# ---------------------------------------------------------------- restarts


def test_an_incident_goes_on_over_a_restart_and_closes_once() -> None:
    told = Telling()
    (opened,) = told.see(BAD, OPEN)
    assert told.restart() == ()
    assert told.see(BAD, OPEN) == ()
    (closed,) = told.see(Category.OK)
    assert (closed.id, closed.revision) == (opened.id, 2)


def test_an_incident_goes_on_when_the_last_thing_before_the_restart_was_a_block() -> None:
    told = Telling()
    told.see(BAD, OPEN)
    told.see(Category.BLOCKED, OPEN)
    assert told.restart() == ()
    assert told.open == ["chat"]


def test_all_who_share_a_credential_are_in_its_incident_again_after_a_restart() -> None:
    told = rejected()
    assert told.restart() == ()
    assert told.see(Category.OK, name="a") == ()
    assert told.see(Category.OK, name="b") == ()
    assert len(told.see(Category.OK, name="c")) == 1


def test_the_first_finder_of_a_rejected_credential_may_have_left_before_the_restart() -> None:
    """Both incidents name `a`; it must be counted in one of them only."""
    told = rejected()
    told.see(BAD, OPEN, name="a")
    assert told.restart() == ()
    assert sorted(told.open) == ["a", "credential:pat"]
    told.see(Category.OK, name="b")
    told.see(Category.OK, name="c")
    assert told.open == ["a"]
    told.see(Category.OK, name="a")
    assert told.open == []


def test_the_first_finder_may_be_gone_after_the_restart() -> None:
    told = rejected()
    assert told.restart(without="a") == ()
    told.see(Category.OK, name="b")
    (closed,) = told.see(Category.OK, name="c")
    assert closed.key == "credential:pat"


def test_an_incident_whose_endpoint_is_gone_after_the_restart_is_closed() -> None:
    told = Telling(an_endpoint("a"), an_endpoint("b"))
    told.see(BAD, OPEN, name="a")
    told.see(BAD, OPEN, name="b")
    (closed,) = told.restart(without="a")
    assert (closed.key, closed.closed_because) == ("a", "no longer watched")
    assert told.open == ["b"]


def test_an_endpoint_that_was_never_probed_is_in_no_incident() -> None:
    told = Telling(*SHARED)
    told.see(REJECTED, name="a")
    told.see(REJECTED, name="a")
    told.restart()
    (closed,) = told.see(Category.OK, name="a")
    assert not closed.is_open


# ---------------------------------------------------------------- laws

WORLD = (*SHARED, an_endpoint("d"))
BREAKERS = (
    CLOSED,
    OPEN,
    THROTTLED,
    HALF_OPEN,
    replace(OPEN, trips=2),
    replace(THROTTLED, trips=3),
)
STEPS = st.lists(
    st.tuples(
        st.sampled_from([endpoint.id for endpoint in WORLD]),
        st.sampled_from([*Category, "forget", "restart"]),
        st.sampled_from(BREAKERS),
    ),
    max_size=60,
)


@given(STEPS)
def test_the_book_never_contradicts_itself(steps: list[tuple[str, str, Snapshot]]) -> None:
    told = Telling(*WORLD)
    known: dict[str, Incident] = {}
    for name, what, breaker in steps:
        if what == "restart":
            before = told.book.open_incidents()
            assert told.restart() == ()
            assert told.book.open_incidents() == before
            changed: tuple[Incident, ...] = ()
        elif what == "forget":
            changed = told.book.forget(name, told.clock.advance(1).wall)
            told.standings[name] = Standing(name)
        else:
            changed = told.see(Category(what), breaker, name)
        for incident in changed:
            last = known.get(incident.id)
            if last is None:
                assert incident.revision == 1
            else:
                assert last.is_open, "a closed incident came back"
                assert incident.revision - last.revision in (0, 1)
                assert incident != last
                told_again = (incident.health, incident.severity, incident.is_open)
                is_news = told_again != (last.health, last.severity, last.is_open)
                assert is_news == (incident.revision > last.revision)
            known[incident.id] = incident
        going_on = {i.key: i for i in told.book.open_incidents()}
        assert len(going_on) == len(told.book.open_incidents()), "two open incidents of one key"
        assert set(going_on.values()) == {i for i in known.values() if i.is_open}


@given(STEPS)
def test_when_all_recover_the_book_is_empty(steps: list[tuple[str, str, Snapshot]]) -> None:
    told = Telling(*WORLD)
    for name, what, breaker in steps:
        if what not in ("restart", "forget"):
            told.see(Category(what), breaker, name)
    told.clock.advance(timedelta(hours=1).total_seconds())
    for endpoint in WORLD:
        told.see(Category.OK, name=endpoint.id)
        assert is_over(told.standings[endpoint.id])
    assert told.open == []
