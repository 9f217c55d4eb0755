"""Omilia is down: one message for one cause, whatever was seen first, and over restarts."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.core.health import Health
from monitor.core.together import Together
from tests.app.world import CONFIG, World

PLATFORM = CONFIG.replace(
    CONFIG[CONFIG.index("endpoints:") : CONFIG.index("credentials:")],
    """endpoints:
  - {{id: status, url: "{omilia}/envs-manager/api/status"}}
  - {{id: domains, url: "{omilia}/orchestrator/api/nlu/domains/"}}
  - {{id: agents, url: "{omilia}/orchestrator/api/agents/"}}
  - {{id: miniapps, url: "{omilia}/miniapps/api/config"}}
  - {{id: tables, url: "{omilia}/metrics-api/v3/tables", critical: false}}
""",
)
POLICY = Together()
ALL = ("status", "domains", "agents", "miniapps", "tables")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, PLATFORM) as world:
        await world.pass_(120)
        assert world.receiver.messages == []
        yield world


async def ongoing(world: World) -> dict[str, dict[str, Any]]:
    _, listed, _ = await world.get("/v1/incidents?open=true")
    return {one["key"]: one for one in listed["incidents"]}


def told(world: World) -> list[tuple[str, str]]:
    return [
        (m["type"].removeprefix("incident."), m["data"]["key"]) for m in world.receiver.messages
    ]


async def ended(world: World, how: str) -> None:
    await (world.kill() if how == "kill" else world.daemon.stop())


@pytest.mark.parametrize(
    ("fault", "seen"),
    [({"do": "fail", "status": 503}, "HTTP 503 (3)"), ({"do": "reset"}, "unreachable (3)")],
)
async def test_omilia_is_down_and_one_alert_says_so(
    world: World, fault: dict[str, Any], seen: str
) -> None:
    began = world.clock.now()
    world.break_(**fault)
    await world.pass_(240)
    (message,) = world.receiver.messages
    data = message["data"]
    assert (data["key"], data["title"]) == ("platform:default", "most of platform default fails")
    assert (data["severity"], data["blame"] in ("omilia", "unclear")) == ("critical", True)
    assert seen in data["reason"]
    incidents = await ongoing(world)
    parent = incidents.pop("platform:default")
    assert sorted(incidents) == sorted(ALL)
    assert {one["parent"] for one in incidents.values()} == {parent["id"]}
    assert sorted(parent["children"]) == sorted(one["id"] for one in incidents.values())
    assert (world.clock.now() - began).total_seconds() <= 240
    _, status, _ = await world.get("/v1/status")
    assert status["status"] == "major_outage"
    assert status["sentence"] == f"platform:default: {data['sentence']}"

    world.mend()
    await world.pass_(400)
    assert told(world) == [("opened", "platform:default"), ("resolved", "platform:default")]
    assert await ongoing(world) == {}
    _, closed, _ = await world.get(f"/v1/incidents/{parent['id']}")
    assert (closed["closed_because"], len(closed["children"])) == ("all work again", 5)


async def test_the_whole_platform_is_known_to_be_down_as_soon_as_one_endpoint_is(
    world: World,
) -> None:
    world.break_(do="fail", status=503)
    first = world.metronome.first()
    assert first is not None
    wait = (first[1] - world.clock.now()).total_seconds()
    await world.pass_(wait + 15)
    assert told(world) == [("opened", "platform:default")], "nobody waited for a whole round"


async def test_one_that_fails_alone_is_told_alone_and_at_once(world: World) -> None:
    world.break_(do="fail", status=503, where="envs-manager")
    due = world.metronome.next_at("status")
    assert due is not None
    await world.pass_((due - world.clock.now()).total_seconds() + 10.5)
    assert told(world) == [("opened", "status")]


async def test_half_is_not_most(world: World) -> None:
    world.break_(do="fail", status=503, where="orchestrator")
    await world.pass_(200)
    assert sorted(told(world)) == [("opened", "agents"), ("opened", "domains")]


async def test_what_was_told_before_is_resolved_and_what_stays_down_is_told_after(
    world: World,
) -> None:
    first = world.break_(do="fail", status=503, where="envs-manager")
    await world.pass_(90)
    assert told(world) == [("opened", "status")]
    rest = [world.break_(do="fail", status=503, where=w) for w in ("orchestrator", "miniapps")]
    await world.pass_(110)
    assert told(world)[1:] == [("opened", "platform:default")]
    world.omilia.faults.clear(first)
    await world.pass_(400)
    assert told(world)[2:] == [("resolved", "status")]

    world.omilia.faults.clear(rest[0])
    await world.pass_(800)
    assert told(world)[3:] == [("resolved", "platform:default"), ("opened", "miniapps")]
    assert world.receiver.messages[-2]["data"]["reason"] == "most work again; still not: miniapps"
    world.mend()
    await world.pass_(800)
    assert told(world)[5:] == [("resolved", "miniapps")]


async def test_an_older_trouble_is_no_part_of_it(world: World) -> None:
    world.break_(do="fail", status=503, where="envs-manager")
    await world.pass_(1800)
    world.break_(do="fail", status=503)
    await world.pass_(200)
    incidents = await ongoing(world)
    assert incidents["status"]["parent"] is None
    assert len(incidents["platform:default"]["children"]) == 4


@pytest.mark.parametrize("at", [11.0, 14.0, 60.0])
@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_restart_in_the_middle_tells_nothing_twice_and_loses_no_resolve(
    world: World, at: float, end: str
) -> None:
    first = world.metronome.first()
    assert first is not None
    world.break_(do="fail", status=503)
    await world.pass_((first[1] - world.clock.now()).total_seconds() + at)
    await ended(world, end)
    await world.begin()
    await world.pass_(120)
    assert told(world) == [("opened", "platform:default")]
    await ended(world, end)
    world.mend()
    world.clock.advance(3600)
    await world.begin()
    await world.pass_(400)
    assert told(world)[1:] == [("resolved", "platform:default")]
    assert await ongoing(world) == {}


async def test_a_reload_without_its_parts_ends_it(world: World) -> None:
    world.break_(do="fail", status=503)
    await world.pass_(120)
    assert told(world) == [("opened", "platform:default")]
    only = (
        PLATFORM[: PLATFORM.index("  - {{id: domains")] + PLATFORM[PLATFORM.index("credentials:") :]
    )
    await world.daemon.reload(world.settings(only))
    await world.pass_(400)
    assert told(world)[1:] == [("resolved", "platform:default"), ("opened", "status")]


async def test_being_told_to_wait_has_nobody_else_asked_and_is_told_at_once(world: World) -> None:
    world.break_(do="throttle", where="envs-manager", retry_after="90s")
    due = world.metronome.next_at("status")
    assert due is not None
    await world.pass_((due - world.clock.now()).total_seconds() + 0.1)
    assert told(world) == [("opened", "status")]


async def test_a_rate_limit_for_everybody_is_one_story(world: World) -> None:
    world.break_(do="throttle", retry_after="90s")
    await world.pass_(130)
    assert all(world.standing(name).health is Health.THROTTLED for name in ALL)
    told_of = [key for _, key in told(world)]
    assert told_of[-1] == "platform:default"
    assert len(told_of) == POLICY.enough(len(ALL)), "those before the threshold, and then one"
