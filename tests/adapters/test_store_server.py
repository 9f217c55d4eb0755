"""A PostgreSQL that is stopped, killed or locked stops nobody, and is caught up with."""

import asyncio

import psycopg
import pytest

from monitor.adapters.store import SqlStore
from monitor.ports import Facts, Saved, StoreUnavailableError
from tests.postgres import Postgres
from tests.stores import (
    PATIENCE,
    incident,
    opened,
    outcome,
    rows,
    standing,
    store,
    trip,
    until,
    written,
)


async def test_a_server_that_is_stopped_and_started_is_caught_up_with(
    own_postgres: Postgres,
) -> None:
    async with opened(own_postgres.database()) as made:
        await made.commit(Facts(standing(epoch=1), (trip(1),)))
        await asyncio.to_thread(own_postgres.stop)
        async with asyncio.timeout(PATIENCE):
            for epoch in range(2, 50):
                made.note(outcome(due=epoch))
                await made.commit(Facts(standing(epoch=epoch), (trip(epoch),), (incident(),)))
        assert made.health().failing_since is not None
        with pytest.raises(StoreUnavailableError, match="postgresql://monitor@"):
            await made.incidents(limit=1)
        await asyncio.to_thread(own_postgres.start)
        await until(lambda: made.health().failing_since is None)
        await written(made)
        assert (await made.load()).standings["a"].breaker.epoch == 49
        epochs = await rows(made, "SELECT epoch FROM move ORDER BY epoch")
        assert [epoch for (epoch,) in epochs] == list(range(1, 50))
        assert await rows(made, "SELECT count(*) FROM outcome") == [(48,)]
        assert await made.incident("one") == incident()


async def test_a_crash_of_the_server_loses_nothing_that_was_committed(
    own_postgres: Postgres,
) -> None:
    async with opened(own_postgres.database()) as made:
        for crash in range(3):
            enough = asyncio.Event()
            going_on = asyncio.create_task(_commit_on_and_on(made, crash * 1000, enough))
            await enough.wait()
            await asyncio.to_thread(own_postgres.kill)
            await going_on
            await asyncio.to_thread(own_postgres.start)
            await until(lambda: made.health().failing_since is None)
            await written(made)
            epochs = await rows(made, "SELECT epoch FROM move ORDER BY epoch")
            assert len(epochs) == (crash + 1) * 500


async def _commit_on_and_on(made: SqlStore, base: int, enough: asyncio.Event) -> None:
    for n in range(500):
        await made.commit(Facts(standing(epoch=base + n), (trip(base + n),)))
        if n == 20:
            enough.set()


async def test_a_server_that_is_not_there_yet_does_not_stop_the_start(
    own_postgres: Postgres,
) -> None:
    url = own_postgres.database()
    own_postgres.stop()
    made = store(url, load_within=0.05, patience=0.05)
    await made.open()
    try:
        assert await made.load() == Saved(complete=False)
        await made.commit(Facts(standing(epoch=4)))
        await until(lambda: "connection" in made.health().error)
        assert "\n" not in made.health().error
        await asyncio.to_thread(own_postgres.start)
        await until(lambda: made.health().failing_since is None)
        await written(made)
        assert await rows(made, "SELECT epoch FROM standing") == [(4,)]
    finally:
        await made.close()


async def test_a_row_that_somebody_else_has_locked_is_waited_for_elsewhere(
    own_postgres: Postgres,
) -> None:
    url = own_postgres.database()
    async with opened(url, patience=0.05) as made:
        await made.commit(Facts(standing(epoch=1)))
        await written(made)
        with psycopg.connect(url) as other:
            other.execute("SELECT * FROM standing FOR UPDATE")
            async with asyncio.timeout(PATIENCE):
                await made.commit(Facts(standing(epoch=2)))
            await until(lambda: "lock timeout" in made.health().error)
            assert (await made.load()).standings["a"].breaker.epoch == 1
        await until(lambda: made.health().failing_since is None)
        await written(made)
        assert (await made.load()).standings["a"].breaker.epoch == 2


async def test_sessions_are_bounded_by_the_server_too(own_postgres: Postgres) -> None:
    async with opened(own_postgres.database()) as made:
        for setting, value in {
            "statement_timeout": "10s",
            "lock_timeout": "3s",
            "idle_in_transaction_session_timeout": "10s",
            "application_name": "omilia-monitor",
        }.items():
            assert await rows(made, f"SHOW {setting}") == [(value,)]


async def test_what_the_url_says_holds(own_postgres: Postgres) -> None:
    url = own_postgres.database() + "&application_name=mine&options=-c%20lock_timeout%3D1s"
    async with opened(url) as made:
        assert await rows(made, "SHOW application_name") == [("mine",)]
        assert await rows(made, "SHOW lock_timeout") == [("1s",)]
        assert await rows(made, "SHOW statement_timeout") == [("10s",)]
