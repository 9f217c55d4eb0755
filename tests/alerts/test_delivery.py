"""Whole stories, told to channels that keep their own mind. The clock moves when told."""

import asyncio
from datetime import timedelta

import pytest

from alerts.alert import Severity
from alerts.attempt import TOLD, Attempt
from tests.alerts.kit import (
    DENIED,
    DOWN,
    GONE,
    LOST,
    REFUSED,
    FakeChannel,
    House,
    alert,
    resolved,
    throttled,
)
from tests.clock import START

DAY = 86_400.0
A1 = alert("A", 1)
A2 = resolved(A1)


async def test_an_incident_is_told_once_and_resolved_once() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    await house.say(A1, A1)
    await house.wait(3600)
    await house.say(A2, A2)
    await house.wait(3600)
    assert ops.ids == ["first A.1", "resolved A.2"]


async def test_nothing_is_told_before_everything_that_stands_has_been_said() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.reconciler.load()
    await house.say(A1)
    assert ops.got == []
    house.reconciler.ready()
    await house.reconciler.round()
    assert ops.ids == ["first A.1"]


async def test_nothing_is_told_twice_over_restarts() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    await house.restart(A1)
    await house.restart(A1)
    assert ops.ids == ["first A.1"]
    await house.restart(A2)
    await house.restart()
    assert ops.ids == ["first A.1", "resolved A.2"]


@pytest.mark.parametrize("trouble", [DOWN, DENIED, throttled(5), throttled(None)])
async def test_a_receiver_that_was_down_for_the_whole_outage_hears_nothing(
    trouble: Attempt,
) -> None:
    house = House(ops := FakeChannel("ops", trouble))
    await house.begin(A1)
    await house.wait(1800)
    await house.restart(A1)
    await house.say(A2)
    await house.wait(60)
    ops.answer, ops.got = TOLD, []
    await house.wait(DAY)
    await house.restart()
    assert ops.got == []


@pytest.mark.parametrize("trouble", [DOWN, LOST, DENIED, throttled(3000), throttled(None)])
async def test_who_was_told_of_the_problem_is_told_of_its_end_however_long_it_was_away(
    trouble: Attempt,
) -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    ops.answer = trouble
    await house.say(A2)
    for _ in range(3):
        await house.wait(DAY)
        assert house.reconciler.owed_incident_ids() == {"A"}
        await house.restart(A2)
    ops.answer, ops.got = TOLD, []
    await house.wait(3600)
    assert ops.ids == ["resolved A.2"]
    assert ops.got[0].age == pytest.approx(3 * DAY, rel=0.05)
    assert house.reconciler.owed_incident_ids() == set()


async def test_a_trigger_that_may_have_arrived_is_resolved_even_after_a_restart() -> None:
    house = House(ops := FakeChannel("ops", LOST))
    await house.begin(A1)
    await house.restart(A2)
    ops.answer, ops.got = TOLD, []
    await house.wait(600)
    assert ops.ids == ["resolved A.2"]


async def test_a_crash_in_the_middle_of_a_send_counts_as_told() -> None:
    house = House(ops := FakeChannel("ops"))
    ops.hangs = asyncio.Event()
    begun = asyncio.create_task(house.begin(A1))
    await ops.began.wait()
    for task in asyncio.all_tasks() - {asyncio.current_task()}:
        task.cancel()
    await asyncio.gather(begun, return_exceptions=True)
    ops.hangs, ops.got = None, []
    await house.restart()
    assert house.shelf.entries["ops", "chat"].incident_id == "A"
    assert ops.ids == ["resolved A.2"]
    assert ops.got[0].alert.reason == "it is over; how it ended is no longer known"


async def test_retries_keep_the_id_and_render_what_is_true_then() -> None:
    house = House(ops := FakeChannel("ops", LOST))
    await house.begin(A1)
    await house.wait(40)
    assert len(ops.got) > 2
    assert {one.id for one in ops.got} == {"A.1"}
    assert ops.got[-1].now > ops.got[0].now


async def test_a_channel_that_comes_back_says_one_true_thing_per_key() -> None:
    house = House(ops := FakeChannel("ops", DOWN))
    await house.begin()
    for n in range(30):
        for key in ("chat", "voice"):
            began = START + timedelta(seconds=n * 600)
            one = alert(f"{key}-{n}", key=key, started_at=began)
            await house.say(one)
            await house.wait(300)
            if n < 29:
                await house.say(resolved(one))
    ops.answer, ops.got = TOLD, []
    await house.wait(600)
    assert sorted(ops.ids) == ["first chat-29.1", "first voice-29.1"]


async def test_another_incident_on_the_same_key_waits_for_the_resolve_of_the_first() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    ops.answer = DOWN
    later = alert("B", started_at=START + timedelta(hours=1))
    await house.say(A2, later)
    ops.answer, ops.got = TOLD, []
    await house.wait(600)
    assert ops.ids == ["resolved A.2", "first B.1"]


async def test_worse_and_other_news_have_their_names() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    await house.say(alert("A", 2, severity=Severity.CRITICAL))
    await house.say(alert("A", 3, severity=Severity.WARNING))
    assert ops.ids == ["first A.1", "escalated A.2", "updated A.3"]


async def test_an_escalation_that_failed_is_still_an_escalation() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    ops.answers = [DOWN]
    worse = alert("A", 2, severity=Severity.CRITICAL)
    await house.say(worse)
    await house.restart(worse)
    await house.wait(10)
    assert ops.ids == ["first A.1", "escalated A.2", "escalated A.2"]


async def test_a_refused_message_is_tried_once_more_in_plain_words_then_given_up() -> None:
    house = House(ops := FakeChannel("ops", REFUSED))
    await house.begin(A1)
    await house.wait(3600)
    assert [one.plain for one in ops.got] == [False, True]
    assert house.reconciler.numbers().given_up == {"ops": 1}
    assert house.reconciler.numbers().untold == 0
    ops.answer = TOLD
    await house.say(A2)
    assert len(ops.got) == 2, "a refused trigger was never told, so its end is no news"


async def test_the_plain_message_may_be_what_it_takes() -> None:
    house = House(ops := FakeChannel("ops"))
    ops.answers = [REFUSED]
    await house.begin(A1)
    assert [one.plain for one in ops.got] == [False, True]
    await house.say(A2)
    assert ops.ids[-1] == "resolved A.2"
    assert not ops.got[-1].plain


async def test_what_is_over_and_told_is_forgotten() -> None:
    house = House(FakeChannel("ops"), FakeChannel("mail"))
    await house.begin()
    for n in range(50):
        one = alert(f"A{n}", key=f"k{n}", channels=["ops", "mail", "nowhere"])
        await house.say(one)
        await house.say(resolved(one))
        nobody = alert(f"B{n}", key=f"n{n}", channels=[])
        await house.say(nobody)
        await house.say(resolved(nobody))
    assert house.reconciler._standing.all() == []


async def test_what_is_over_before_a_dead_channel_heard_of_it_is_forgotten() -> None:
    house = House(FakeChannel("ops", GONE))
    await house.begin()
    for n in range(50):
        one = alert(f"A{n}", key=f"k{n}")
        await house.say(one)
        await house.say(resolved(one))
    assert house.reconciler._standing.all() == []


async def test_news_of_an_old_incident_changes_nothing() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(alert("B", started_at=START + timedelta(hours=1)))
    await house.say(A1, alert("B", 0, started_at=START + timedelta(hours=1)))
    assert ops.ids == ["first B.1"]
    assert len(house.reconciler._standing.all()) == 1


async def test_a_channel_that_is_addressed_later_hears_of_what_goes_on() -> None:
    house = House(FakeChannel("ops"), mail := FakeChannel("mail"))
    await house.begin(A1)
    await house.say(alert("A", 1, channels=["ops", "mail"]))
    assert mail.ids == ["first A.1"]


async def test_a_channel_that_is_no_longer_addressed_hears_the_end() -> None:
    house = House(ops := FakeChannel("ops"), FakeChannel("mail"))
    await house.begin(A1)
    moved = alert("A", 2, channels=["mail"])
    await house.say(moved)
    await house.say(resolved(moved))
    assert ops.ids == ["first A.1", "resolved A.3"]


async def test_an_incident_that_began_before_the_last_one_by_the_clock_is_told_all_the_same() -> (
    None
):
    """The clock was set back, and the channel has not heard yet that the first one is over."""
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    ops.answers = [DOWN]
    await house.say(A2)
    await house.say(alert("B", started_at=START - timedelta(hours=1)))
    await house.wait(60)
    assert ops.ids == ["first A.1", "resolved A.2", "resolved A.2", "first B.1"]


async def test_the_same_incident_once_more_is_a_new_story() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    await house.say(A2)
    ops.answers = [LOST]
    again = alert("A", 3, at=START + timedelta(hours=1))
    await house.say(again)
    await house.restart(resolved(again))
    await house.wait(60)
    assert ops.ids == ["first A.1", "resolved A.2", "first A.3", "resolved A.4"]
