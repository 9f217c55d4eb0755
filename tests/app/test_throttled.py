"""Being told to wait, told end to end: alone, and together with all that share the quota."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.core.breaker import State
from monitor.core.grounds import Rule
from monitor.core.health import Health
from tests.app.world import CONFIG, World

TOGETHER = CONFIG.replace("value: {{env: PAT}}", "value: {{env: PAT}}, throttled: together")
TABLES = "/metrics-api/v3/tables"
ALL = ("status", "domains", "tables")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, TOGETHER) as world:
        await world.pass_(120)
        yield world


def throttle(world: World, retry_after: str = "90s") -> None:
    world.break_(do="throttle", where="metrics", retry_after=retry_after)


async def until_told_to_wait(world: World) -> None:
    for _ in range(100):
        due = world.metronome.first()
        assert due is not None
        await world.pass_((due[1] - world.clock.now()).total_seconds())
        if world.standing("tables").breaker.state is State.OPEN:
            return
    raise AssertionError("nobody was told to wait")


async def verdicts(world: World) -> dict[str, Any]:
    _, listed, _ = await world.get("/v1/verdicts")
    return {one["endpoint"]: one for one in listed["verdicts"]}


async def test_one_that_is_told_to_wait_holds_all_that_share_its_quota(world: World) -> None:
    throttle(world)
    await until_told_to_wait(world)
    for name in ALL:
        assert world.standing(name).health is Health.THROTTLED
        assert world.standing(name).breaker.throttled
    told = await verdicts(world)
    assert [told[name]["allow"] for name in ALL] == [False] * 3
    assert all(90 <= told[name]["retry_after"] <= 105 for name in ALL)
    assert told["status"]["reason"] == "throttled with tables: HTTP 429: Too many requests"
    _, shown, _ = await world.get("/v1/endpoints/status")
    why = shown["breaker"]["why"]
    assert (why["rule"], why["by"], why["threshold"]) == (Rule.THROTTLED, "tables", 90.0)
    assert [one["status"] for one in why["samples"]] == [429]

    asked = world.omilia.requests.total
    await world.pass_(told["tables"]["retry_after"] - 1)
    assert world.omilia.requests.total == asked, "nobody asks before the time is over"
    (message,) = world.receiver.messages
    assert message["data"]["key"] == "throttled:pat"
    assert message["data"]["title"] == "credential pat is throttled"


async def test_when_the_time_is_over_one_asks_first_and_all_find_back(world: World) -> None:
    throttle(world)
    await until_told_to_wait(world)
    world.mend()
    told, asked = await verdicts(world), world.omilia.requests.total
    await world.pass_(told["tables"]["retry_after"] + 1)
    assert world.omilia.requests.total == asked + 1
    await world.pass_(60)
    for name in ALL:
        assert world.standing(name).health is Health.OPERATIONAL
    assert world.receiver.heard == [("opened", "tables"), ("resolved", "tables")]
    _, listed, _ = await world.get("/v1/incidents")
    (incident,) = listed["incidents"]
    assert incident["key"] == "throttled:pat"
    _, whole, _ = await world.get(f"/v1/incidents/{incident['id']}")
    assert [one["move"] for one in whole["moves"]] == ["trip", "trial", "reset"]
    assert [one["why"]["rule"] for one in whole["moves"]] == [
        "throttled",
        "open_time_over",
        "good_trials",
    ]
    _, others, _ = await world.get("/v1/endpoints/status/moves?limit=9")
    assert [one["why"]["by"] for one in others["moves"]] == [None, None, "tables"]


async def test_who_asks_first_and_is_told_to_wait_again_holds_the_others_again(
    world: World,
) -> None:
    throttle(world)
    await until_told_to_wait(world)
    told, asked = await verdicts(world), world.omilia.requests.total
    await world.pass_(told["tables"]["retry_after"] + 60)
    assert world.omilia.requests.total == asked + 1
    assert all(one["retry_after"] > 25 for one in (await verdicts(world)).values())
    assert world.receiver.heard == [("opened", "tables")]


async def test_a_restart_in_the_middle_of_the_wait_asks_nobody(world: World) -> None:
    throttle(world)
    await until_told_to_wait(world)
    told, asked = await verdicts(world), world.omilia.requests.total
    await world.daemon.stop()
    world.clock.advance(20)
    await world.begin()
    again = await verdicts(world)
    assert [again[name]["allow"] for name in ALL] == [False] * 3
    assert again["status"]["retry_after"] == pytest.approx(
        told["status"]["retry_after"] - 20, abs=0.01
    )
    await world.pass_(again["tables"]["retry_after"] - 1)
    assert world.omilia.requests.total == asked
    world.mend()
    await world.pass_(120)
    assert world.receiver.heard == [("opened", "tables"), ("resolved", "tables")]


async def test_one_that_needs_no_wait_is_left_alone_by_default(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        await world.pass_(120)
        throttle(world)
        await until_told_to_wait(world)
        await world.pass_(30)
        assert world.standing("status").health is Health.OPERATIONAL
        assert world.receiver.heard == [("opened", "tables")]
        assert world.receiver.messages[0]["data"]["key"] == "tables"


async def test_a_reload_that_tears_them_apart_leaves_each_its_own_wait(world: World) -> None:
    throttle(world)
    await until_told_to_wait(world)
    await world.daemon.reload(world.settings(CONFIG))
    world.mend()
    await world.pass_(200)
    for name in ALL:
        assert world.standing(name).health is Health.OPERATIONAL
    _, listed, _ = await world.get("/v1/incidents?open=true")
    assert listed["incidents"] == []
