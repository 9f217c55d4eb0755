"""What people order about deliveries: retry and drop. What was told stays told all the same."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace

import pytest

from alerts.alert import Alert, Severity, Status
from alerts.attempt import TOLD, Attempt
from alerts.channel_state import Condition
from alerts.channels.lifecycle import Lifecycle
from alerts.orders import Dropped
from alerts.overview import BEING_TOLD, LaneNow
from alerts.policy import Quiet, Why
from alerts.terms import Terms
from tests.alerts.kit import (
    DENIED,
    DOWN,
    GONE,
    LOST,
    FakeChannel,
    House,
    alert,
    resolved,
    throttled,
)


def lane(house: House, channel: str = "ops", key: str = "chat") -> LaneNow:
    return house.reconciler.overview.lane(channel, key)


async def drop(house: House, channel: str = "ops", key: str = "chat") -> Dropped:
    done = await house.reconciler.orders.drop(channel, key, "ada")
    await house.reconciler.round()
    return done


def worse(one: Alert) -> Alert:
    return replace(one, revision=one.revision + 1, severity=Severity.CRITICAL)


async def _owing(answer: Attempt, *said: Alert) -> tuple[House, FakeChannel]:
    """A house whose channel answers like this from the last thing on that was said."""
    ops = FakeChannel("ops")
    house = House(ops)
    await house.begin(*said[:-1])
    ops.answer = answer
    await house.say(said[-1])
    return house, ops


# ---------------------------------------------------------------- drop


async def test_a_beginning_that_is_dropped_is_never_told_and_neither_is_its_end() -> None:
    first = alert()
    house, ops = await _owing(DOWN, first)
    assert lane(house).owed is not None
    assert await drop(house) is Dropped.DONE
    ops.answer = TOLD
    await house.wait(7200)
    assert lane(house).quiet == Quiet.GIVEN_UP
    assert lane(house).error == "dropped by ada"
    await house.say(resolved(first))
    await house.wait(7200)
    assert ops.ids == ["first A.1"], "the attempt that failed"
    assert house.reconciler.numbers().untold == 0
    assert house.reconciler.numbers().dropped == {"ops": 1}


async def test_after_a_drop_the_next_revision_is_news_again() -> None:
    first = alert()
    house, ops = await _owing(DOWN, first)
    await drop(house)
    ops.answer = TOLD
    await house.say(worse(first))
    await house.say(resolved(worse(first)))
    assert ops.ids == ["first A.1", "first A.2", "resolved A.3"]


async def test_an_update_that_is_dropped_leaves_what_was_told_and_its_end_is_told() -> None:
    first = alert()
    house, ops = await _owing(DOWN, first, worse(first))
    assert await drop(house) is Dropped.DONE
    shown = lane(house)
    assert shown.told is not None
    assert (shown.told.revision, shown.told.severity) == (1, Severity.ERROR), "and not what it owed"
    ops.answer = TOLD
    await house.wait(7200)
    await house.say(resolved(worse(first)))
    assert ops.ids == ["first A.1", "escalated A.2", "resolved A.3"]


async def test_an_end_that_is_dropped_leaves_the_receiver_with_what_it_believes() -> None:
    first = alert()
    house, ops = await _owing(DOWN, first, resolved(first))
    assert await drop(house) is Dropped.DONE
    ops.answer = TOLD
    await house.wait(7200)
    assert ops.ids == ["first A.1", "resolved A.2"], "no more than the attempt that failed"
    shown = lane(house)
    assert shown.told is not None
    assert shown.told.status is Status.FIRING, "that is what it was told last"
    assert house.reconciler.numbers().untold == 0
    await house.say(alert("B"))
    assert ops.ids[2:] == ["first B.1"], "the next incident is told as ever"


async def test_a_beginning_that_may_have_been_told_is_dropped_and_its_end_is_told() -> None:
    first = alert()
    house, ops = await _owing(LOST, first)
    assert lane(house).trying == 1
    assert await drop(house) is Dropped.DONE
    ops.answer = TOLD
    await house.wait(7200)
    assert ops.ids == ["first A.1"], "not tried again"
    assert lane(house).trying == 1, "whether it arrived is still not known"
    await house.say(resolved(first))
    assert ops.ids == ["first A.1", "resolved A.2"]


async def test_an_end_that_may_have_been_told_is_dropped_for_good() -> None:
    first = alert()
    house, ops = await _owing(LOST, first, resolved(first))
    assert await drop(house) is Dropped.DONE
    ops.answer = TOLD
    await house.wait(7200)
    assert ops.ids == ["first A.1", "resolved A.2"]
    assert house.reconciler.owed_incident_ids() == set()


async def test_one_reminder_is_dropped_and_the_next_comes_when_it_would_have_come() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    await house.begin(replace(alert(), terms={"ops": Terms(remind=600.0)}))
    ops.answer = DOWN
    await house.wait(700)
    ops.answer = TOLD
    owed = lane(house).owed
    assert owed is not None
    assert owed.why is Why.REMINDER
    assert await drop(house) is Dropped.DONE
    tried = len(ops.got)
    await house.wait(1100)
    assert len(ops.got) == tried
    await house.wait(200)
    assert [one.number for one in ops.got[tried:]] == [2]


async def test_one_that_wants_levels_hears_how_it_stands_with_the_next_repetition() -> None:
    first = alert()
    ops = FakeChannel("ops")
    ops.lifecycle = Lifecycle(level=True)
    house = House(ops)
    await house.begin(first)
    ops.answer = DOWN
    await house.say(worse(first))
    assert await drop(house) is Dropped.DONE
    ops.answer = TOLD
    await house.wait(61)
    assert ops.ids[-1].startswith("resent A.2")


async def test_what_is_dropped_stays_dropped_over_a_restart() -> None:
    first, second = alert(), alert("B", key="voice")
    ops = FakeChannel("ops")
    house = House(ops)
    await house.begin(second)
    ops.answer = DOWN
    await house.say(first, worse(second))
    assert await drop(house) is await drop(house, key="voice") is Dropped.DONE
    ops.answer, ops.got = TOLD, []
    await house.restart(first, worse(second))
    await house.wait(7200)
    assert ops.ids == []
    await house.say(resolved(first), resolved(worse(second)))
    assert ops.ids == ["resolved B.3"], "who was told of it once hears that it is over"


async def test_nothing_that_is_not_owed_can_be_dropped() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    await house.begin(alert())
    row = house.journal.entry("ops", "chat")
    assert await drop(house) is Dropped.NOTHING_OWED
    assert await drop(house, key="nobody") is Dropped.NOTHING_OWED
    assert house.journal.entry("ops", "chat") is row


async def test_what_is_on_its_way_cannot_be_dropped() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    ops.hangs = asyncio.Event()
    telling = asyncio.create_task(house.begin(alert()))
    await ops.began.wait()
    owed = lane(house).owed
    assert owed is not None
    assert owed.waits == BEING_TOLD
    assert await house.reconciler.orders.drop("ops", "chat", "ada") is Dropped.BEING_TOLD
    ops.hangs.set()
    await telling
    assert lane(house).told is not None


async def test_the_end_of_an_older_incident_is_dropped_and_then_the_newest_is_told() -> None:
    house, ops = await _owing(DOWN, alert("A"), alert("B"))
    assert await drop(house) is Dropped.DONE
    ops.answer = TOLD
    await house.wait(600)
    await house.say(resolved(alert("B")))
    assert ops.ids[2:] == ["first B.1"] * 2 + ["resolved B.2"], "its first attempt failed, too"


async def test_a_database_that_does_not_take_it_is_said() -> None:
    house, _ = await _owing(DOWN, alert())
    house.shelf.broken = True
    assert await drop(house) is Dropped.UNWRITTEN
    house.shelf.broken = False
    await house.journal.close(1.0)
    assert house.shelf.entries["ops", "chat"].last_error == "dropped by ada"


# ---------------------------------------------------------------- retry


@pytest.mark.parametrize(
    ("answer", "condition"),
    [
        (DOWN, Condition.OK),
        (LOST, Condition.OK),
        (throttled(3600), Condition.THROTTLED),
        (DENIED, Condition.MISCONFIGURED),
        (GONE, Condition.DISABLED),
    ],
)
@pytest.mark.parametrize("key", ["chat", None])
async def test_what_waits_is_tried_at_once(
    answer: Attempt, condition: Condition, key: str | None
) -> None:
    house, ops = await _owing(answer, alert())
    assert house.reconciler.overview.channel("ops").condition is condition
    assert house.reconciler.next_wake() != 0
    ops.answer = TOLD
    house.reconciler.orders.retry("ops", key, "ada")
    assert house.reconciler.next_wake() == 0
    await house.reconciler.round()
    assert ops.ids == ["first A.1"] * 2
    assert house.reconciler.overview.channel("ops").condition is Condition.OK
    assert house.reconciler.numbers().untold == 0


async def test_a_retry_that_fails_waits_again_and_tells_nothing_twice() -> None:
    house, ops = await _owing(GONE, alert())
    house.reconciler.orders.retry("ops", "chat", "ada")
    await house.wait(7200)
    assert len(ops.got) == 2
    ops.answer = TOLD
    for _ in range(3):
        house.reconciler.orders.retry("ops", None, "ada")
        await house.reconciler.round()
    assert len(ops.got) == 3


async def test_what_was_dropped_is_not_brought_back_by_a_retry() -> None:
    house, ops = await _owing(DOWN, alert())
    await drop(house)
    house.reconciler.orders.retry("ops", "chat", "ada")
    await house.wait(600)
    assert len(ops.got) == 1


# ---------------------------------------------------------------- what can be read


def _waits(house: House, keys: str) -> Mapping[str, str | None]:
    found = {key: lane(house, key=key).owed for key in keys.split()}
    return {key: one.waits if one else None for key, one in found.items()}


async def test_why_something_that_is_owed_waits_is_said() -> None:
    ops = FakeChannel("ops")
    ops.by_key = {"chat": DOWN}
    house = House(ops)
    await house.begin(alert(), alert("V", key="voice"))
    assert _waits(house, "chat voice") == {"chat": Quiet.NOT_YET, "voice": None}
    shown = lane(house)
    assert shown.owed is not None
    assert shown.owed.until == shown.not_before is not None
    ops.by_key = {"chat": GONE}
    await house.wait(10)
    assert _waits(house, "chat") == {"chat": Quiet.DISABLED}
    channel = house.reconciler.overview.channel("ops")
    assert (channel.owed, channel.until, channel.error) == (1, None, "disabled (gone): HTTP 410")


async def test_why_nothing_is_owed_is_said_also_where_nothing_was_ever_told() -> None:
    house = House(FakeChannel("ops"))
    later = replace(alert("L", key="later"), terms={"ops": Terms(after=300.0)})
    await house.begin(replace(alert(), held="maintenance"), later)
    assert lane(house).quiet == Quiet.HELD
    assert (lane(house, key="later").quiet, lane(house, key="later").told) == (Quiet.LATER, None)
    assert lane(house, key="later").until is not None
    found = await house.reconciler.overview.read(None, owed=False, limit=10)
    assert [(one.key, one.incident) for one in found.lanes] == [("chat", "A"), ("later", "L")]
    assert (await house.reconciler.overview.read(None, owed=True, limit=10)).lanes == []


async def test_what_is_owed_longest_stands_first_and_a_limit_says_how_many_there_are() -> None:
    ops, mail = FakeChannel("ops"), FakeChannel("mail", DOWN)
    house = House(ops, mail)
    both = ("ops", "mail")
    await house.begin()
    for number in range(5):
        await house.say(alert(f"I{number}", key=f"k{number}", channels=both, at=house.clock.now()))
        house.clock.advance(60)
    found = await house.reconciler.overview.read(None, owed=False, limit=3)
    assert [(one.channel, one.key) for one in found.lanes] == [("mail", f"k{n}") for n in range(3)]
    assert found.matching == 10
    assert (found.owed, [one.owed for one in found.channels]) == (5, [0, 5])
    of_ops = await house.reconciler.overview.read("ops", owed=False, limit=50)
    assert (of_ops.matching, of_ops.owed, [one.channel for one in of_ops.channels]) == (
        5,
        0,
        ["ops"],
    )
    of_mail = await house.reconciler.overview.read("mail", owed=True, limit=50)
    assert (of_mail.matching, of_mail.owed) == (5, 5)


async def test_what_a_channel_knows_that_is_not_configured_any_more_is_shown() -> None:
    ops, mail = FakeChannel("ops"), FakeChannel("mail")
    house = House(ops, mail)
    await house.begin(alert(channels=("ops", "mail")))
    await house.reconciler.adopt([ops])
    assert lane(house, "mail").quiet == "not_configured"
    assert lane(house, "mail").told is not None
    assert house.reconciler.overview.names() == {"ops", "mail"}


async def test_while_a_channel_is_down_what_is_due_later_is_not_looked_at_all_the_time() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    await house.begin(replace(alert("L", key="later"), terms={"ops": Terms(remind=86_400.0)}))
    ops.answer = DOWN
    first = alert()
    await house.say(first)
    await house.wait(30)
    await house.say(resolved(first))
    assert await drop(house) is Dropped.NOTHING_OWED, "nobody heard of it"
    await house.wait(60)
    wake = house.reconciler.next_wake()
    assert wake is not None
    assert wake > 80_000
