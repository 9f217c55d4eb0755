"""The journal on real databases, and when they fail."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from alerts import tables
from alerts.alert import Severity, Status
from alerts.attempt import Attempt
from alerts.channel_state import ChannelState, Condition
from alerts.entry import Entry
from alerts.journal import Journal
from alerts.message import Notification
from alerts.reconciler import Reconciler
from alerts.shelf import Rows, SqlShelf
from tests.alerts.kit import FakeChannel, alert, resolved, worst
from tests.clock import FakeClock

DRIVERS = {"sqlite://": "sqlite+aiosqlite://", "postgresql://": "postgresql+psycopg://"}
A1 = alert("A", facts={"endpoint": "chat", "breaker": {"state": "open", "trips": 2}})
ENTRY = Entry(
    channel="ops",
    key="chat",
    incident_id="A",
    told_revision=3,
    told_status=Status.FIRING,
    told_severity=Severity.CRITICAL,
    trying_revision=4,
    attempts=2,
    not_before_ms=1_795_000_000_123,
    remote={"ts": "17.5", "channel": "C1"},
    last_error="unknown (timeout): no answer in time",
    updated_ms=1_795_000_000_000,
    alert=resolved(A1),
)
STATE = ChannelState(
    "ops", Condition.THROTTLED, 4, 1_795_000_600_000, "HTTP 429", 1_795_000_000_000
)


@pytest.fixture
async def engine(store_url: str) -> AsyncIterator[AsyncEngine]:
    for plain, driver in DRIVERS.items():
        store_url = (
            store_url.replace(plain, driver, 1) if store_url.startswith(plain) else store_url
        )
    engine = create_async_engine(store_url)
    async with engine.begin() as connection:
        await connection.run_sync(tables.metadata.create_all)
    yield engine
    await engine.dispose()


@pytest.fixture
def shelf(engine: AsyncEngine) -> SqlShelf:
    return SqlShelf(engine)


async def test_what_is_written_is_read_back_as_it_was(shelf: SqlShelf) -> None:
    await shelf.save(Rows([ENTRY], [STATE]))
    assert await shelf.load() == Rows([ENTRY], [STATE])


async def test_an_empty_entry_is_read_back_as_it_was(shelf: SqlShelf) -> None:
    entry = Entry("ops", "chat", "A")
    await shelf.save(Rows([entry], [ChannelState("ops")]))
    assert await shelf.load() == Rows([entry], [ChannelState("ops")])


async def test_a_newer_version_replaces_an_older_one(shelf: SqlShelf) -> None:
    other = replace(ENTRY, key="voice")
    await shelf.save(Rows([ENTRY, other], [STATE]))
    await shelf.save(Rows([replace(ENTRY, told_revision=9)], [ChannelState("ops")]))
    rows = await shelf.load()
    assert {(e.key, e.told_revision) for e in rows.entries} == {("chat", 9), ("voice", 3)}
    assert rows.channels == [ChannelState("ops")]


async def test_many_rows_are_written_at_once(shelf: SqlShelf) -> None:
    entries = [replace(ENTRY, key=f"k{n}") for n in range(1000)]
    await shelf.save(Rows(entries, []))
    assert len((await shelf.load()).entries) == 1000


async def test_text_that_a_database_cannot_bear_does_not_stop_the_others(shelf: SqlShelf) -> None:
    """NUL is no text in PostgreSQL, a lone surrogate none in either."""
    nasty = replace(A1, title="nul \x00 half \ud800 snow ☃", facts={"detail": "\x00\udfff"})
    await shelf.save(Rows([replace(ENTRY, alert=nasty)], []))
    (entry,) = (await shelf.load()).entries
    assert entry.alert == nasty


async def test_rows_that_nobody_understands_are_left_alone(
    engine: AsyncEngine, shelf: SqlShelf, caplog: pytest.LogCaptureFixture
) -> None:
    await shelf.save(Rows([ENTRY, replace(ENTRY, key="voice")], [STATE]))
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE journal SET told_status = 'asleep' WHERE alert_key = 'voice'")
        )
        await connection.execute(text("UPDATE journal SET doc = '{' WHERE alert_key = 'chat'"))
        await connection.execute(text("UPDATE channel SET state = 'asleep'"))
    rows = await shelf.load()
    assert rows == Rows([replace(ENTRY, alert=None, told_severity=None)], [])
    assert caplog.messages == ["journal.row_not_understood"] * 2


async def test_an_attempt_is_durable_before_it_is_made(engine: AsyncEngine) -> None:
    class Looking(FakeChannel):
        async def send(self, notification: Notification) -> Attempt:
            (self.seen,) = (await SqlShelf(engine).load()).entries
            return await super().send(notification)

    clock, ops = FakeClock(), Looking("ops")
    reconciler = Reconciler([ops], Journal(SqlShelf(engine), clock), clock, worst)
    await reconciler.load()
    reconciler.stands(A1)
    reconciler.ready()
    await reconciler.round()
    assert (ops.seen.incident_id, ops.seen.trying_revision, ops.seen.told_status) == ("A", 1, None)
    (after,) = (await SqlShelf(engine).load()).entries
    assert (after.told_revision, after.told_status, after.trying_revision) == (
        1,
        Status.FIRING,
        None,
    )
    assert after.alert == A1
