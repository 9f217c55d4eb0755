"""A channel that wants levels hears again and again what stands, and for a while what is over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.alert import Flap, Status
from alerts.channels.lifecycle import Lifecycle
from tests.alerts.kit import DOWN, LOST, REFUSED, FakeChannel, House, alert, resolved
from tests.clock import START


class Level(FakeChannel):
    lifecycle = Lifecycle(level=True)


async def test_what_stands_is_told_every_minute_and_what_is_over_for_a_quarter_of_an_hour() -> None:
    am, ops = Level("am"), FakeChannel("ops")
    house = House(am, ops)
    one = alert(channels=("am", "ops"))
    await house.begin(one)
    await house.wait(185)
    assert am.ids == ["first A.1", "resent A.1.r1", "resent A.1.r2", "resent A.1.r3"]
    await house.say(resolved(one, 200))
    await house.wait(3600)
    after = [one for one in am.ids[4:] if one.startswith("resent A.2")]
    assert am.ids[4] == "resolved A.2"
    assert 14 <= len(after) <= 15
    assert ops.ids == ["first A.1", "resolved A.2"], "nobody else is bothered"
    assert house.reconciler._standing.all() == [], "then it is forgotten"


async def test_a_level_is_told_on_while_it_is_held_or_taken_and_over_a_restart() -> None:
    am = Level("am")
    house = House(am)
    one = alert(channels=("am",))
    await house.begin(one)
    held = replace(one, held="maintenance", acked_until=START + timedelta(days=1))
    await house.say(held)
    await house.wait(125)
    assert len(am.ids) == 3
    await house.restart(held)
    await house.wait(61)
    assert len(am.ids) == 4


@pytest.mark.parametrize(
    "silent",
    [
        {"held": "maintenance"},
        {"channels": ()},
        {"flap": Flap.DIGEST, "acked_until": START + timedelta(days=1)},
    ],
)
async def test_news_that_may_not_be_told_does_not_end_what_was_told(silent: dict[str, Any]) -> None:
    am = Level("am")
    house = House(am)
    one = alert(channels=("am",))
    await house.begin(one)
    await house.say(replace(one, revision=2, **silent))
    await house.wait(125)
    assert am.ids[1:] == ["resent A.1.r1", "resent A.1.r2"]
    await house.restart(replace(one, revision=2, **silent))
    await house.wait(61)
    await house.say(replace(one, revision=3))
    assert am.ids[3:] == ["resent A.1.r3", "updated A.3"]


async def test_one_that_did_not_take_it_is_told_the_news_and_not_the_repetition() -> None:
    am = Level("am", DOWN)
    house = House(am)
    one = alert(channels=("am",))
    await house.begin(one)
    await house.wait(900)
    assert set(am.ids) == {"first A.1"}
    am.answer = replace(DOWN, result=type(DOWN.result)("told"))
    await house.wait(600)
    assert am.ids[-1].startswith("resent A.1")


async def test_the_end_is_told_on_though_one_repetition_of_it_failed() -> None:
    am = Level("am")
    house = House(am)
    one = alert(channels=("am",))
    await house.begin(one)
    await house.say(resolved(one, 1))
    am.answers = [DOWN, LOST]
    await house.wait(600)
    assert set(am.ids[2:]) == {f"resent A.2.r{n}" for n in range(1, 10)}
    assert house.shelf.entries["am", "chat"].told_status is Status.RESOLVED


async def test_repetitions_that_are_refused_are_no_more_often_than_others() -> None:
    am = Level("am")
    house = House(am)
    await house.begin(alert(channels=("am",)))
    am.answer = REFUSED
    await house.wait(125)
    assert am.ids[1:] == [*2 * ["resent A.1.r1"], "resent A.1.r2"]
    assert am.got[-1].plain
