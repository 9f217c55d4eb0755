"""What is held is not told, and told as soon as nothing holds it; a resolve waits for nothing."""

from dataclasses import replace
from datetime import timedelta

from alerts.alert import Alert, Severity
from alerts.message import Notification, payload
from alerts.policy import Why
from tests.alerts.kit import LOST, FakeChannel, House, alert, resolved
from tests.clock import START

A1 = alert("A", 1)
A2 = replace(alert("A", 2), severity=Severity.CRITICAL)


def held(one: Alert) -> Alert:
    return replace(one, held="maintenance: patch, until 2026-11-22 20:00 UTC")


async def test_what_is_held_is_told_when_it_is_released() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin()
    await house.say(held(A1))
    await house.wait(3600)
    assert ops.got == []
    assert house.reconciler.numbers().untold == 0, "nobody is owed what is held"
    await house.say(A1)
    assert ops.ids == ["first A.1"]


async def test_what_began_and_ended_while_it_was_held_is_never_told() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin()
    await house.say(held(A1), resolved(A1))
    await house.wait(3600)
    assert ops.got == []


async def test_a_hold_mutes_updates_and_never_the_resolve_of_what_was_told() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    await house.say(held(A1), held(A2))
    await house.wait(3600)
    assert ops.ids == ["first A.1"]
    await house.say(replace(resolved(A2), held="maintenance"))
    assert ops.ids == ["first A.1", "resolved A.3"]


async def test_an_update_that_was_held_is_told_when_it_is_released() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    await house.say(held(A1), held(A2))
    await house.say(A2)
    assert ops.ids == ["first A.1", "escalated A.2"]


async def test_a_restart_goes_on_holding_and_a_restart_without_the_hold_tells() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(held(A1))
    await house.restart(held(A1))
    assert ops.got == []
    await house.restart(A1)
    assert ops.ids == ["first A.1"]


async def test_an_attempt_whose_end_is_unknown_is_not_repeated_while_held_but_is_resolved() -> None:
    house = House(ops := FakeChannel("ops", LOST))
    await house.begin(A1)
    await house.say(held(A2))
    await house.wait(3600)
    assert ops.ids == ["first A.1"]
    await house.say(resolved(A2))
    assert ops.ids == ["first A.1", "resolved A.3"]


def test_news_that_was_held_is_late_from_when_it_might_be_told() -> None:
    now = START + timedelta(hours=2)
    late = payload(Notification(Why.FIRST, A1, now))["data"]
    assert late["late_by"] == 7200
    released = replace(A1, released_at=now - timedelta(seconds=90))
    told = payload(Notification(Why.FIRST, released, now))
    assert told["data"]["late_by"] == 90
    assert told["timestamp"] == "2026-11-22T18:00:00.000Z", "it happened when it happened"
