"""The journal when its database fails: alerts go on, and it is caught up with."""

import asyncio
from dataclasses import replace

from alerts.alert import Status
from alerts.attempt import TOLD
from alerts.channel_state import ChannelState, Condition
from alerts.entry import Entry, begun, told
from alerts.journal import Journal
from tests.alerts.kit import FakeChannel, House, MemoryShelf, alert, resolved
from tests.clock import START, FakeClock

A1 = alert("A")
ENTRY = Entry("ops", "chat", "A", told_revision=1, told_status=Status.FIRING, alert=A1)
STATE = ChannelState("ops", Condition.UNREACHABLE, failures=3)


def journal_on(shelf: MemoryShelf, patience: float = 60.0) -> Journal:
    return Journal(shelf, FakeClock(), patience=patience)


async def test_a_database_that_fails_is_caught_up_with() -> None:
    shelf = MemoryShelf()
    journal = journal_on(shelf)
    shelf.broken = True
    journal.note(ENTRY)
    await journal.durable()
    assert journal.failing_since == START
    assert (journal.error, journal.backlog) == ("OSError", 1)
    assert journal.entry("ops", "chat") == ENTRY
    shelf.broken = False
    journal.note(replace(ENTRY, told_revision=8))
    journal.note_channel(STATE)
    await journal.durable()
    await journal.close(60.0)
    assert journal.error == ""
    assert (shelf.entries["ops", "chat"].told_revision, shelf.saves) == (8, 1)


async def test_nobody_waits_for_a_database_that_does_not_answer() -> None:
    shelf = MemoryShelf()
    shelf.hangs = asyncio.Event()
    journal = journal_on(shelf, patience=0.01)
    journal.note(ENTRY)
    await journal.durable()
    assert journal.error == "it does not answer"
    journal.note(replace(ENTRY, key="voice"))
    await asyncio.wait_for(journal.durable(), 5.0)
    shelf.hangs.set()
    await journal.close(60.0)
    assert set(shelf.entries) == {("ops", "chat"), ("ops", "voice")}
    assert journal.failing_since is None


async def test_a_row_that_is_being_written_is_waited_for() -> None:
    shelf = MemoryShelf()
    shelf.hangs = asyncio.Event()
    journal = journal_on(shelf)
    journal.note(ENTRY)
    first = asyncio.create_task(journal.durable())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    second = asyncio.create_task(journal.durable())
    await asyncio.sleep(0)
    assert not second.done()
    shelf.hangs.set()
    await asyncio.gather(first, second)
    assert shelf.saves == 1


async def test_closing_does_not_wait_for_ever() -> None:
    shelf = MemoryShelf()
    shelf.hangs = asyncio.Event()
    journal = journal_on(shelf)
    journal.note(ENTRY)
    await asyncio.wait_for(journal.close(0.01), 5.0)
    assert journal.backlog == 1


async def test_a_journal_that_cannot_be_read_at_first_is_read_later() -> None:
    shelf = MemoryShelf()
    shelf.entries = {ENTRY.lane: ENTRY}
    shelf.broken = True
    journal = journal_on(shelf)
    assert not await journal.load()
    newer = told(begun(None, "ops", alert("B"), 0), alert("B"), TOLD, 0)
    journal.note(newer)
    shelf.broken = False
    assert await journal.load()
    assert journal.loaded
    assert journal.entry("ops", "chat") == newer, "what happened meanwhile wins"


async def test_entries_are_found_by_their_incident() -> None:
    journal = journal_on(MemoryShelf())
    mail = replace(ENTRY, channel="mail")
    journal.note(ENTRY)
    journal.note(mail)
    assert journal.about("A") == [mail, ENTRY]
    journal.note(replace(ENTRY, incident_id="B"))
    assert journal.about("A") == [mail]
    journal.note(replace(mail, incident_id="B"))
    assert journal.about("A") == []
    assert "A" not in journal._by_incident


async def test_alerts_go_on_while_the_database_is_down() -> None:
    house = House(ops := FakeChannel("ops"))
    await house.begin()
    house.shelf.broken = True
    await house.say(A1)
    await house.say(resolved(A1))
    assert ops.ids == ["first A.1", "resolved A.2"]
    assert house.journal.backlog == 3, "one row of the journal, and two tellings"
    house.shelf.broken = False
    await house.reconciler.round()
    await house.journal.close(60.0)
    assert house.shelf.entries["ops", "chat"].told_status is Status.RESOLVED


async def test_what_was_told_before_a_late_reading_of_the_journal_is_ended() -> None:
    """The database was away at the start: the end of an old incident is told when it is back."""
    house = House(ops := FakeChannel("ops"))
    await house.begin(A1)
    house.shelf.broken = True
    await house.restart()
    assert ops.ids == ["first A.1"]
    house.shelf.broken = False
    await house.reconciler.round()
    assert ops.ids == ["first A.1", "resolved A.2"]
