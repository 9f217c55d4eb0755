"""Months told on a false clock, and recounted from the raw outcomes on one's fingers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from monitor.core.maintenance import Plan, Window
from tests.app.ledger_world import MONTHS, LedgerWorld, overlap, recounted
from tests.app.process import until
from tests.app.test_store_trouble import GONE, hide

STATUS = "envs-manager"


def oct_(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 10, day, hour, minute, tzinfo=UTC)


OCTOBER = oct_(1), datetime(2026, 11, 1, tzinfo=UTC)
NOVEMBER = OCTOBER[1], datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[LedgerWorld]:
    async with LedgerWorld(tmp_path) as world:
        yield world


async def outage(world: LedgerWorld, at: datetime, minutes: float, where: str = STATUS) -> None:
    await world.until(at)
    world.break_(do="fail", where=where, status=503)
    await world.pass_(minutes * 60)
    world.mend()


async def test_two_months_are_what_a_plain_recount_of_their_probes_says(
    world: LedgerWorld,
) -> None:
    """Outages short and long, over a month's end, over a restart, over a kill, and while the
    monitor is away; failures that trip nothing; a rejected credential; two that overlap."""
    await outage(world, oct_(3, 9), 90)
    await outage(world, oct_(5, 9), 61)
    await world.restart(after=30)
    await world.until(oct_(7))
    world.break_(do="fail", where=STATUS, status=502)
    await world.pass_(7200)
    await world.restart(after=5400)
    await world.pass_(3600)
    world.mend()
    await world.until(oct_(10))
    world.break_(do="reset", where="orchestrator")
    await world.pass_(5000)
    await world.kill_and_begin(after=7)
    await world.pass_(5000)
    world.mend()
    await outage(world, oct_(12), 130)
    await outage(world, oct_(12, 3), 130, where="orchestrator")
    await world.until(oct_(15))
    world.break_(do="reject_token")
    await world.pass_(4 * 3600)
    world.mend()
    await world.until(oct_(20))
    await world.kill_and_begin(after=3 * 86_400)
    await outage(world, oct_(31, 22), 300)
    await outage(world, NOVEMBER[0] + timedelta(days=9), 70, where="metrics")
    await world.until(NOVEMBER[0] + timedelta(days=11))
    present = [*world.present, (world._began, world.clock.now())]

    for month, (start, end) in (("2026-10", OCTOBER), ("2026-11", NOVEMBER)):
        region = await world.month(month)
        both: list[tuple[datetime, datetime]] = []
        for endpoint in region["endpoints"]:
            name = endpoint["endpoint"]
            outages = list(recounted(await world.outcomes(name)))
            seen = [
                (max(begin, here), min(until or there, there))
                for begin, until in outages
                for here, there in present
                if begin < there and (until or there) > here
            ]
            assert endpoint["downtime"] == pytest.approx(overlap(seen, start, end), abs=0.1), name
            both += seen if endpoint["critical"] else []
        assert region["downtime"] == pytest.approx(overlap(merged(both), start, end), abs=0.1)
        away = (end - start).total_seconds() - overlap(present, start, end)
        unseen = region["seconds"]["unwatched"] + region["seconds"]["ahead"]
        assert unseen == pytest.approx(away, abs=61)
        assert region["downtime_least"] < region["downtime"] <= region["downtime_most"] or (
            region["downtime"] == 0
        )
    october = await world.month("2026-10")
    assert october["downtime"] > 6 * 3600, "the story was told"
    (ours,) = [r for r in october["runs"] if r["mark"] == "ours"]
    assert ours["causes"] == ["credential"]
    assert ours["seconds"] > 3 * 3600
    november = await world.month("2026-11")
    assert november["seconds"]["down"] > 0, "an outage that goes on over the end of a month"
    assert [e["endpoint"] for e in november["endpoints"] if e["downtime"]] == ["status", "tables"]
    await every_outage_is_an_incident(world)


def merged(spans: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    found: list[tuple[datetime, datetime]] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


async def every_outage_is_an_incident(world: LedgerWorld) -> None:
    """Stretches and incidents tell the same story: each names the other, and times agree."""
    everything = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    (watch,) = await world.daemon.store.watches(*everything)
    down = [one for one in watch.stretches if one.mark == "down"]
    _, listed, _ = await world.get("/v1/incidents?limit=500")
    incidents = {one["id"]: one for one in listed["incidents"] if one["health"] == "down"}
    assert {one.incident for one in down} == set(incidents)
    for name, incident in incidents.items():
        mine = [one for one in down if one.incident == name]
        opened = datetime.fromisoformat(incident["opened_at"])
        closed = datetime.fromisoformat(incident["closed_at"])
        assert min(one.begin for one in mine) <= opened
        assert all(one.end is not None and one.end <= closed for one in mine)
        assert {one.endpoint for one in mine} == {incident["endpoint"]}


async def test_maintenance_is_left_out_and_an_outage_that_outlasts_it_is_not(
    world: LedgerWorld,
) -> None:
    await world.until(oct_(4))
    world.daemon.board.plan = Plan([Window("w", "upgrade", oct_(4, 1), oct_(4, 4))])
    await outage(world, oct_(4, 2), 240)
    await world.until(oct_(5))
    region = await world.month("2026-10")
    assert region["seconds"]["maintenance"] == 3 * 3600
    maintained, run = region["runs"]
    assert (maintained["from"], maintained["to"]) == (
        "2026-10-04T01:00:00Z",
        "2026-10-04T04:00:00Z",
    )
    assert (run["mark"], run["from"]) == ("down", "2026-10-04T04:00:00Z")
    assert region["downtime"] == run["seconds"] > 3600


async def test_throttling_is_shown_apart_and_a_503_with_retry_after_is_downtime(
    world: LedgerWorld,
) -> None:
    await world.until(oct_(2))
    world.break_(do="throttle", where=STATUS, retry_after="5m")
    await world.pass_(7200)
    world.mend()
    await world.until(oct_(3))
    region = await world.month("2026-10")
    assert region["seconds"]["throttled"] > 3600
    assert region["downtime"] == 0
    assert region["met"] is True


async def test_an_application_that_is_stopped_is_its_owners(tmp_path: Path) -> None:
    config = MONTHS.replace('domains/"', 'domains/", about: application')
    async with LedgerWorld(tmp_path, config) as world:
        await outage(world, oct_(2), 130, where="orchestrator")
        await world.until(oct_(3))
        region = await world.month("2026-10")
        (domains,) = [one for one in region["endpoints"] if one["endpoint"] == "domains"]
        assert (domains["downtime"], domains["critical"]) == (0, False)
        assert domains["seconds"]["ours"] > 3600
        assert [run["causes"] for run in domains["runs"]] == [["application"]]
        assert region["downtime"] == 0


async def test_a_reload_moves_an_endpoint_to_its_new_region_and_ends_what_is_gone(
    world: LedgerWorld,
) -> None:
    await world.until(oct_(2))
    gone = MONTHS.replace("region: us1", "region: eu1").replace(
        '  - {{id: tables, url: "{omilia}/metrics-api/v3/tables", critical: false}}\n', ""
    )
    world._config = gone
    await world.daemon.reload(world.settings())
    await world.until(oct_(3))
    _, us1 = await world.regions("2026-10")
    assert [one["seconds"]["up"] for one in us1["endpoints"]] == [86_400.0] * 3
    await world.restart(after=60)
    await world.until(oct_(4))
    eu1, us1 = await world.regions("2026-10")
    assert [one["endpoint"] for one in eu1["endpoints"]] == ["domains", "status"]
    assert [one["endpoint"] for one in us1["endpoints"]] == ["domains", "status", "tables"]
    assert us1["seconds"]["up"] == 86_400
    assert eu1["seconds"]["up"] == pytest.approx(2 * 86_400 - 60, abs=10)


async def test_a_monitor_that_was_suspended_was_not_there(world: LedgerWorld) -> None:
    await world.until(oct_(2))
    world.clock.advance(3 * 3600)
    await world.until(oct_(3))
    region = await world.month("2026-10")
    assert region["seconds"]["unwatched"] == 3 * 3600
    assert region["downtime"] == 0


@pytest.mark.parametrize("step", [-7200, -30, 7200])
async def test_a_clock_that_is_set_makes_nothing_negative_and_nothing_twice(
    world: LedgerWorld, step: float
) -> None:
    await world.until(oct_(2))
    world.clock.step(step)
    await outage(world, oct_(2, 12), 130)
    await world.until(oct_(3))
    region = await world.month("2026-10")
    (down,) = [run for run in region["runs"] if run["mark"] == "down"]
    (status,) = [one for one in region["endpoints"] if one["endpoint"] == "status"]
    assert status["downtime"] == region["downtime"] == down["seconds"] > 3600
    assert all(run["seconds"] > 0 for run in region["runs"])
    expected = max(step, 0)
    assert region["seconds"]["unwatched"] == pytest.approx(expected, abs=1)


async def test_a_store_that_is_away_for_an_outage_is_told_of_it_afterwards(
    world: LedgerWorld, tmp_path: Path
) -> None:
    await world.until(oct_(2))
    world.daemon.store._writer._must_open = True
    opening = world.daemon.store._database.open

    async def broken() -> None:
        raise OSError("the disk is gone")

    world.daemon.store._database.open = broken  # type: ignore[method-assign]
    await outage(world, oct_(2, 6), 130)
    await world.until(oct_(3))
    assert world.daemon.store.health().failing_since is not None
    world.daemon.store._database.open = opening  # type: ignore[method-assign]
    region = await world.month("2026-10")
    (run,) = [one for one in region["runs"] if one["mark"] == "down"]
    assert run["seconds"] > 3600
    assert region["coverage"] == 1.0


async def test_what_a_hidden_store_believed_ends_when_it_is_found_again(world: LedgerWorld) -> None:
    """The monitor began without its store, and one endpoint fewer: nothing there goes on for it."""
    await world.until(oct_(2))
    world._config = MONTHS.replace(
        '  - {{id: tables, url: "{omilia}/metrics-api/v3/tables", critical: false}}\n', ""
    )
    await world.daemon.stop()
    back = await asyncio.to_thread(hide, world.file)
    world.patience = GONE
    await world.begin()
    await world.pass_(6 * 3600)
    await asyncio.to_thread(back)
    await until(is_whole(world))
    await world.until(oct_(3))
    region = await world.month("2026-10")
    up = {one["endpoint"]: one["seconds"]["up"] for one in region["endpoints"]}
    assert up["tables"] == 86_400.0
    assert up["status"] == pytest.approx(2 * 86_400, abs=60)


def is_whole(world: LedgerWorld) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        await world.daemon.store_watch.look()
        return not world.daemon._began_blind

    return look


async def test_a_stop_says_that_it_was_there_until_then(world: LedgerWorld) -> None:
    await world.until(oct_(2))
    world.clock.advance(40)
    await world.restart(after=0)
    await world.until(oct_(3))
    assert (await world.month("2026-10"))["seconds"]["unwatched"] == 0
