"""What a follower of the whole daemon is told: outages, reloads, restarts."""

import asyncio
import socket
from pathlib import Path
from typing import Any

from monitor.client import VerdictClient
from tests.adapters.following import PATIENCE, Follower, following, until
from tests.app.world import CONFIG, World
from tests.loopback import own_host


def soon(low: float, high: float) -> float:
    """Dice that make nobody wait long."""
    return min(max(low, 0.05), high)


async def heard(follower: Follower, kind: str, **wanted: object) -> dict[str, Any]:
    """Listen until something is said; how many steps are told between depends on the machine."""
    while True:
        (*_, one) = await follower.until(kind)
        if wanted.items() <= one.data.items():
            return dict(one.data)


async def test_an_outage_is_told_as_it_happens_and_after_a_restart_from_the_beginning(
    tmp_path: Path,
) -> None:
    async with World(tmp_path) as world:
        await world.pass_(120)
        async with following(world.daemon.url) as follower:
            told = await follower.until("config")
            assert {one.data["allow"] for one in told if one.kind == "verdict"} == {True}
            world.break_(do="fail", where="envs-manager", status=503)
            await world.pass_(80)
            _, asked, _ = await world.get("/v1/verdicts/status")
            verdict = await heard(follower, "verdict", epoch=asked["epoch"])
            assert (verdict["allow"], verdict["state"]) == (False, "open")
            world.mend()
            await world.pass_(300)
            assert (await heard(follower, "verdict", state="closed"))["allow"]
            assert (await heard(follower, "incident", status="closed"))["endpoint"] == "status"
        await world.daemon.stop()
        world.clock.advance(1)
        await world.begin()
        async with following(world.daemon.url, last=follower.place) as again:
            told = await again.until("config")
            assert told[0].kind == "reset"


async def test_a_reload_says_who_is_watched_now(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        await world.pass_(120)
        async with following(world.daemon.url) as follower:
            await follower.until("config")
            lines = [line for line in CONFIG.splitlines() if "id: domains" not in line]
            await world.daemon.reload(world.settings("\n".join(lines)))
            (*_, config) = await follower.until("config")
            assert config.data == {"endpoints": ["status", "tables"]}


async def test_a_stop_does_not_wait_for_followers(tmp_path: Path) -> None:
    async with World(tmp_path) as world, following(world.daemon.url) as follower:
        await follower.until("config")
        await world.daemon.web.stop()
        assert await follower.response.content.read() == b""


async def test_a_service_obeys_over_an_outage_and_a_restart_in_the_middle_of_it(
    tmp_path: Path,
) -> None:
    with socket.socket() as probe:
        probe.bind((own_host(), 0))
        config = CONFIG.replace("127.0.0.1:0", f"{own_host()}:{probe.getsockname()[1]}")
    async with World(tmp_path, config) as world:
        await world.pass_(120)
        async with VerdictClient(world.daemon.url, uniform=soon) as verdicts:
            assert verdicts.allows("status")
            world.break_(do="fail", where="envs-manager", status=503)
            await world.pass_(80)
            await until(lambda: not verdicts.allows("status"))
            assert verdicts.verdict("status").reason.endswith("at /envs-manager/api/status")
            assert verdicts.allows("domains")
            await world.daemon.stop()
            await until(lambda: verdicts.trouble != "")
            assert not verdicts.allows("status"), "a restart lets nobody through"
            world.clock.advance(1)
            await world.begin()
            await until(lambda: verdicts.trouble == "")
            assert not verdicts.allows("status")
            world.mend()
            waiting = asyncio.create_task(verdicts.wait_until_allowed("status", PATIENCE))
            await world.pass_(400)
            await waiting
