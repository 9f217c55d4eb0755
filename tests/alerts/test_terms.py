"""Later, only if, again: the terms on which a channel is told."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import Severity
from alerts.channels.lifecycle import Lifecycle
from alerts.moment import waits_until
from alerts.policy import NotDue, Quiet, news
from alerts.terms import LONGEST_SILENCE, Terms, reminder_after
from tests.alerts.kit import DOWN, LOST, REFUSED, FakeChannel, House, alert, resolved
from tests.clock import START

HOUR = 3600.0


def test_reminders_grow_rarer_up_to_a_day() -> None:
    terms = Terms(remind=HOUR)
    waits = [reminder_after(terms, n) / HOUR for n in range(7)]
    assert waits == [1, 2, 4, 8, 16, 24, 24]
    assert reminder_after(Terms(remind=2 * LONGEST_SILENCE), 3) == 2 * LONGEST_SILENCE


async def test_a_reminder_comes_again_and_again_under_ids_of_its_own_and_ends_with_it() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    one = replace(alert(), terms={"ops": Terms(remind=HOUR)})
    await house.begin(one)
    await house.wait(HOUR - 5)
    assert ops.ids == ["first A.1"]
    await house.wait(10)
    assert ops.ids[1:] == ["reminder A.1.r1"]
    await house.wait(2 * HOUR + 10)
    assert ops.ids[2:] == ["reminder A.1.r2"]
    await house.say(resolved(one, 4 * HOUR))
    await house.wait(20 * HOUR)
    assert ops.ids[3:] == ["resolved A.2"]


async def test_reminders_go_on_over_a_restart_where_they_were() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    one = replace(alert(), terms={"ops": Terms(remind=HOUR)})
    await house.begin(one)
    await house.wait(HOUR + 10)
    await house.restart(one)
    await house.wait(2 * HOUR - 60)
    assert ops.ids == ["first A.1", "reminder A.1.r1"]
    await house.wait(70)
    assert ops.ids[2:] == ["reminder A.1.r2"]


async def test_a_reminder_that_failed_is_tried_again_and_others_follow() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    one = replace(alert(), terms={"ops": Terms(remind=HOUR)})
    await house.begin(one)
    ops.answers = [DOWN, LOST]
    await house.wait(3.5 * HOUR)
    assert ops.ids[1:] == [*3 * ["reminder A.1.r1"], "reminder A.1.r2"]


async def test_a_reminder_that_is_refused_is_given_up_and_the_next_one_is_not() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    one = replace(alert(), terms={"ops": Terms(remind=HOUR)})
    await house.begin(one)
    ops.answers = [REFUSED, REFUSED]
    await house.wait(3.5 * HOUR)
    assert ops.ids[1:] == [*2 * ["reminder A.1.r1"], "reminder A.1.r2"]


async def test_news_begins_the_reminders_anew() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    one = replace(alert(), terms={"ops": Terms(remind=HOUR)})
    await house.begin(one)
    await house.wait(3.5 * HOUR)
    await house.say(replace(one, revision=2, severity=Severity.CRITICAL))
    await house.wait(HOUR + 1)
    assert ops.ids == [
        "first A.1",
        "reminder A.1.r1",
        "reminder A.1.r2",
        "escalated A.2",
        "reminder A.2.r1",
    ]


async def test_who_has_taken_it_is_not_reminded_until_that_ends() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    one = replace(alert(), terms={"ops": Terms(remind=HOUR)})
    await house.begin(one)
    until = START + timedelta(hours=5)
    await house.say(replace(one, acked_until=until, acked_by="ada"))
    await house.wait(4.9 * HOUR)
    assert ops.ids == ["first A.1"]
    await house.wait(0.2 * HOUR)
    assert ops.ids[1:] == ["reminder A.1.r1"]


async def test_a_later_step_is_taken_in_time_unless_somebody_has_it() -> None:
    chat, pager, boss = FakeChannel("chat"), FakeChannel("pager"), FakeChannel("boss")
    house = House(chat, pager, boss)
    steps = {
        "pager": Terms(after=300.0, unless_acked=True),
        "boss": Terms(after=1800.0, unless_acked=True),
    }
    one = replace(alert(channels=("chat", "pager", "boss")), terms=steps)
    await house.begin(one)
    assert (chat.ids, pager.ids) == (["first A.1"], [])
    await house.wait(299)
    assert pager.ids == []
    await house.wait(2)
    assert pager.ids == ["first A.1"]
    await house.say(replace(one, acked_until=START + timedelta(hours=9), acked_by="ada"))
    await house.wait(HOUR)
    assert boss.ids == []
    await house.say(resolved(one, 2 * HOUR))
    assert (chat.ids[-1], pager.ids[-1], boss.ids) == ("resolved A.2", "resolved A.2", [])


async def test_a_fallback_is_told_only_when_the_first_did_not_take_it() -> None:
    pager, mail = FakeChannel("pager"), FakeChannel("mail")
    house = House(pager, mail)
    terms = {"mail": Terms(after=120.0, unless_told="pager")}
    one = replace(alert("A", channels=("pager", "mail")), terms=terms)
    await house.begin(one)
    await house.wait(HOUR)
    assert (pager.ids, mail.ids) == (["first A.1"], [])
    await house.say(resolved(one, HOUR))
    pager.answer = DOWN
    two = replace(alert("B", channels=("pager", "mail"), started_at=house.clock.now()), terms=terms)
    await house.say(two)
    await house.wait(119)
    assert mail.ids == []
    await house.wait(2)
    assert mail.ids == ["first B.1"]


async def test_terms_that_change_count_at_once() -> None:
    pager = FakeChannel("pager")
    house = House(pager)
    one = replace(alert(channels=("pager",)), terms={"pager": Terms(after=HOUR)})
    await house.begin(one)
    assert pager.ids == []
    await house.say(replace(one, terms={}))
    assert pager.ids == ["first A.1"]


def test_a_silence_says_when_to_look_again() -> None:
    one = replace(alert(), terms={"ops": Terms(after=60.0)})
    found = news(None, one, None, channel="ops", now=START)
    assert found == NotDue(Quiet.LATER, START + timedelta(seconds=60))


AGO = [
    # seconds since, the wait, what is left
    (0, 60, 60),
    (59, 60, 1),
    (60, 60, None),
    (-60, 60, 120),
    (-61, 60, None),
    (0, 0, None),
]


@pytest.mark.parametrize(("ago", "wait", "left"), AGO)
def test_a_clock_that_is_set_back_makes_no_wait_more_than_twice_as_long(
    ago: float, wait: float, left: float | None
) -> None:
    until = waits_until(START - timedelta(seconds=ago), wait, START)
    assert until == (None if left is None else START + timedelta(seconds=left))


async def test_steps_reminders_and_levels_outlive_a_clock_that_is_set_back_by_a_day() -> None:
    ops, pager, am = FakeChannel("ops"), FakeChannel("pager"), FakeChannel("am")
    am.lifecycle = Lifecycle(level=True)
    house = House(ops, pager, am)
    terms = {"ops": Terms(remind=HOUR), "pager": Terms(after=300.0)}
    await house.begin(replace(alert(channels=("ops", "pager", "am")), terms=terms))
    house.clock.step(-24 * HOUR)
    await house.wait(61)
    assert (ops.ids[1:], pager.ids) == (["reminder A.1.r1"], ["first A.1"])
    assert am.ids[1:] == ["resent A.1.r1"]


def test_a_step_waits_after_a_release_though_the_clock_was_set_back_before() -> None:
    terms = {"ops": Terms(after=300.0)}
    now = START - timedelta(days=1)
    one = replace(alert(), terms=terms, released_at=now)
    assert news(None, one, None, channel="ops", now=now).why is Quiet.LATER
