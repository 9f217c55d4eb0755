from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from monitor.core.breaker import Snapshot
from monitor.core.incident import Incident
from monitor.core.outcome import Category
from monitor.core.standing import Standing, is_over
from tests.clock import START
from tests.core.telling import BAD, REJECTED, SHARED, Telling, rejected
from tests.examples import CLOSED, HALF_OPEN, OPEN, THROTTLED, an_endpoint

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


def test_who_was_well_before_the_restart_does_not_hold_up_the_end_of_an_incident() -> None:
    told = Telling(*SHARED)
    told.see(Category.OK, name="c")
    for name in "abab":
        told.see(REJECTED, name=name)
    told.restart()
    told.see(Category.OK, name="a")
    (closed,) = told.see(Category.OK, name="b")
    assert not closed.is_open


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
    known = dict[str, Incident]()
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


def test_of_two_stored_incidents_of_one_key_only_the_later_goes_on() -> None:
    told = Telling()
    (first,) = told.see(BAD, OPEN)
    later = replace(first, id="later", opened_at=first.opened_at + timedelta(hours=1))
    book = Telling().book
    assert book.restore([later, first]) == (first,)
    assert book.open_incidents() == (later,)
