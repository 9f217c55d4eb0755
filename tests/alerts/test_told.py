"""What can be read of an incident's delivery stays, whatever comes after it."""

import asyncio
from datetime import timedelta
from typing import NamedTuple

import pytest

from alerts import journal as journals
from alerts.alert import Severity, Status
from alerts.entry import Entry
from alerts.journal import Journal
from alerts.moment import ms_of
from alerts.policy import Why
from alerts.telling import Telling
from alerts.told import Told, told_of
from tests.alerts.kit import (
    DOWN,
    LOST,
    REFUSED,
    FakeChannel,
    House,
    MemoryShelf,
    alert,
    resolved,
    throttled,
)
from tests.clock import START, FakeClock

BOTH = ("mail", "ops")
A1 = alert("A", channels=BOTH)
A2 = resolved(A1)
B1 = alert("B", channels=BOTH, started_at=START + timedelta(hours=1))
NOW = ms_of(START)


class Line(NamedTuple):
    """A telling in short."""

    channel: str
    status: str | None
    revision: int
    why: str | None


WHOLE = [
    Line("mail", "firing", 1, "first"),
    Line("ops", "firing", 1, "first"),
    Line("mail", "resolved", 2, "resolved"),
    Line("ops", "resolved", 2, "resolved"),
]


async def told(house: House, *incidents: str) -> dict[str, list[Line]]:
    found = await house.reconciler.told(incidents)
    return {name: [short(one) for one in lines] for name, lines in found.items()}


def short(one: Told) -> Line:
    return Line(one.channel, one.status, one.revision, one.why)


def telling(
    revision: int, after: float = 0.0, channel: str = "ops", incident: str = "A"
) -> Telling:
    at = NOW + round(after * 1000)
    return Telling(channel, incident, revision, Status.FIRING, Why.UPDATED, at)


@pytest.fixture
async def house() -> House:
    """An incident was told on two channels and resolved; another of the same thing followed."""
    house = House(*map(FakeChannel, BOTH))
    await house.begin(A1)
    house.clock.advance(60)
    await house.say(A2)
    house.clock.advance(3600)
    await house.say(B1)
    return house


async def test_a_channel_that_waits_is_shown_as_owed_before_any_attempt() -> None:
    mail, ops = map(FakeChannel, BOTH)
    house = House(mail, ops)
    await house.begin()
    mail.answer = throttled(600)
    await house.say(alert("X", key="x", channels=BOTH))
    await house.say(A1)
    assert len(mail.got) == 1, "the whole channel waits: A was never tried there"
    lines = (await house.reconciler.told(["A"]))["A"]
    owed, said = sorted(lines, key=lambda one: one.channel)
    assert (owed.channel, owed.status, owed.trying) == ("mail", None, None)
    assert "429" in owed.error
    assert (said.channel, said.status) == ("ops", Status.FIRING)


# ---------------------------------------------------------------- what stays


async def test_what_was_told_of_an_incident_outlives_the_next_one(house: House) -> None:
    assert await told(house, "A", "B") == {
        "A": WHOLE,
        "B": [Line("mail", "firing", 1, "first"), Line("ops", "firing", 1, "first")],
    }
    lines = (await house.reconciler.told(["A"]))["A"]
    assert [(one.at - START).total_seconds() for one in lines] == [0, 0, 60, 60]


async def test_it_outlives_a_restart(house: House) -> None:
    before = await house.reconciler.told(["A", "B"])
    await house.restart(B1)
    assert await house.reconciler.told(["A", "B"]) == before


async def test_what_was_told_while_the_database_was_down_is_known_and_caught_up_with() -> None:
    house = House(*map(FakeChannel, BOTH))
    await house.begin()
    house.shelf.broken = True
    await house.say(A1)
    house.clock.advance(60)
    await house.say(A2)
    await house.say(B1)
    assert (await told(house, "A"))["A"] == WHOLE
    assert house.shelf.told == {}
    house.shelf.broken = False
    await house.reconciler.round()
    await house.restart(B1)
    assert (await told(house, "A"))["A"] == WHOLE


async def test_when_the_database_cannot_be_read_memory_answers(house: House) -> None:
    house.shelf.broken = True
    assert await told(house, "A", "B") == {
        "A": [],
        "B": [Line("mail", "firing", 1, None), Line("ops", "firing", 1, None)],
    }
    house.clock.advance(60)
    await house.say(resolved(B1))
    assert (await told(house, "B"))["B"] == [
        Line("mail", "resolved", 2, "resolved"),
        Line("ops", "resolved", 2, "resolved"),
    ]


async def test_nobody_waits_long_for_a_database_that_does_not_answer() -> None:
    shelf = MemoryShelf()
    shelf.hangs = asyncio.Event()
    journal = Journal(shelf, FakeClock(), patience=0.01)
    journal.note(Entry("ops", "chat", "A"), [telling(1)])
    found = await asyncio.wait_for(journal.told(["A", "B"]), 30.0)
    assert found == {"A": [telling(1)]}


async def test_what_is_being_written_can_be_read() -> None:
    shelf = MemoryShelf()
    shelf.hangs = asyncio.Event()
    journal = Journal(shelf, FakeClock(), patience=60.0)
    journal.note(Entry("ops", "chat", "A"), [telling(1)])
    writing = asyncio.create_task(journal.durable())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    reading = asyncio.create_task(journal.told(["A"]))
    await asyncio.sleep(0)
    shelf.hangs.set()
    await writing
    assert await reading == {"A": [telling(1)]}
    assert (journal.backlog, list(shelf.told)) == (0, [telling(1).key])


async def test_while_the_database_fails_the_newest_are_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(journals, "MOST_TELLINGS", 3)
    shelf = MemoryShelf()
    journal = Journal(shelf, FakeClock())
    shelf.broken = True
    for revision in (1, 2, 3, 4, 2, 5):
        journal.note(Entry("ops", "chat", "A"), [telling(revision)])
    await journal.durable()
    assert [one.revision for one in (await journal.told(["A"]))["A"]] == [4, 2, 5]
    shelf.broken = False
    await journal.durable()
    await journal.close(60.0)
    assert sorted(one.revision for one in shelf.told.values()) == [2, 4, 5]


async def test_nothing_is_asked_about_nothing(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.shelf.broken = True
    assert await house.reconciler.told([]) == {}
    assert caplog.messages == []


# ---------------------------------------------------------------- what goes


async def test_what_is_old_is_forgotten_a_little_at_a_time(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journals, "_FORGOTTEN", 1)
    await house.journal.forget_before(NOW + 60_000)
    assert (await told(house, "A"))["A"] == WHOLE[2:]
    assert len((await told(house, "B"))["B"]) == 2


async def test_a_failing_database_is_not_asked_to_forget(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.shelf.broken = True
    await house.journal.forget_before(NOW + 60_000)
    assert "journal.not_swept" in caplog.messages
    caplog.clear()
    await house.say(resolved(B1))
    await house.journal.forget_before(NOW + 60_000)
    assert "journal.not_swept" not in caplog.messages
    assert len(house.shelf.told) == 6


# ---------------------------------------------------------------- how the telling goes


async def test_what_fails_stands_with_what_was_told_before() -> None:
    house = House(mail := FakeChannel("mail"))
    await house.begin(alert("A", channels=["mail"]))
    mail.answer = DOWN
    house.clock.advance(10)
    await house.say(alert("A", 2, severity=Severity.CRITICAL, channels=["mail"]))
    (one,) = (await house.reconciler.told(["A"]))["A"]
    assert short(one) == Line("mail", "firing", 1, "first")
    assert (one.at, one.attempts, one.trying) == (START, 1, None)
    assert one.error == "unreachable (serverError): HTTP 500"
    mail.answer = LOST
    await house.wait(10)
    (one,) = (await house.reconciler.told(["A"]))["A"]
    assert (one.revision, one.trying) == (1, 2), "nobody knows whether it arrived"
    mail.answer = FakeChannel("").answer
    await house.wait(60)
    assert await told(house, "A") == {
        "A": [Line("mail", "firing", 1, "first"), Line("mail", "firing", 2, "escalated")]
    }
    lines = (await house.reconciler.told(["A"]))["A"]
    assert [(one.trying, one.attempts, one.error) for one in lines] == [(None, 0, "")] * 2


async def test_what_was_refused_was_not_told() -> None:
    house = House(FakeChannel("ops", REFUSED))
    await house.begin(alert("A"))
    (one,) = (await house.reconciler.told(["A"]))["A"]
    assert (one.status, one.why) == (None, None)
    assert one.error == "refused (clientError): HTTP 400"
    assert house.shelf.told == {}


def test_the_order_of_revisions_outlives_a_clock_that_is_set_back() -> None:
    tellings = [telling(2, after=-600), telling(1), telling(1, after=-1, channel="mail")]
    lines = [(one.channel, one.revision) for one in told_of(tellings, ())]
    assert lines == [("mail", 1), ("ops", 1), ("ops", 2)]
