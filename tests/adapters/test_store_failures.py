"""A SQLite store that is locked, full, broken or gone stops nobody, and catches up."""

import asyncio
import logging
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from monitor.adapters.store import Retention, SqlStore
from monitor.adapters.store.space import CRITICAL, SCARCE
from monitor.ports import Facts, Saved, StoreUnavailableError
from tests.clock import START, FakeClock
from tests.stores import (
    PATIENCE,
    at,
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


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Somebody else holds the lock for writing."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.close()


def _put(file: Path, garbage: bytes) -> None:
    """Put another file in its place, as a restored backup would be."""
    new = file.with_suffix(".new")
    new.write_bytes(garbage * 10_000)
    new.replace(file)


def _take_away(file: Path) -> None:
    for part in file.parent.glob("store.db*"):
        part.unlink()


async def _failing(made: SqlStore) -> None:
    await until(lambda: made.health().failing_since is not None)


async def _works(made: SqlStore) -> None:
    await until(lambda: made.health().failing_since is None)
    await written(made)


async def test_a_locked_file_costs_a_commit_its_patience_and_no_more(file: Path) -> None:
    clock = FakeClock()
    async with opened(f"sqlite:///{file}", clock, patience=0.05) as made:
        await made.commit(Facts(standing(epoch=1), (trip(1),)))
        await _works(made)
        clock.advance(5)
        with locked(file):
            async with asyncio.timeout(PATIENCE):
                await made.commit(Facts(standing(epoch=2), (trip(2),), (incident(),)))
            assert made.health().failing_since == clock.now()
            async with asyncio.timeout(PATIENCE):
                for epoch in range(3, 500):  # while it is known to fail nobody waits
                    await made.commit(Facts(standing(epoch=epoch), (trip(epoch),)))
            await until(lambda: "locked" in made.health().error)
            assert (await made.load()).standings["a"].breaker.epoch == 1  # reading goes on
            assert made.health().backlog >= 498
        await _works(made)
        assert (await made.load()).standings["a"].breaker.epoch == 499
        assert await made.incident("one") == incident()
        epochs = await rows(made, "SELECT epoch FROM move ORDER BY at_ms, epoch")
        assert [epoch for (epoch,) in epochs] == list(range(1, 500))
        assert made.health().error == ""


async def test_outcomes_wait_for_a_locked_file_as_long_as_there_is_room(file: Path) -> None:
    async with opened(f"sqlite:///{file}", max_outcomes=50) as made:
        with locked(file):
            for n in range(80):
                made.note(outcome(due=n))
            await _failing(made)
            assert (made.health().backlog, made.health().dropped) == (50, 30)
        await _works(made)
        assert await rows(made, "SELECT count(*), min(due_ms) FROM outcome") == [
            (50, int(at(30).timestamp() * 1000))
        ]


async def test_closing_a_locked_store_is_bounded_and_says_what_is_lost(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    made = store(f"sqlite:///{file}", patience=0.01)
    await made.open()
    await made.load()
    with locked(file):
        await made.commit(Facts(standing()))
        async with asyncio.timeout(PATIENCE):
            await made.close(within=0.1)
    assert "store.closed_owing" in caplog.messages


async def test_a_full_file_gives_up_history_before_it_gives_up_facts(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pages = 1_000_000

    def limit(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.cursor().execute(f"PRAGMA max_page_count={pages}")

    async with opened(f"sqlite:///{file}", look_every=3600) as made:
        await made.commit(Facts(standing(epoch=1), (), (incident(),)))
        event.listen(made.engine.sync_engine, "checkout", limit)
        pages = int((await rows(made, "PRAGMA page_count"))[0][0]) + 4
        for n in range(3_000):
            made.note(outcome(due=n, detail="x" * 100))
        await until(lambda: "full" in made.health().error)
        assert made.health().failing_since is not None
        await made.commit(Facts(standing(epoch=2), (), (incident(revision=2),)))
        assert (await made.load()).standings["a"].breaker.epoch == 2
        assert await made.incident("one") == incident(revision=2)
        assert made.health().backlog == 0
        stored = int((await rows(made, "SELECT count(*) FROM outcome"))[0][0])
        assert stored > 0
        assert stored + made.health().dropped == 3_000
        assert caplog.messages.count("store.sparing") == 1


async def test_a_file_that_is_full_for_facts_too_keeps_them_until_there_is_room(file: Path) -> None:
    pages = 1_000_000

    def limit(connection: Any, _record: Any, _proxy: Any) -> None:
        connection.cursor().execute(f"PRAGMA max_page_count={pages}")

    async with opened(f"sqlite:///{file}") as made:
        event.listen(made.engine.sync_engine, "checkout", limit)
        pages = int((await rows(made, "PRAGMA page_count"))[0][0])
        for n in range(100):
            await made.commit(Facts(standing(f"e{n}"), (), (incident(f"i{n}"),)))
        assert "full" in made.health().error
        assert made.health().backlog > 0
        pages = 1_000_000
        await _works(made)
        assert len((await made.load()).standings) == 100
        assert len(await made.incidents(limit=200)) == 100


async def test_little_room_on_the_disk_is_met_in_two_steps(file: Path) -> None:
    clock, free = FakeClock(), SCARCE
    forever = Retention(1e9, 1e9, 1e9)
    async with opened(f"sqlite:///{file}", clock, free=lambda _: free) as made:
        made.note(outcome(due=0))
        await written(made)
        clock.advance(600)
        free = SCARCE - 1
        await _failing(made)
        assert "raw outcomes are given up" in made.health().error
        made.note(outcome(due=1))
        assert made.health().dropped == 1
        await made.commit(Facts(standing(epoch=1)))
        await made.sweep(forever)
        assert await rows(made, "SELECT res, good FROM rollup") == [(60, 1)]
        free = CRITICAL - 1
        await until(lambda: "rollups are given up" in made.health().error)
        clock.advance(7200)
        await made.sweep(forever)
        assert await rows(made, "SELECT res, good FROM rollup") == [(60, 1)]
        await made.commit(Facts(standing(epoch=2)))
        assert (await made.load()).standings["a"].breaker.epoch == 2
        free = SCARCE
        await _works(made)
        made.note(outcome(due=2))
        await written(made)
        await made.sweep(forever)
        assert await rows(made, "SELECT res, good FROM rollup WHERE res = 3600") == [(3600, 2)]


async def test_a_disk_that_cannot_be_asked_counts_as_having_room(file: Path) -> None:
    def broken(_: Path) -> int:
        raise OSError("stale file handle")

    async with opened(f"sqlite:///{file}", free=broken) as made:
        await made.commit(Facts(standing()))
        assert made.health().failing_since is None


async def test_garbage_in_the_place_of_the_database_does_not_stop_the_start(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _put(file, b"this is not a database")
    made = store(f"sqlite:///{file}", load_within=0.05, patience=0.05)
    await made.open()
    try:
        assert await made.load() == Saved(complete=False)
        assert "store.not_loaded" in caplog.messages
        await made.commit(Facts(standing(epoch=1), (trip(1),)))
        await until(lambda: "not a database" in made.health().error)
        with pytest.raises(StoreUnavailableError, match="not open"):
            await made.buckets("a", start=START, end=at(60), step=60)
        _take_away(file)  # what the operator does
        await _works(made)
        assert await rows(made, "SELECT epoch FROM move") == [(1,)]
    finally:
        await made.close()


async def test_a_file_that_is_replaced_while_we_run_is_noticed(file: Path) -> None:
    async with opened(f"sqlite:///{file}") as made:
        await made.commit(Facts(standing(epoch=1)))
        _put(file, b"garbage")
        await _failing(made)
        await made.commit(Facts(standing(epoch=2), (trip(2),)))
        _take_away(file)
        await _works(made)
        assert (await made.load()).standings["a"].breaker.epoch == 2


async def test_a_file_that_is_deleted_while_we_run_is_made_again(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(f"sqlite:///{file}") as made:
        await made.commit(Facts(standing(epoch=1)))
        _take_away(file)
        await until(lambda: "store.reopened" in caplog.messages)
        await until(file.exists)
        await made.commit(Facts(standing("b", epoch=2)))
        assert set((await made.load()).standings) == {"b"}
        assert caplog.messages.count("store.reopened") == 1


async def test_a_folder_that_does_not_exist_yet_is_waited_for(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    made = store(f"sqlite:///{folder}/store.db", load_within=0.05, patience=0.05)
    await made.open()
    try:
        assert await made.load() == Saved(complete=False)
        await made.commit(Facts(standing()))
        await until(lambda: "unable to open" in made.health().error)
        folder.mkdir()
        await _works(made)
        assert await rows(made, "SELECT epoch FROM standing") == [(0,)]
    finally:
        await made.close()
        shutil.rmtree(folder)


async def test_one_failure_is_one_line_in_the_log(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    async with opened(f"sqlite:///{file}", busy=0.0) as made:
        with locked(file):
            await made.commit(Facts(standing()))
            for _ in range(20):
                await asyncio.sleep(0.01)
                await made.commit(Facts(standing()))
        await _works(made)
    assert caplog.messages == ["store.failing", "store.works_again"]


async def test_a_bug_of_ours_loses_one_row_and_no_more(file: Path) -> None:
    async with opened(f"sqlite:///{file}") as made:
        nonsense = incident("bad", trips=object())
        await made.commit(Facts(standing(epoch=1), (), (nonsense, incident("good"))))
        assert (await made.load()).incidents == (incident("good"),)
        assert made.health().dropped == 1
        assert made.health().failing_since is None


_CHILD = """
import asyncio, sys
from tests.stores import store, standing, trip, incident, outcome
from monitor.ports import Facts

async def main():
    made = store(sys.argv[1])
    await made.open()
    await made.load()
    for n in range(1, 100_000):
        made.note(outcome(due=n))
        await made.commit(Facts(standing(epoch=n), (trip(n),), (incident(revision=n),)))
        print(n, flush=True)

asyncio.run(main())
"""


async def test_kill_dash_nine_loses_nothing_that_was_committed(file: Path) -> None:
    url = f"sqlite:///{file}"
    for enough in (1, 40, 170):
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-c", _CHILD, url, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        promised = 0
        async with asyncio.timeout(PATIENCE):
            while promised < enough:
                promised = int(await child.stdout.readline())
        child.kill()
        rest = (await child.stdout.read()).split()
        await child.wait()
        promised = max([promised, *map(int, rest)])
        async with opened(url) as made:
            saved = await made.load()
            epoch = saved.standings["a"].breaker.epoch
            assert epoch >= promised
            assert saved.incidents[0].revision >= promised
            epochs = {row[0] for row in await rows(made, "SELECT epoch FROM move")}
            assert epochs >= set(range(1, promised + 1))
            assert await rows(made, "PRAGMA integrity_check") == [("ok",)]
            # one transaction: what stands and what happened agree
            assert max(epochs) == epoch
        _take_away(file)
