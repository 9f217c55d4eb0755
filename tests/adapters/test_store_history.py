"""Rollups, charts and retention, on both databases."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitor.adapters.store import Retention, SqlStore
from monitor.adapters.store import retain as retention_module
from monitor.adapters.store.janitor import Roller
from monitor.core.history import Rollup, availability, fold, percentile, regroup
from monitor.core.outcome import Category, Effect, Outcome
from monitor.ports import Bucket, Facts
from tests.clock import START, FakeClock
from tests.stores import at, incident, opened, outcome, rows, standing, trip, written

FOREVER = Retention(1e9, 1e9, 1e9)


async def _noted(made: SqlStore, *outcomes: Outcome) -> None:
    for one in outcomes:
        made.note(one)
    await written(made)


async def _hours(made: SqlStore, clock: FakeClock, step: float = 3600) -> list[Bucket]:
    return list(await made.buckets("a", start=START, end=clock.now(), step=step))


def _expected(start: int, rollup: Rollup, step: float) -> Bucket:
    shares = [percentile(rollup, share) for share in (0.5, 0.95, 0.99)]
    begin = START + timedelta(seconds=start)
    return Bucket(begin, step, rollup.counts, availability(rollup), *shares)


some = st.lists(
    st.builds(
        outcome,
        due=st.integers(0, 3 * 3600 * 1000 - 1).map(lambda ms: ms / 1000),
        category=st.sampled_from([Category.OK, Category.SERVER_ERROR, Category.CREDENTIAL]),
        effect=st.sampled_from(Effect),
        latency=st.none() | st.integers(0, 10**7).map(lambda us: us / 1e6),
    ),
    unique_by=lambda o: o.due,
    max_size=40,
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(some, st.integers(0, 40))
def test_charts_say_the_same_however_far_the_rollups_have_come(
    store_url: str, outcomes: list[Outcome], early: int
) -> None:
    """From raw rows, from minutes, from hours, and with rows that came after the rollup."""
    outcomes = [
        o if o.category is not Category.OK else outcome(due=(o.due - START).total_seconds())
        for o in outcomes
    ]
    per_minute = [(int((o.due - START).total_seconds()) // 60 * 60, fold([o])) for o in outcomes]

    async def story(location: str) -> None:
        clock = FakeClock()
        async with opened(store_url, clock, location=location) as made:
            await _noted(made, *outcomes[:early])
            clock.advance(90 * 60)
            await made.sweep(FOREVER)
            await _noted(made, *outcomes[early:])
            clock.advance(120 * 60)
            for swept in range(3):
                for step in (60, 600, 3600, 7200):
                    wanted = [_expected(s, r, step) for s, r in regroup(per_minute, step)]
                    assert await _hours(made, clock, step) == wanted, (swept, step)
                await made.sweep(FOREVER)

    asyncio.run(story(f"{id(outcomes)}-{early}"))


async def test_a_sweep_rolls_up_what_has_ended_and_no_more(store_url: str) -> None:
    clock = FakeClock()
    async with opened(store_url, clock) as made:
        await _noted(made, *(outcome("a", due) for due in range(0, 7200, 10)))
        clock.advance(3600 + 29)
        await made.sweep(FOREVER)  # the last minute may still have probes under way
        found = await rows(made, "SELECT res, count(*) FROM rollup GROUP BY res ORDER BY res")
        assert found == [(60, 59)]
        clock.advance(1)
        await made.sweep(FOREVER)
        found = await rows(made, "SELECT res, count(*) FROM rollup GROUP BY res ORDER BY res")
        assert found == [(60, 60), (3600, 1)]
        counts = await rows(made, "SELECT counts, good FROM rollup WHERE res = 3600")
        assert counts == [('{"ok":360}', 360)]


async def test_what_comes_late_is_rolled_up_again(store_url: str) -> None:
    clock = FakeClock()
    async with opened(store_url, clock) as made:
        await _noted(made, outcome(due=10))
        clock.advance(2 * 3600)
        await made.sweep(FOREVER)
        await _noted(made, outcome(due=20))
    async with opened(store_url, clock) as made:  # and nobody forgets it over a restart
        await made.sweep(FOREVER)
        counts = await rows(made, "SELECT res, good FROM rollup ORDER BY res")
        assert counts == [(60, 2), (3600, 2)]


async def test_rows_that_come_in_during_a_sweep_are_not_missed(store_url: str) -> None:
    clock = FakeClock()
    async with opened(store_url, clock) as made:
        await _noted(made, outcome("first", 0))
        clock.advance(3 * 3600 + 60)
        sweep = asyncio.create_task(made.sweep(FOREVER))
        for n in range(200):
            made.note(outcome("a", n * 50))
            await asyncio.sleep(0)
        await sweep
        await written(made)
        await made.sweep(FOREVER)
        good = await rows(made, "SELECT res, sum(good) FROM rollup GROUP BY res ORDER BY res")
        assert [(res, int(count)) for res, count in good] == [(60, 201), (3600, 201)]


async def test_a_row_that_comes_while_its_hour_is_rolled_up_is_not_missed(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    write, came = Roller._write, False

    async def write_and_be_late(roller: Roller, location: int, res: int, tallies: Any) -> None:
        nonlocal came
        await write(roller, location, res, tallies)
        if res == 3600 and not came:
            came = True
            await _noted(made, outcome(due=20))

    monkeypatch.setattr(Roller, "_write", write_and_be_late)
    async with opened(store_url, clock) as made:
        await _noted(made, outcome(due=10))
        clock.advance(7200)
        await made.sweep(FOREVER)
        await made.sweep(FOREVER)
        assert came
        assert await rows(made, "SELECT res, good FROM rollup ORDER BY res") == [(60, 2), (3600, 2)]


async def test_two_sweeps_at_once_are_one(store_url: str) -> None:
    clock = FakeClock()
    async with opened(store_url, clock) as made:
        await _noted(made, *(outcome(due=due) for due in range(0, 3600, 5)))
        clock.advance(2 * 3600)
        await asyncio.gather(*(made.sweep(FOREVER) for _ in range(5)))
        assert await rows(made, "SELECT sum(good) FROM rollup WHERE res = 3600") == [(720,)]


async def test_charts_include_what_is_not_rolled_up_yet(store_url: str) -> None:
    clock = FakeClock()
    async with opened(store_url, clock) as made:
        bad = outcome(due=30, category=Category.SERVER_ERROR, effect=Effect.FAILURE, status=503)
        await _noted(made, outcome(due=0), bad)
        clock.advance(40)
        (bucket,) = await _hours(made, clock, 60)
        assert (bucket.counts, bucket.availability) == ({"ok": 1, "server_error": 1}, 0.5)
        assert await made.buckets("nobody", start=START, end=clock.now(), step=60) == []


@pytest.mark.parametrize(("asked", "given_"), [(1, 60), (60, 60), (90, 120), (86400, 86400)])
async def test_steps_are_whole_minutes(store_url: str, asked: float, given_: float) -> None:
    clock = FakeClock()
    async with opened(store_url, clock) as made:
        await _noted(made, outcome())
        clock.advance(60)
        (bucket,) = await made.buckets("a", start=START, end=clock.now(), step=asked)
        assert bucket.step == given_


async def test_each_age_goes_when_its_time_has_come(store_url: str) -> None:
    clock = FakeClock()
    keep = Retention(outcomes=3600, minutes=2 * 3600, hours=4 * 3600)
    over, open_ = incident("over", closed_at=at(1)), incident("open")
    async with opened(store_url, clock) as made:
        await made.commit(Facts(standing(), (trip(1),), (over, open_)))
        await _noted(made, *(outcome(due=due) for due in range(0, 6 * 3600, 60)))
        clock.advance(6 * 3600 + 60)
        await made.sweep(keep)
        ages = {
            "outcome": "SELECT min(due_ms) / 1000 FROM outcome",
            "minute": "SELECT min(bucket) FROM rollup WHERE res = 60",
            "hour": "SELECT min(bucket) FROM rollup WHERE res = 3600",
        }
        now = clock.now().timestamp()
        oldest = {name: now - float((await rows(made, sql))[0][0]) for name, sql in ages.items()}
        assert oldest["outcome"] <= keep.outcomes < oldest["minute"] <= keep.minutes
        assert keep.minutes < oldest["hour"] <= keep.hours
        assert await rows(made, "SELECT count(*) FROM move") == [(0,)]
        assert await made.incidents(limit=9) == [open_]
        assert set((await made.load()).standings) == {"a"}


async def test_old_minutes_are_not_made_anew_from_what_is_left_of_them(store_url: str) -> None:
    """Half of a minute's rows are gone already: its rollup, made in time, stays as it is."""
    clock = FakeClock()
    async with opened(store_url, clock) as made:
        await _noted(made, *(outcome(due=due) for due in range(0, 60, 10)))
        clock.advance(120)
        await made.sweep(FOREVER)
        clock.advance(3600 - 90)
        keep = Retention(outcomes=3600, minutes=1e9, hours=1e9)  # begins at second 30
        await made.sweep(keep)
        assert await rows(made, "SELECT count(*) FROM outcome") == [(3,)]
        await _noted(made, outcome(due=45))  # late
        await made.sweep(keep)
        assert await rows(made, "SELECT good FROM rollup WHERE res = 60") == [(6,)]


async def test_a_clock_that_was_far_off_costs_no_walk_through_the_ages(store_url: str) -> None:
    clock = FakeClock()
    years = 20 * 365 * 86_400
    async with opened(store_url, clock) as made:
        await _noted(made, outcome(due=-years), outcome())
        clock.advance(7200)
        await made.sweep(FOREVER)
        assert await rows(made, "SELECT res, sum(good) FROM rollup GROUP BY res ORDER BY res") == [
            (60, 2),
            (3600, 2),
        ]


async def test_deletes_are_small(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    monkeypatch.setattr(retention_module, "ROWS", 10)
    async with opened(store_url, clock) as made:
        await _noted(made, *(outcome(due=due) for due in range(95)))
        clock.advance(1000)
        await made.sweep(Retention(10, 1e9, 1e9))
        assert await rows(made, "SELECT count(*) FROM outcome") == [(0,)]


async def test_a_sqlite_file_shrinks_when_what_is_old_goes(tmp_path: Path) -> None:
    clock, file = FakeClock(), tmp_path / "store.db"
    async with opened(f"sqlite:///{file}", clock) as made:
        for due in range(5_000):
            made.note(outcome(due=due, detail="x" * 300, category=Category.SERVER_ERROR))
        await written(made)
        before = (await rows(made, "PRAGMA page_count"))[0][0]
        clock.advance(10_000)
        await made.sweep(Retention(10, 1e9, 1e9))
        assert (await rows(made, "PRAGMA page_count"))[0][0] < before / 4
        assert await rows(made, "PRAGMA freelist_count") == [(0,)]


async def test_one_location_does_not_sweep_the_others(store_url: str) -> None:
    clock = FakeClock()
    async with (
        opened(store_url, clock, location="here") as here,
        opened(store_url, clock, location="there") as there,
    ):
        await _noted(here, outcome())
        await _noted(there, outcome(), outcome(due=1))
        clock.advance(3600)
        await here.sweep(Retention(60, 1e9, 1e9))
        assert await rows(here, "SELECT count(*) FROM outcome") == [(2,)]
        assert await rows(here, "SELECT good FROM rollup") == [(1,)]
        assert len(await there.buckets("a", start=START, end=clock.now(), step=60)) == 1


async def test_a_sweep_of_nothing_does_nothing(store_url: str) -> None:
    async with opened(store_url) as made:
        await made.sweep(FOREVER)
        assert await rows(made, "SELECT * FROM rollup") == []
