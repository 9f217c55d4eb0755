"""The journal on real databases, and when they fail."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from alerts import tables
from alerts.alert import Alert, Severity, Status
from alerts.attempt import Attempt
from alerts.channel_state import ChannelState, Condition
from alerts.entry import Entry
from alerts.journal import Journal
from alerts.message import Notification
from alerts.policy import Why
from alerts.reconciler import Reconciler
from alerts.shelf import Rows, SqlShelf
from alerts.telling import Telling
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


# ---------------------------------------------------------------- tellings


def telling(incident: str = "A", revision: int = 1, at_ms: int = 1_795_000_000_000) -> Telling:
    return Telling("ops", incident, revision, Status.FIRING, Why.FIRST, at_ms)


async def test_what_was_told_is_read_back_by_incident(shelf: SqlShelf) -> None:
    tellings = [telling(), telling("A", 2), telling("B"), telling("C")]
    await shelf.save(Rows([ENTRY], [], tellings))
    await shelf.save(Rows([], [], [telling("A", 2)]))  # written twice, kept once
    assert await shelf.load() == Rows([ENTRY], [])
    found = await shelf.tellings({"A", "B", "nobody knows"})
    assert sorted(found, key=lambda one: one.key) == tellings[:3]


async def test_a_page_of_incidents_is_read_by_one_query(
    engine: AsyncEngine, shelf: SqlShelf
) -> None:
    await shelf.save(Rows([], [], [telling(f"i{n}") for n in range(600)]))
    asked: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    assert len(await shelf.tellings({f"i{n}" for n in range(500)})) == 500
    assert len([one for one in asked if one.startswith("SELECT")]) == 1


async def test_a_telling_and_its_entry_are_written_together_or_not_at_all(
    engine: AsyncEngine, shelf: SqlShelf
) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("DROP TABLE telling"))
    with pytest.raises(SQLAlchemyError):
        await shelf.save(Rows([ENTRY], [STATE], [telling()]))
    assert await shelf.load() == Rows([], [])


async def test_old_tellings_are_deleted_but_never_those_of_what_goes_on(shelf: SqlShelf) -> None:
    believed = replace(ENTRY, incident_id="on", told_status=Status.FIRING)
    over = replace(ENTRY, key="voice", incident_id="over", told_status=Status.RESOLVED)
    old = [telling(name, 1, at_ms=1) for name in ("on", "over", "x", "y")]
    await shelf.save(Rows([believed, over], [], [*old, telling("over", 2, at_ms=9)]))
    assert await shelf.forget_before(9, 2) == 2
    assert await shelf.forget_before(9, 2) == 1
    assert await shelf.forget_before(9, 2) == 0
    left = await shelf.tellings({"on", "over", "x", "y"})
    assert sorted((one.incident_id, one.revision) for one in left) == [("on", 1), ("over", 2)]


async def test_what_was_told_outlives_the_next_incident_and_a_restart(engine: AsyncEngine) -> None:
    """The whole story on a real database: two channels, two incidents of one thing."""
    clock = FakeClock()

    async def living(*says: Alert) -> Reconciler:
        channels = [FakeChannel("mail"), FakeChannel("ops")]
        reconciler = Reconciler(channels, Journal(SqlShelf(engine), clock), clock, worst)
        await reconciler.load()
        reconciler.stands(says[0])
        reconciler.ready()
        await reconciler.round()
        for one in says[1:]:
            clock.advance(60)
            reconciler.stands(one)
            await reconciler.round()
        return reconciler

    first = alert("A", channels=["mail", "ops"])
    second = alert("B", channels=["mail", "ops"], started_at=clock.now() + timedelta(minutes=2))
    before = await (await living(first, resolved(first), second)).told(["A", "B"])
    after = await (await living(second)).told(["A", "B"])
    assert before == after
    assert [(one.channel, one.status, one.why) for one in after["A"]] == [
        ("mail", Status.FIRING, Why.FIRST),
        ("ops", Status.FIRING, Why.FIRST),
        ("mail", Status.RESOLVED, Why.RESOLVED),
        ("ops", Status.RESOLVED, Why.RESOLVED),
    ]
    assert [one.channel for one in after["B"]] == ["mail", "ops"]
