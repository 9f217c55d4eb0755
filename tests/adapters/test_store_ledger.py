"""The store's ledger: written once a change, read by month and location, kept while it fails."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text

from monitor.adapters.store import Retention, backlog, read_only
from monitor.adapters.store.backlog import Backlog
from monitor.core.stretch import Mark, Presence, Stretch
from monitor.ports import Facts, StoreUnavailableError
from tests import strategies
from tests.stores import at, incident, opened, rows, standing, store, until, written

HERE = Presence(at(0), at(100))


def stretch(begin: float, end: float | None = None, endpoint: str = "a", **more: Any) -> Stretch:
    values: dict[str, Any] = {"mark": Mark.UP, "region": "us1", **more}
    return Stretch(endpoint, begin=at(begin), end=None if end is None else at(end), **values)


async def test_what_was_written_is_read_by_the_time_that_it_touches(store_url: str) -> None:
    before, during, goes_on = stretch(0, 10), stretch(10, 20), stretch(20)
    async with opened(store_url) as made:
        made.record([before, during, goes_on], HERE)
        await written(made)
        (watch,) = await made.watches(at(10), at(20))
        assert (watch.location, watch.presences) == ("here", [HERE])
        assert watch.stretches == [during]
        (watch,) = await made.watches(at(19), at(21))
        assert sorted(watch.stretches, key=lambda one: one.begin) == [during, goes_on]
        assert await made.watches(at(-20), at(-10)) == []


async def test_a_stretch_is_written_again_in_its_own_place(store_url: str) -> None:
    async with opened(store_url) as made:
        made.record([stretch(0)], Presence(at(0), at(0)))
        await written(made)
        planned = stretch(0, 30, mark=Mark.MAINTENANCE)
        made.record([stretch(0, 10), planned, stretch(10, mark=Mark.DOWN)], HERE)
        await written(made)
        assert len(await rows(made, "SELECT * FROM stretch")) == 3
        assert await rows(made, "SELECT count(*) FROM presence") == [(1,)]
        made.record([replace(stretch(0, 5), mark=Mark.DEGRADED)], HERE)
        await written(made)
        (watch,) = await made.watches(at(0), at(5))
        assert {one.mark for one in watch.stretches} == {Mark.DEGRADED, Mark.MAINTENANCE}


async def test_two_that_begin_in_the_same_millisecond_are_the_later_one(store_url: str) -> None:
    first = stretch(0, mark=Mark.UNKNOWN)
    second = replace(stretch(0), begin=at(0) + timedelta(microseconds=10))
    async with opened(store_url) as made:
        made.record([first, second], HERE)
        await written(made)
        (watch,) = await made.watches(at(0), at(5))
        assert watch.stretches == [second]
        assert made.health().dropped == 0


async def test_the_incidents_of_stretches_come_along_and_each_location_tells_its_own(
    store_url: str,
) -> None:
    named = stretch(0, 50, mark=Mark.DOWN, incident="one")
    async with opened(store_url) as made, opened(store_url, location="away") as other:
        await made.commit(Facts(standing(), (), (incident("one"), incident("two"))))
        made.record([named], HERE)
        other.record([stretch(0, 50)], HERE)
        await written(made)
        await written(other)
        away, here = await made.watches(at(0), at(10))
        assert (away.location, away.incidents) == ("away", {})
        assert (here.location, here.incidents) == ("here", {"one": incident("one")})


async def test_a_restart_goes_on_with_what_had_not_ended(store_url: str) -> None:
    over, goes_on = stretch(0, 10), stretch(10)
    planned = stretch(50, 200, mark=Mark.MAINTENANCE)
    async with opened(store_url) as made:
        assert (await made.load()).presence is None
        made.record([over, goes_on, planned], HERE)
        made.record([], Presence(at(0), at(120)))
        await written(made)
    async with opened(store_url, location="elsewhere") as other:
        assert (await other.load()).stretches == ()
    async with opened(store_url) as made:
        saved = await made.load()
        assert saved.stretches == (planned, goes_on)
        assert saved.presence == Presence(at(0), at(120))


async def test_presence_alone_is_in_no_hurry_but_is_written(store_url: str) -> None:
    async with opened(store_url) as made:
        for seen in (10, 20, 30):
            made.record([], Presence(at(0), at(seen)))
        await written(made)
        (found,) = await rows(made, "SELECT seen_ms - begin_ms FROM presence")
        assert found == (30_000,)


async def test_old_stretches_go_with_old_incidents_and_what_goes_on_stays(store_url: str) -> None:
    day = 86_400.0
    async with opened(store_url) as made:
        made.record([stretch(0, 10), stretch(-900 * day, 20, "b")], HERE)
        made.record([stretch(-800 * day, None, "c"), stretch(0, 402 * day, "d")], HERE)
        made.record([], Presence(at(500), at(402 * day)))
        await written(made)
        clock: Any = made._clock
        clock.advance(401 * day)
        await made.sweep(Retention())
        (watch,) = await made.watches(at(-1000 * day), at(1000 * day))
        assert sorted(one.endpoint for one in watch.stretches) == ["c", "d"]
        assert [one.begin for one in watch.presences] == [at(500)]


async def test_while_the_store_is_away_it_waits_and_only_the_newest_of_each(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    made = store(f"sqlite:///{folder}/store.db")
    await made.open()
    try:
        made.record([stretch(0)], Presence(at(0), at(0)))
        made.record([stretch(0, 10), stretch(10)], Presence(at(0), at(20)))
        await until(lambda: made.health().failing_since is not None)
        assert made.health().backlog == 3
        folder.mkdir()
        await written(made)
        (watch,) = await made.watches(at(0), at(50))
        assert sorted(watch.stretches, key=lambda one: one.begin) == [stretch(0, 10), stretch(10)]
        assert watch.presences == [Presence(at(0), at(20))]
    finally:
        await made.close()


def test_what_could_not_be_written_never_replaces_what_is_newer() -> None:
    waiting = Backlog()
    waiting.record([stretch(0)], Presence(at(0), at(0)))
    batch = waiting.take(0)
    assert [len(single) for single in batch.singles()] == [1, 1]
    waiting.record([stretch(0, 10)], Presence(at(0), at(10)))
    waiting.put_back(batch)
    again = waiting.take(0)
    assert list(again.stretches.values()) == [stretch(0, 10)]
    assert list(again.presences.values()) == [Presence(at(0), at(10))]


def test_the_backlog_of_stretches_is_bounded() -> None:
    waiting = Backlog()
    for begin in range(backlog.MAX_STRETCHES + 5):
        waiting.record([stretch(begin, begin + 1)], HERE)
    assert len(waiting) == backlog.MAX_STRETCHES + 1
    assert waiting.dropped == 5


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(strategies.stretches)
def test_every_stretch_comes_back_as_it_was(store_url: str, found: Stretch) -> None:
    one = replace(found, end=None, mark=Mark.DOWN)

    async def story() -> None:
        async with opened(store_url) as made:
            made.record([one], HERE)
            await written(made)
            (watch,) = await made.watches(one.begin, one.begin + timedelta(seconds=1))
            assert one in watch.stretches
            assert made.health().dropped == 0

    asyncio.run(story())


# ---------------------------------------------------------------- beside a daemon


async def test_it_can_be_read_beside_a_daemon_and_after_it(store_url: str) -> None:
    async with opened(store_url) as made:
        made.record([stretch(0)], HERE)
        await written(made)
        async with read_only(store_url) as reader:
            assert [one.stretches for one in await reader.watches(at(0), at(5))] == [[stretch(0)]]
            made.record([stretch(0, 3), stretch(3)], HERE)
            await written(made)
            assert [len(one.stretches) for one in await reader.watches(at(0), at(5))] == [2]
    async with read_only(store_url) as reader:
        assert [len(one.stretches) for one in await reader.watches(at(0), at(5))] == [2]


async def test_a_file_may_have_any_name(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/a %23#b.db"
    async with opened(url) as made:
        made.record([stretch(0)], HERE)
        await written(made)
    async with read_only(url) as reader:
        assert len(await reader.watches(at(0), at(5))) == 1


def names_in(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


async def test_reading_changes_nothing_and_makes_nothing(tmp_path: Path) -> None:
    async with read_only(f"sqlite:///{tmp_path}/none.db") as reader:
        with pytest.raises(StoreUnavailableError, match="no such file"):
            await reader.watches(at(0), at(5))
    (tmp_path / "empty.db").touch()
    async with read_only(f"sqlite:///{tmp_path}/empty.db") as reader:
        with pytest.raises(StoreUnavailableError):
            await reader.watches(at(0), at(5))
    assert names_in(tmp_path) == ["empty.db"]


async def test_a_store_that_is_not_ours_is_said_to_be_so(store_url: str) -> None:
    async with opened(store_url) as made:
        await made.commit(Facts(standing()))
        async with made.engine.begin() as connection:
            await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
        async with read_only(store_url) as reader:
            with pytest.raises(StoreUnavailableError, match="its schema is 0001"):
                await reader.watches(at(0), at(5))
        async with made.engine.begin() as connection:
            await connection.execute(text("DROP TABLE alembic_version"))
        async with read_only(store_url) as reader:
            with pytest.raises(StoreUnavailableError, match="no store of ours"):
                await reader.watches(at(0), at(5))
    with pytest.raises(ValueError, match="URL"):
        async with read_only("nonsense"):
            pass
