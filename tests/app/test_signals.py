"""Omilia's own signals, end to end: a release beside an outage, services that are not well."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.core.breaker import State
from monitor.core.health import Health
from tests.app.world import CONFIG, World

SIGNALS = (
    ', signals: {{release: "$.version", started: "$..server_start_time",'
    ' services: "$..services_status"}}}}'
)
WITH_SIGNALS = CONFIG.replace('api/status"}}', 'api/status"' + SIGNALS)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, WITH_SIGNALS) as world:
        await world.pass_(120)
        yield world


async def nothing() -> None:
    pass


async def happened(world: World) -> list[dict[str, Any]]:
    _, timeline, _ = await world.get("/v1/timeline")
    events: list[dict[str, Any]] = timeline["events"]
    return events


async def test_a_release_is_seen_beside_the_outage_that_it_made(world: World) -> None:
    assert await happened(world) == [], "what is seen for the first time is no event"
    world.omilia.restart(version="1.18.0", lasts=150)
    await world.pass_(600)
    restart, release = await happened(world)
    assert (release["kind"], release["text"]) == ("release", "1.17.0 became 1.18.0")
    assert (restart["kind"], restart["endpoint"]) == ("restart", "status")
    _, listed, _ = await world.get("/v1/incidents")
    for incident in listed["incidents"]:
        _, whole, _ = await world.get(f"/v1/incidents/{incident['id']}")
        assert [one["kind"] for one in whole["around"]] == ["release", "restart"]
    _, shown, _ = await world.get("/v1/endpoints/status")
    assert shown["signals"]["release"] == "1.18.0"
    assert shown["signals"]["started"] == restart["data"]["after"]


async def test_a_restart_alone_is_no_outage(world: World) -> None:
    world.omilia.restart(version="1.17.0", lasts=1)
    world.clock.advance(1)
    await world.pass_(300)
    assert [one["kind"] for one in await happened(world)] == ["restart"]
    assert world.standing("status").breaker.state is State.CLOSED
    assert world.receiver.messages == []


@pytest.mark.parametrize("gently", [True, False])
async def test_a_restart_of_ours_is_no_release_and_one_of_theirs_meanwhile_is_seen(
    world: World, gently: bool
) -> None:
    async def again(meanwhile: float) -> None:
        if not gently:  # nothing is written at the end, as when it is killed
            world.daemon.engine.save = nothing  # type: ignore[method-assign]
        await world.daemon.stop()
        world.clock.advance(meanwhile)
        await world.begin()
        await world.pass_(120)

    await again(600)
    assert await happened(world) == []
    world.omilia.restart(version="2.0.0", lasts=1)
    await again(600)
    assert {one["text"] for one in await happened(world)} >= {"1.17.0 became 2.0.0"}
    count = len(await happened(world))
    await again(600)
    assert len(await happened(world)) == count


async def test_a_service_that_is_not_well_degrades_and_is_told_as_a_warning(world: World) -> None:
    world.break_(do="services", says={"database": "degraded", "kafka": "UP"})
    await world.pass_(200)
    standing = world.standing("status")
    assert (standing.health, standing.breaker.state) == (Health.DEGRADED, State.CLOSED)
    _, verdict, _ = await world.get("/v1/verdicts/status")
    assert verdict["allow"], "degraded is no reason not to call"
    (opened,) = [message["data"] for message in world.receiver.messages]
    assert (opened["severity"], opened["category"]) == ("warning", "impaired")
    assert opened["reason"].endswith("says itself that it is not well. database says degraded")
    assert opened["title"] == "status says that it is not well"
    assert (opened["blame"], opened["http_status"]) == ("omilia", 200)
    _, shown, _ = await world.get("/v1/endpoints/status")
    assert shown["signals"]["services"] == [
        {"name": "database", "said": "degraded", "well": False},
        {"name": "kafka", "said": "UP", "well": True},
    ]
    world.mend()
    await world.pass_(120)
    assert [one["type"] for one in world.receiver.messages][1:] == ["incident.resolved"]


@pytest.mark.parametrize("otherwise", ["unknown", "ignore"])
async def test_what_nobody_knows_the_meaning_of_may_be_unknown_or_nothing(
    tmp_path: Path, otherwise: str
) -> None:
    config = WITH_SIGNALS.replace("signals: {{", f"signals: {{{{otherwise: {otherwise}, ")
    async with World(tmp_path, config) as world:
        world.break_(do="services", says={"database": "amber"})
        await world.pass_(300)
        expected = {"unknown": Health.UNKNOWN, "ignore": Health.OPERATIONAL}[otherwise]
        assert world.standing("status").health is expected
        assert world.receiver.messages == []
