"""Channels that fail, wait and come back; and what our own bugs may not do."""

import asyncio

import pytest

from alerts.attempt import TOLD, Attempt
from alerts.channel_state import Condition
from alerts.courier import Courier
from alerts.message import Notification
from alerts.retry import ceiling
from tests.alerts.kit import (
    DOWN,
    GONE,
    FakeChannel,
    House,
    alert,
    resolved,
    throttled,
)

DAY = 86_400.0
A1 = alert("A", 1)
A2 = resolved(A1)


async def test_a_hint_holds_the_whole_channel_also_over_a_restart() -> None:
    house = House(ops := FakeChannel("ops"))
    ops.answers = [throttled(600)]
    other = alert("V", key="voice")
    await house.begin(A1)
    await house.say(other)
    await house.wait(300)
    await house.restart(A1, other)
    await house.wait(299)
    assert len(ops.got) == 1
    await house.wait(10)
    assert sorted(ops.ids[1:]) == ["first A.1", "first V.1"]


async def test_a_wall_clock_that_steps_back_makes_no_wait_longer() -> None:
    house = House(ops := FakeChannel("ops"))
    ops.answers = [throttled(600)]
    await house.begin(A1)
    house.clock.step(-DAY)
    await house.wait(300)
    await house.restart(A1)
    await house.wait(603)
    assert len(ops.got) == 2


async def test_a_message_that_always_fails_does_not_hold_up_the_others() -> None:
    house = House(ops := FakeChannel("ops"))
    ops.by_key = {"chat": DOWN}
    await house.begin(A1)
    await house.wait(60)
    assert house.reconciler.numbers().channels == {"ops": Condition.UNREACHABLE}
    others = [alert(f"k{n}", key=f"k{n}") for n in range(20)]
    await house.say(*others)
    await house.wait(300)
    told = {one.alert.key for one in ops.got if one.alert.key != "chat"}
    assert told == {one.key for one in others}


async def test_a_dead_channel_is_probed_by_one_message_at_a_time() -> None:
    house = House(ops := FakeChannel("ops", DOWN))
    await house.begin(*(alert(f"k{n}", key=f"k{n}") for n in range(50)))
    assert ops.most_at_once == 8
    assert len(ops.got) == 8
    ops.most_at_once, ops.got = 0, []
    await house.wait(3600)
    assert ops.most_at_once == 1
    assert 10 < len(ops.got) < 25, "asked at growing distances, then every five minutes"
    ops.answer, ops.got = TOLD, []
    await house.wait(301)
    assert len(ops.got) == 50


async def test_a_success_that_began_earlier_does_not_end_a_wait() -> None:
    """Eight are under way; one is throttled, and the last one gets through."""
    house = House(ops := FakeChannel("ops"))
    ops.answers = [throttled(600), *[TOLD] * 7]
    await house.begin(*(alert(f"k{n}", key=f"k{n}") for n in range(9)))
    assert len(ops.got) == 8
    await house.wait(599)
    assert len(ops.got) == 8
    await house.wait(5)
    assert len(ops.got) == 10


async def test_channels_do_not_wait_for_each_other() -> None:
    dead, live = FakeChannel("dead"), FakeChannel("live")
    dead.hangs = asyncio.Event()
    house = House(dead, live)
    task = asyncio.create_task(house.begin(alert("A", channels=["dead", "live"])))
    await dead.began.wait()
    await live.began.wait()
    assert live.ids == ["first A.1"]
    dead.hangs.set()
    await task


async def test_a_bug_in_a_channel_is_an_unknown_end_and_gives_nothing_away() -> None:
    class Buggy(FakeChannel):
        async def send(self, _: Notification) -> Attempt:
            raise RuntimeError("https://secret.example/token")

    house = House(Buggy("ops"))
    await house.begin(A1)
    (told,) = (await house.reconciler.told(["A"]))["A"]
    assert told.error.startswith("unknown (internalError): RuntimeError in send, line ")
    assert "secret" not in told.error
    assert told.trying == 1


async def test_a_bug_of_ours_does_not_send_the_same_again_and_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Courier, "_conclude", bug)
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    await house.wait(290)
    assert len(ops.got) == 1
    assert "courier.bug" in caplog.messages


async def test_of_two_hints_the_longer_one_counts() -> None:
    house = House(ops := FakeChannel("ops"))
    ops.answers = [throttled(600), throttled(10)]
    await house.begin(A1, alert("V", key="voice"))
    await house.wait(599)
    assert len(ops.got) == 2
    await house.wait(5)
    assert len(ops.got) == 4


async def test_a_channel_that_was_disabled_stays_so_whatever_else_was_under_way() -> None:
    house = House(ops := FakeChannel("ops"))
    ops.answers = [GONE, throttled(10), DOWN]
    await house.begin(*(alert(f"k{n}", key=f"k{n}") for n in range(4)))
    await house.wait(90_000)
    assert len(ops.got) == 4
    assert house.reconciler.numbers().channels == {"ops": Condition.DISABLED}


async def test_when_a_channel_works_again_nothing_waits_any_longer() -> None:
    """A message has failed often and waits for minutes; then the whole channel recovers."""
    house = House(ops := FakeChannel("ops"))
    ops.by_key = {"chat": DOWN}
    await house.begin(A1)
    for n in range(8):
        await house.say(alert(f"k{n}", key=f"k{n}"))  # the channel itself is well
        await house.wait(ceiling(n + 1) + 0.1)
    assert house.reconciler.numbers().channels == {"ops": Condition.OK}
    ops.by_key, ops.answers, ops.got = {}, [throttled(5)], []
    await house.say(alert("V", key="voice"))
    await house.wait(10)
    assert sorted(ops.ids) == ["first A.1", "first V.1", "first V.1"]


async def test_a_channel_that_never_comes_to_an_end_does_not_hold_its_lane_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("alerts.send.LONGEST_SEND", 0.01)
    house = House(ops := FakeChannel("ops"))
    ops.hangs = asyncio.Event()
    await house.begin(A1)
    (told,) = (await house.reconciler.told(["A"]))["A"]
    assert told.error == "unknown (timeout): the channel did not come to an end"
