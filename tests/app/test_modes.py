"""Modes, told end to end: what is ordered is published, and what is judged goes on."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.core.breaker import State
from monitor.core.order import Mode
from tests.adapters.following import until
from tests.app.world import CONFIG, World
from tests.clock import START

ACCESS = """
access:
  tokens: [{{name: ops, value: {{env: TOKEN}}, scopes: [operate]}}]
"""
STATUS = "/v1/endpoints/status/mode"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, CONFIG + ACCESS) as world:
        await world.pass_(120)
        yield world


async def order(world: World, **said: Any) -> Any:
    code, shown = await world.send("POST", STATUS, said)
    assert code == 200, shown
    return shown


async def verdict(world: World, name: str = "status") -> Any:
    code, said, headers = await world.get(f"/v1/verdicts/{name}")
    assert code == (200 if said["allow"] else 503)
    assert ("Retry-After" in headers) is not said["allow"]
    return said


async def down(world: World) -> None:
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(90)
    assert world.standing("status").breaker.state is not State.CLOSED


async def test_what_is_forced_open_allows_nobody_until_its_time_is_over(world: World) -> None:
    began, version = world.clock.now(), world.daemon.board.version
    shown = await order(world, mode="forced_open", until="10m", reason="a migration")
    told = shown["breaker"]["order"]
    assert (told["by"], told["reason"]) == ("ops", "a migration")
    assert world.daemon.board.version > version
    said = await verdict(world)
    assert (said["allow"], said["state"], said["mode"]) == (False, "closed", "forced_open")
    assert said["retry_after"] == 600.0
    assert said["valid_for"] <= 600.0
    assert said["reason"] == "forced open by ops until 2026-11-22 18:12:00 UTC: a migration"
    _, status, _ = await world.get("/v1/status")
    assert [(one["endpoint"], one["mode"]) for one in status["orders"]] == [
        ("status", "forced_open")
    ]
    assert status["status"] == "operational", "what is ordered is not how Omilia is"

    await world.pass_(599.9)
    assert not (await verdict(world))["allow"]
    version = world.daemon.board.version
    await world.pass_(0.1)
    assert world.clock.now() == began + timedelta(minutes=10)
    assert world.daemon.board.version > version, "it ends by itself, not at the next probe"
    said = await verdict(world)
    assert (said["allow"], said["mode"]) == (True, "auto")
    assert world.standing("status").order is None
    _, timeline, _ = await world.get("/v1/timeline?endpoint=status")
    modes = [one for one in timeline["events"] if one["kind"] == "mode"]
    assert [one["data"]["mode"] for one in modes] == ["auto", "forced_open"]
    assert modes[0]["at"] == "2026-11-22T18:12:00Z"
    assert "its time is over" in modes[0]["text"]
    assert world.receiver.messages == []


async def test_what_is_forced_closed_lets_all_through_while_incidents_open_as_usual(
    world: World,
) -> None:
    await order(world, mode="forced_closed", reason="we have our own fallback")
    await down(world)
    said = await verdict(world)
    assert (said["allow"], said["mode"], said["retry_after"]) == (True, "forced_closed", None)
    assert said["state"] in ("open", "half_open")
    assert "the breaker would not allow it: " in said["reason"]
    (message,) = world.receiver.messages
    assert "forced closed by ops: we have our own fallback" in message["data"]["reason"]
    _, listed, _ = await world.get("/v1/incidents")
    assert listed["incidents"][0]["order"]["mode"] == "forced_closed"
    world.mend()
    await world.pass_(120)
    assert world.receiver.heard == [("opened", "status"), ("resolved", "status")]
    _, shown, _ = await world.get("/v1/endpoints/status")
    assert shown["breaker"]["shadow"]["count"] == 1
    assert (await world.send("DELETE", STATUS))[0] == 200
    assert (await verdict(world))["mode"] == "auto"
    _, timeline, _ = await world.get("/v1/timeline?endpoint=status")
    (ended, _) = [one for one in timeline["events"] if one["kind"] == "mode"]
    assert "(ended by ops); it would have been open" in ended["text"]


async def test_a_shadow_records_what_it_would_have_done(world: World) -> None:
    await order(world, mode="shadow", reason="new numbers")
    for _ in range(2):
        await down(world)
        assert (await verdict(world))["allow"]
        world.mend()
        await world.pass_(120)
    _, shown, _ = await world.get("/v1/endpoints/status")
    shadow = shown["breaker"]["shadow"]
    assert (shadow["open"], shadow["count"], shadow["today"]["count"]) == (False, 2, 2)
    assert 60 < shadow["seconds"] == shadow["today"]["seconds"] < 240
    assert shadow["says"].startswith("would have been open ")
    assert shadow["says"].endswith(" min, twice today")
    await world.pass_(86_400)
    _, shown, _ = await world.get("/v1/endpoints/status")
    assert shown["breaker"]["shadow"]["says"] == "would not have been open today"
    assert shown["breaker"]["shadow"]["count"] == 2


async def test_an_order_survives_a_kill_and_ends_while_nobody_is_there(world: World) -> None:
    await order(world, mode="forced_open", until=900, reason="a migration")
    await world.daemon.stop()
    world.clock.advance(300)
    await world.begin()
    said = await verdict(world)
    assert (said["allow"], said["retry_after"]) == (False, 600.0)
    assert world.standing("status").order.by == "ops"
    await world.daemon.reload(world.settings())
    assert (await verdict(world))["mode"] == "forced_open"
    await world.daemon.stop()
    world.clock.advance(3600)
    await world.begin()
    assert (await verdict(world))["mode"] == "auto", "not even before anybody looked"
    await world.deliver()
    assert world.standing("status").order is None
    _, timeline, _ = await world.get("/v1/timeline?endpoint=status")
    assert next(e for e in timeline["events"] if e["kind"] == "mode")["at"] == (
        "2026-11-22T18:17:00Z"
    )


async def test_the_configuration_s_mode_stands_and_an_order_wins_while_it_lasts(
    world: World,
) -> None:
    shadowed = world._config.replace("confirm_after: 5s", "confirm_after: 5s, mode: shadow")
    await world.daemon.reload(world.settings(shadowed))
    await world.deliver()
    assert {(await verdict(world, name))["mode"] for name in ("status", "tables")} == {"shadow"}
    _, shown, _ = await world.get("/v1/endpoints/status")
    assert (shown["breaker"]["order"]["by"], shown["breaker"]["order"]["since"]) == (
        "configuration",
        None,
    )
    shown = await order(world, mode="auto", until="1m")
    assert (shown["breaker"]["mode"], shown["breaker"]["order"]) == ("auto", None)
    await world.pass_(60)
    assert (await verdict(world))["mode"] == "shadow"
    await order(world, mode="forced_open")
    await world.daemon.reload(world.settings(CONFIG + ACCESS))
    assert (await verdict(world))["mode"] == "forced_open"
    await order(world, mode="auto")
    assert (await verdict(world))["mode"] == "auto"
    assert world.standing("status").order is None


async def test_the_configuration_s_mode_ends_at_its_time(tmp_path: Path) -> None:
    until = (START + timedelta(seconds=60)).isoformat()
    mode = f"confirm_after: 5s, mode: forced_open, mode_until: '{until}', mode_reason: work"
    async with World(tmp_path, CONFIG.replace("confirm_after: 5s", mode) + ACCESS) as world:
        assert (await verdict(world))["mode"] == Mode.FORCED_OPEN
        assert world.daemon.engine.orders_change_at() == START + timedelta(seconds=60)
        version = world.daemon.board.version
        await world.pass_(59.999)
        assert not (await verdict(world))["allow"]
        await world.pass_(0.001)
        assert (await verdict(world))["allow"]
        assert world.daemon.board.version > version


async def test_followers_hear_of_an_order_and_of_its_end(world: World) -> None:
    told = world.daemon.web.events.source._told
    await order(world, mode="forced_open", until="90s")
    await until(lambda: Mode.FORCED_OPEN in told["verdict", "status"])  # type: ignore[operator]
    await world.pass_(90)
    await until(lambda: Mode.AUTO in told["verdict", "status"])  # type: ignore[operator]


@pytest.mark.parametrize(
    ("said", "pointer"),
    [
        ({"mode": "forced_open", "until": "2020-01-01T00:00:00Z"}, "#/until"),
        ({"mode": "forced_open", "until": "400d"}, "#/until"),
        ({"mode": "forced_open", "until": -1}, "#/until"),
        ({"mode": "forced_open", "until": 1e300}, "#/until"),
        ({"mode": "open"}, "#/mode"),
        ({"mode": "shadow", "who": "me"}, "#/who"),
        ({}, "#/mode"),
    ],
)
async def test_what_makes_no_sense_changes_nothing(
    world: World, said: dict[str, Any], pointer: str
) -> None:
    code, problem = await world.send("POST", STATUS, said)
    assert (code, problem["errors"][0]["pointer"]) == (422, pointer)
    assert world.standing("status").order is None


async def test_nobody_is_there_to_be_ordered(world: World) -> None:
    code, problem = await world.send("POST", "/v1/endpoints/none/mode", {"mode": "auto"})
    assert (code, problem["type"]) == (404, "urn:omilia-monitor:problem:unknown-endpoint")
    assert (await world.send("DELETE", STATUS))[0] == 200
