import asyncio
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from alerts import tables as told
from monitor.adapters.store import normalise, tables
from monitor.adapters.store.engine import make_engine, make_sync_engine
from monitor.adapters.store.migrate import migrate
from monitor.ports import StoreUnavailableError
from tests.stores import opened, rows, store, until


def _difference(connection: Connection) -> object:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return compare_metadata(context, [tables.metadata, told.metadata])  # type: ignore[arg-type]


def test_the_migrated_schema_is_the_one_that_the_code_speaks_to(store_url: str) -> None:
    """Ours and the journal's, which belongs to the alerts and lives in the same database."""
    url = normalise(store_url)
    migrate(url, busy=1)
    engine = make_sync_engine(url, busy=1)
    with engine.connect() as connection:
        assert _difference(connection) == []
    engine.dispose()


def test_the_comparison_would_see_a_difference(store_url: str) -> None:
    url = normalise(store_url)
    migrate(url, busy=1)
    engine = make_sync_engine(url, busy=1)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE incident ADD COLUMN mood TEXT"))
        assert "mood" in str(_difference(connection))
    engine.dispose()


def test_migrating_again_changes_nothing(store_url: str) -> None:
    url = normalise(store_url)
    migrate(url, busy=1)
    migrate(url, busy=1)
    engine = make_sync_engine(url, busy=1)
    with engine.connect() as connection:
        assert inspect(connection).has_table("standing")
    engine.dispose()


async def test_several_machines_may_start_at_once(store_url: str) -> None:
    url = normalise(store_url)
    await asyncio.gather(*(asyncio.to_thread(migrate, url, busy=30) for _ in range(4)))
    async with opened(store_url) as made:
        assert made.health().failing_since is None


async def test_several_databases_may_be_migrated_at_once_in_one_process(tmp_path: Path) -> None:
    urls = [normalise(f"sqlite:///{tmp_path}/{n}.db") for n in range(8)]
    await asyncio.gather(*(asyncio.to_thread(migrate, url, busy=30) for url in urls))
    for url in urls:
        engine = make_sync_engine(url, busy=1)
        with engine.connect() as connection:
            assert _difference(connection) == []
        engine.dispose()


def test_a_migration_is_all_or_nothing(store_url: str) -> None:
    """A table in the way of the last step: nothing of the first steps stays."""
    url = normalise(store_url)
    engine = make_sync_engine(url, busy=1)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE channel (mine INTEGER)"))
    with pytest.raises(Exception, match="channel"):
        migrate(url, busy=1)
    with engine.begin() as connection:
        assert inspect(connection).get_table_names() == ["channel"]
        connection.execute(text("DROP TABLE channel"))
    engine.dispose()
    migrate(url, busy=1)


async def test_the_store_of_a_newer_version_is_left_alone(store_url: str) -> None:
    url = normalise(store_url)
    migrate(url, busy=1)
    engine = make_engine(url, busy=1)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await engine.dispose()
    with pytest.raises(StoreUnavailableError, match="written by a newer version"):
        migrate(url, busy=1)
    made = store(store_url, load_within=0.01)
    await made.open()
    assert (await made.load()).standings == {}
    await until(lambda: "newer version" in made.health().error)
    await made.close()


async def test_a_new_file_can_give_space_back_and_keeps_what_it_was_told(tmp_path: Path) -> None:
    async with opened(f"sqlite:///{tmp_path}/s.db") as made:
        pragmas = ("auto_vacuum", "journal_mode", "synchronous", "foreign_keys")
        found = [(await rows(made, f"PRAGMA {name}"))[0][0] for name in pragmas]
        assert found == [2, "wal", 2, 1]
        definition = await rows(made, "SELECT sql FROM sqlite_master WHERE name = 'outcome'")
        assert "WITHOUT ROWID" in definition[0][0]
