"""What is committed is there, in order, once, and a restart goes on from it."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from sqlalchemy import text

from monitor.core.breaker import Moved, Snapshot
from monitor.core.incident import Incident
from monitor.core.outcome import Category, Effect
from monitor.core.standing import Standing
from monitor.core.window import Recent
from monitor.ports import Facts, History, Store, StoreUnavailableError
from tests import strategies
from tests.stores import at, incident, opened, outcome, rows, standing, store, trip, until, written

on_a_fixture = settings(
    max_examples=10, deadline=None, suppress_health_check=list(HealthCheck)
)  # each example uses keys of its own, or overwrites them


async def test_it_fits_its_ports(store_url: str) -> None:
    async with opened(store_url) as made:
        for_the_engine: Store = made
        for_people: History = made
        assert (for_the_engine, for_people) == (made, made)


async def test_a_restart_goes_on_from_what_was_committed(store_url: str) -> None:
    going_on, over = incident("on"), incident("over", revision=2, closed_at=at(60))
    async with opened(store_url) as made:
        await made.commit(Facts(standing("a", epoch=7), (trip(7),), (going_on, over)))
        await made.commit(Facts(standing("b")))
    async with opened(store_url) as made:
        saved = await made.load()
        assert saved.standings == {"a": standing("a", epoch=7), "b": standing("b")}
        assert saved.incidents == (going_on,)


@on_a_fixture
@given(strategies.standings, strategies.moves, strategies.incidents)
def test_every_value_comes_back_as_it_was(
    store_url: str, stands: Standing, move: Moved, found: Incident
) -> None:
    async def story() -> None:
        async with opened(store_url) as made:
            await made.commit(Facts(stands, (move,), (replace(found, revision=10_000),)))
            assert (await made.load()).standings[stands.endpoint] == stands
            assert await made.incident(found.id) == replace(found, revision=10_000)
            assert made.health().dropped == 0

    asyncio.run(story())


async def test_a_commit_is_durable_when_it_returns(store_url: str) -> None:
    async with opened(store_url) as made, opened(store_url, location="elsewhere") as other:
        await made.commit(Facts(standing(), (), (incident(),)))
        assert await other.incident("one") == incident()
        assert made.health().backlog == 0


async def test_each_location_has_its_own_standings(store_url: str) -> None:
    async with opened(store_url) as here, opened(store_url, location="there") as there:
        await here.commit(Facts(standing(epoch=1), (trip(1),), (incident(),)))
        await there.commit(Facts(standing(epoch=2)))
        assert (await here.load()).standings["a"].breaker.epoch == 1
        assert (await there.load()).standings["a"].breaker.epoch == 2
        assert (await there.load()).incidents == ()
        assert len(await there.incidents(limit=9)) == 1  # history is everybody's


async def test_facts_may_come_twice(store_url: str) -> None:
    facts = Facts(standing(epoch=1), (trip(1),), (incident(),))
    async with opened(store_url) as made:
        for _ in range(3):
            await made.commit(facts)
        assert await rows(made, "SELECT epoch, move FROM move") == [(1, "trip")]
        assert await made.incidents(limit=9) == [incident()]


async def test_a_lower_revision_never_overwrites_a_higher_one(store_url: str) -> None:
    newer = incident(revision=3, closed_at=at(9))
    async with opened(store_url) as made:
        await made.commit(Facts(standing(), (), (newer,)))
        await made.commit(Facts(standing(), (), (incident(revision=2),)))
        assert await made.incident("one") == newer
        more_trips = replace(newer, trips=4)
        await made.commit(Facts(standing(), (), (more_trips,)))
        assert await made.incident("one") == more_trips


async def test_the_last_of_many_commits_wins(store_url: str) -> None:
    async with opened(store_url) as made:
        many = [made.commit(Facts(standing(epoch=n), (trip(n),))) for n in range(100)]
        await asyncio.gather(*many)
        assert (await made.load()).standings["a"].breaker.epoch == 99
        epochs = await rows(made, "SELECT epoch FROM move ORDER BY epoch")
        assert [epoch for (epoch,) in epochs] == list(range(100))


async def test_a_cancelled_commit_loses_nothing(store_url: str) -> None:
    async with opened(store_url) as made:
        for n in range(20):
            commit = asyncio.create_task(made.commit(Facts(standing(epoch=n), (trip(n),))))
            for _ in range(n % 4 + 1):
                await asyncio.sleep(0)
            commit.cancel()
        await written(made)
        assert len(await rows(made, "SELECT epoch FROM move")) == 20
        assert (await made.load()).standings["a"].breaker.epoch == 19


async def test_incidents_come_newest_first_and_by_pages(store_url: str) -> None:
    known = [incident(f"i{n}", opened_at=n) for n in range(5)]
    async with opened(store_url) as made:
        await made.commit(Facts(standing(), (), tuple(known)))
        first = await made.incidents(limit=2)
        assert [found.id for found in first] == ["i4", "i3"]
        rest = await made.incidents(limit=9, before=first[-1].opened_at)
        assert [found.id for found in rest] == ["i2", "i1", "i0"]
        assert await made.incident("none") is None
        some = await made.incidents_by_id({"i1", "i3", "none"})
        assert {found.id for found in some} == {"i1", "i3"}
        assert await made.incidents_by_id([]) == []


async def test_a_restart_knows_what_was_seen_since_the_standing_was_stored(store_url: str) -> None:
    refused = outcome("b", 50, category=Category.PERMISSION, effect=Effect.NEUTRAL, status=403)
    async with opened(store_url) as made:
        await made.commit(Facts(standing("a")))
        await made.commit(Facts(standing("b")))
        for due in (0, 10, 20, 30):
            made.note(outcome("a", due))
        made.note(refused)
        await written(made)
        saved = (await made.load()).standings
    assert saved["a"].last == outcome("a", 30)
    assert saved["a"].last_good_at == saved["a"].evidence_at == at(30.1)
    assert saved["b"].last == refused
    assert saved["b"].evidence_at == at(0.1)  # a refusal is no evidence


async def test_raw_outcomes_are_written_in_batches_and_once(store_url: str) -> None:
    async with opened(store_url) as made:
        for n in range(1_000):
            made.note(outcome(f"e{n % 7}", n))
            made.note(outcome(f"e{n % 7}", n, latency=9.0))  # the same probe again
        await written(made)
        assert await rows(made, "SELECT count(*), max(latency_us) FROM outcome") == [(1000, 100000)]


async def test_what_cannot_be_read_is_left_out_and_the_rest_is_loaded(store_url: str) -> None:
    async with opened(store_url) as made:
        for name in ("a", "b"):
            await made.commit(Facts(standing(name), (), (incident(name),)))
            made.note(outcome(name, 60))
        await written(made)
        async with made.engine.begin() as connection:
            for statement in (
                "UPDATE standing SET doc = '{' WHERE doc LIKE '%\"endpoint\":\"a\"%'",
                "UPDATE incident SET doc = '[]' WHERE id = 'a'",
                "UPDATE outcome SET category = 'splendid'",
            ):
                await connection.execute(text(statement))
        saved = await made.load()
        assert saved.standings == {"b": standing("b")}
        assert saved.incidents == (incident("b"),)


@pytest.mark.parametrize("name", ["nul \x00", "half a pair \ud800"])
async def test_a_row_that_is_refused_for_its_own_sake_holds_nobody_up(
    store_url: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with opened(store_url) as made:
        bad, good = incident(name), incident("good")
        await made.commit(Facts(standing("a", epoch=5), (trip(5),), (bad, good)))
        assert (await made.load()).standings["a"].breaker.epoch == 5
        assert good in await made.incidents(limit=9)
        assert made.health().failing_since is None
        await made.commit(Facts(standing("b")))
        assert set((await made.load()).standings) == {"a", "b"}
        kept_after_all = await made.incidents_by_id([bad.id]) if made.health().dropped == 0 else []
        assert (made.health().dropped, len(kept_after_all)) in {(1, 0), (0, 1)}
        refusals = [r for r in caplog.records if r.message == "store.refused"]
        assert len(refusals) == made.health().dropped


async def test_what_is_handed_in_before_the_store_is_open_is_kept(store_url: str) -> None:
    made = store(store_url)
    made.note(outcome())
    await made.commit(Facts(standing()))
    with pytest.raises(StoreUnavailableError, match="not open"):
        await made.incidents(limit=1)
    await made.open()
    try:
        assert (await made.load()).standings in ({}, {"a": standing()})
        await written(made)
        assert await rows(made, "SELECT count(*) FROM outcome") == [(1,)]
    finally:
        await made.close()


async def test_closing_writes_what_is_owed(store_url: str) -> None:
    async with opened(store_url) as made:
        made.note(outcome())
        late = asyncio.create_task(made.commit(Facts(standing(epoch=3))))
        await asyncio.sleep(0)
    await late
    async with opened(store_url) as made:
        assert (await made.load()).standings["a"].breaker.epoch == 3
        assert await rows(made, "SELECT count(*) FROM outcome") == [(1,)]


async def test_it_opens_closes_and_opens_again_without_a_trace(store_url: str) -> None:
    for _ in range(3):
        async with opened(store_url) as made:
            await until(lambda made=made: made.health().failing_since is None)  # type: ignore[misc]


async def test_what_was_calm_since_a_standing_was_kept_is_weighed_against_what_was_not(
    store_url: str,
) -> None:
    breaker = Snapshot(recent=Recent((90.0, 100.0), "x."), taken_at=at(0), taken_mono=100.0)
    mixed = replace(standing("a"), breaker=breaker, last=outcome("a", 0.0))
    calm = replace(mixed, endpoint="b", breaker=replace(breaker, recent=Recent((100.0,), ".")))
    async with opened(store_url) as made:
        for stands in (mixed, calm):
            await made.commit(Facts(stands))
            for seconds in (60.0, 120.0, 180.0):
                made.note(outcome(stands.endpoint, seconds))
        await written(made)
    async with opened(store_url) as made:
        saved = (await made.load()).standings
    heard = saved["a"].breaker.recent
    assert heard.marks == "x...."
    assert heard.at == pytest.approx((90, 100, 160.1, 220.1, 280.1))
    assert saved["b"].breaker.recent.marks == "..", "one seek, no reading"
    assert {stands.last.due for stands in saved.values() if stands.last} == {at(180)}


async def test_moves_are_read_back_by_time_and_by_location(store_url: str) -> None:
    async with opened(store_url) as made, opened(store_url, location="there") as there:
        for epoch, when in ((1, 0.0), (2, 10.0), (3, 20.0)):
            await made.commit(Facts(standing(epoch=epoch), (trip(epoch, when),)))
        await there.commit(Facts(standing(epoch=9), (trip(9, 5.0),)))

        async def epochs(**question: Any) -> list[int]:
            return [one.epoch for one in await made.moves("a", **{"limit": 9, **question})]

        assert await epochs() == [3, 2, 1]
        assert await epochs(limit=2) == [3, 2]
        assert await epochs(end=at(20)) == [2, 1]
        assert await epochs(start=at(10), newest_first=False) == [2, 3]
        assert await made.moves("nobody", limit=9) == []
        assert await made.moves("a", limit=1) == [trip(3, 20.0)]
