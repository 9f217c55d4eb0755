from dataclasses import replace

import pytest

from monitor.core.breaker import Snapshot
from monitor.core.health import Health
from monitor.core.outcome import Category
from tests.core.telling import BAD, REJECTED, SHARED, Telling, rejected
from tests.examples import CLOSED, HALF_OPEN, OPEN, THROTTLED, an_endpoint


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
    slow = Snapshot(slow=True)
    assert told.see(Category.SLOW) == ()
    (opened,) = told.see(Category.SLOW, slow)
    assert opened.health is Health.DEGRADED
    assert [told.see(c, slow) for c in (Category.OK, Category.SLOW, BAD)] == [()] * 3
    (closed,) = told.see(Category.OK)
    assert not closed.is_open


def test_an_outage_that_ends_slowly_has_ended() -> None:
    told = Telling()
    told.see(BAD, OPEN)
    (closed,) = told.see(Category.SLOW)
    assert not closed.is_open


# ---------------------------------------------------------------- a credential, and who shares it


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
