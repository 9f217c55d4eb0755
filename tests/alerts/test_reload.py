"""Reloads, and the loop that runs in the daemon."""

import asyncio
from datetime import timedelta

import pytest

from alerts.alert import Status
from alerts.journal import Journal
from alerts.reconciler import Reconciler
from tests.alerts.kit import DOWN, LOST, FakeChannel, House, MemoryShelf, alert, resolved, worst
from tests.clock import START, FakeClock

A1 = alert("A")
A2 = resolved(A1)


async def settled() -> None:
    """Let everything happen that can happen without time passing."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_channel_of_the_same_name_keeps_what_it_was_told() -> None:
    house = House(old := FakeChannel("ops"))
    await house.begin(A1)
    await house.reconciler.adopt([new := FakeChannel("ops")])
    await house.say(A2)
    assert (old.ids, new.ids) == (["first A.1"], ["resolved A.2"])
    assert old.closed


async def test_the_same_channel_is_not_closed() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    await house.reconciler.adopt([ops])
    await settled()
    assert not ops.closed


async def test_a_new_channel_hears_of_what_goes_on() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(alert("A", channels=["ops", "mail"]))
    await house.reconciler.adopt([ops, mail := FakeChannel("mail")])
    await house.reconciler.round()
    assert mail.ids == ["first A.1"]


async def test_a_removed_channel_hears_nothing_until_it_is_back() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    await house.reconciler.adopt([])
    await house.say(A2)
    await house.wait(3600)
    assert ops.ids == ["first A.1"]
    assert house.reconciler.numbers().channels == {}
    await house.reconciler.adopt([back := FakeChannel("ops")])
    await house.reconciler.round()
    assert back.got[0].alert == A2


async def test_a_send_under_way_ends_on_the_old_channel_before_the_new_one_takes_over() -> None:
    house = House(old := FakeChannel("ops"))
    old.hangs = asyncio.Event()
    begun = asyncio.create_task(house.begin(A1))
    await old.began.wait()
    await house.reconciler.adopt([new := FakeChannel("ops")])
    house.reconciler.stands(A2)
    await settled()
    assert (new.got, old.closed) == ([], False)
    old.hangs.set()
    await begun
    await settled()
    assert old.closed
    assert new.ids == ["resolved A.2"]


async def test_trouble_of_the_old_channel_says_nothing_about_the_new_one() -> None:
    house = House(old := FakeChannel("ops", LOST))
    old.hangs = asyncio.Event()
    ones = [alert(f"k{n}", key=f"k{n}") for n in range(8)]
    begun = asyncio.create_task(house.begin(*ones))
    await old.began.wait()
    await settled()
    await house.reconciler.adopt([FakeChannel("ops")])
    old.hangs.set()
    await begun
    assert house.reconciler.numbers().channels == {"ops": "ok"}


# ---------------------------------------------------------------- the daemon's loop


def daemon(
    *channels: FakeChannel, shelf: MemoryShelf | None = None, beat: float = 3600.0
) -> Reconciler:
    clock = FakeClock()
    return Reconciler(channels, Journal(shelf or MemoryShelf(), clock), clock, worst, beat=beat)


async def test_news_wakes_the_loop() -> None:
    reconciler = daemon(ops := FakeChannel("ops"))
    await reconciler.start()
    reconciler.ready()
    await settled()
    reconciler.stands(A1)
    await settled()
    assert ops.ids == ["first A.1"]
    await reconciler.stop(1.0)
    assert ops.closed


async def test_a_stop_lets_a_send_end() -> None:
    shelf = MemoryShelf()
    reconciler = daemon(ops := FakeChannel("ops"), shelf=shelf)
    ops.hangs = asyncio.Event()
    await reconciler.start()
    reconciler.stands(A1)
    reconciler.ready()
    await ops.began.wait()
    stopping = asyncio.create_task(reconciler.stop(60.0))
    await settled()
    assert not stopping.done()
    ops.hangs.set()
    await stopping
    assert shelf.entries["ops", "chat"].told_status is Status.FIRING


async def test_a_stop_does_not_wait_for_ever() -> None:
    shelf = MemoryShelf()
    reconciler = daemon(ops := FakeChannel("ops"), shelf=shelf)
    ops.hangs = asyncio.Event()
    await reconciler.start()
    reconciler.stands(A1)
    reconciler.ready()
    await ops.began.wait()
    await asyncio.wait_for(reconciler.stop(0.05), 30)
    assert shelf.entries["ops", "chat"].trying_revision == 1, "whether it arrived is unknown"
    reconciler.stands(A2)
    await settled()
    assert len(ops.got) == 1


async def test_a_channel_that_a_reload_adds_is_served_by_the_loop() -> None:
    reconciler = daemon()
    await reconciler.start()
    reconciler.ready()
    await reconciler.adopt([ops := FakeChannel("ops")])
    reconciler.stands(A1)
    await settled()
    assert ops.ids == ["first A.1"]
    await reconciler.stop(1.0)


async def test_the_beat_reads_the_journal_when_the_start_could_not() -> None:
    shelf = MemoryShelf()
    first = House(ops := FakeChannel("ops"))
    first.shelf = shelf
    first.reconciler = first.made()
    await first.begin(A1)
    shelf.broken = True
    ops.began.clear()
    reconciler = daemon(ops, shelf=shelf, beat=0.01)
    await reconciler.start()
    reconciler.ready()
    shelf.broken = False
    await asyncio.wait_for(ops.began.wait(), 60)
    assert ops.ids == ["first A.1", "resolved A.2"]
    await reconciler.stop(1.0)


async def test_a_bug_does_not_end_the_loop(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def bug(*_: object) -> None:
        raise ZeroDivisionError

    reconciler = daemon(ops := FakeChannel("ops"), beat=0.01)
    with monkeypatch.context() as patch:
        patch.setattr("alerts.outlook.news", bug)
        await reconciler.start()
        reconciler.ready()
        reconciler.stands(A1)
        await settled()
        async with asyncio.timeout(60):
            while "reconciler.bug" not in caplog.messages:  # noqa: ASYNC110  a log has no event
                await asyncio.sleep(0.01)
    assert "courier.bug" in caplog.messages
    await asyncio.wait_for(ops.began.wait(), 60)
    assert ops.ids == ["first A.1"]
    await reconciler.stop(1.0)


async def test_a_message_that_waits_says_when_to_wake() -> None:
    reconciler = daemon(ops := FakeChannel("ops"))
    ops.answers = [DOWN]
    await reconciler.start()
    assert reconciler.next_wake() is None
    reconciler.stands(A1)
    reconciler.ready()
    await settled()
    assert reconciler.next_wake() == 2.0
    await reconciler.stop(1.0)


async def test_how_something_ended_is_kept_for_a_channel_that_is_away_whatever_follows() -> None:
    ops = FakeChannel("ops")
    house = House(ops)
    first, second = alert("A"), alert("B", started_at=START + timedelta(hours=1))
    await house.begin(first)
    await house.reconciler.adopt([])
    await house.say(resolved(first), second, resolved(second))
    back = FakeChannel("ops")
    await house.reconciler.adopt([back])
    await house.reconciler.round()
    assert [one.alert for one in back.got] == [resolved(first)]
