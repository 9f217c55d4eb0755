"""We are offline: nothing trips, nothing is said of Omilia, and one message sums it up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.app.tending import Heartbeat
from monitor.core.breaker import State
from monitor.core.health import Health
from monitor.core.matchers import matcher
from monitor.core.silence import Silence
from tests.app.world import CONFIG, World
from tests.clock import FakeClock

WITNESSES = """
witnesses:
  ask: [{{dns: localhost}}, {{tcp: "127.0.0.1:PORT1"}}, {{http: "http://127.0.0.1:PORT2/"}}]
  timeout: 30s
"""
ALL = ("status", "domains", "tables")


class Witness:
    """Somebody on the network, who can be away and come back to the same place."""

    def __init__(self) -> None:
        self.port = 0
        self._server: asyncio.Server | None = None

    async def come(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def go(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        del reader
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        writer.close()


class Network:
    """A world, and the witnesses who live on its network."""

    def __init__(self, world: World, *witnesses: Witness) -> None:
        self.world = world
        self.witnesses = witnesses

    async def cut(self) -> None:
        """Nobody is reached any more, but for names that a cache still knows."""
        for witness in self.witnesses:
            await witness.go()
        self.world.break_(do="reset")

    async def mend(self) -> None:
        for witness in self.witnesses:
            await witness.come()
        self.world.mend()


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    async with AsyncExitStack() as stack:
        witnesses = (Witness(), Witness())
        for witness in witnesses:
            await witness.come()
            stack.push_async_callback(witness.go)
        config = CONFIG + WITNESSES
        for number, witness in enumerate(witnesses, 1):
            config = config.replace(f"PORT{number}", str(witness.port))
        world = await stack.enter_async_context(World(tmp_path, config))
        await world.pass_(120)
        yield Network(world, *witnesses)


async def incidents(world: World, query: str = "") -> list[dict[str, Any]]:
    _, listed, _ = await world.get(f"/v1/incidents{query}")
    found: list[dict[str, Any]] = listed["incidents"]
    return found


async def test_while_we_are_offline_nothing_trips_and_nothing_is_down(network: Network) -> None:
    world = network.world
    await network.cut()
    world.receiver.status = 503  # nobody outside is reached, either
    await world.pass_(600)
    for name in ALL:
        standing = world.standing(name)
        assert (standing.health, standing.breaker.state) == (Health.UNKNOWN, State.CLOSED)
        assert standing.reason.startswith("we are offline: ")
    _, verdict, _ = await world.get("/v1/verdicts/status")
    assert (verdict["allow"], verdict["unknown"]) == (True, True)
    assert verdict["reason"].startswith("we are offline")
    _, status, _ = await world.get("/v1/status")
    assert (status["status"], status["blame"]) == ("unknown", "network")
    assert status["sentence"].startswith("network: It is us: we are offline.")
    (incident,) = await incidents(world, "?open=true")
    assert (incident["key"], incident["health"]) == ("network", "unknown")
    assert "tcp 127.0.0.1" in incident["reason"]
    assert "dns localhost" not in incident["reason"]

    await network.mend()
    await world.pass_(60)
    world.receiver.status = 204  # they are reached again, later than all others
    await world.pass_(400)
    assert [world.standing(name).health for name in ALL] == [Health.OPERATIONAL] * 3
    (message,) = world.receiver.messages
    data = message["data"]
    assert (message["type"], data["notification_reason"]) == ("incident.resolved", "digest")
    assert data["blame"] == "network"
    (closed,) = await incidents(world)
    assert closed["inconclusive"] > 20
    assert data["reason"] == closed["closed_because"]
    assert data["reason"].startswith("blind from 18:0")
    assert data["reason"].endswith(f" UTC, {closed['inconclusive']} probes inconclusive")


async def test_the_gap_is_visible_in_history_and_costs_no_availability(network: Network) -> None:
    world = network.world
    await network.cut()
    await world.pass_(600)
    await network.mend()
    await world.pass_(300)
    await world.daemon.stop()
    await world.begin()
    _, history, _ = await world.get("/v1/endpoints/status/history?step=60")
    assert history["availability"] == 1.0
    blind = [b for b in history["buckets"] if "inconclusive" in b["counts"]]
    assert len(blind) >= 9
    assert {bucket["availability"] for bucket in blind[1:]} == {None}
    assert all("unreachable" not in bucket["counts"] for bucket in history["buckets"])


async def test_who_heard_that_we_are_offline_hears_the_end_once(network: Network) -> None:
    world = network.world
    await network.cut()
    await world.pass_(300)
    (opened,) = world.receiver.messages
    assert (opened["type"], opened["data"]["title"]) == ("incident.opened", "we are offline")
    await network.mend()
    await world.pass_(400)
    kinds = [m["data"]["notification_reason"] for m in world.receiver.messages]
    assert kinds == ["first", "resolved"]


async def test_no_silence_keeps_it_back_that_we_are_offline(network: Network) -> None:
    world = network.world
    now = world.clock.now()
    everything = Silence("", (matcher("key=~.+"),), now, now + timedelta(1), "ana", "quiet")
    await world.daemon.newsroom.silences.add(everything)
    await network.cut()
    await world.pass_(300)
    (opened,) = world.receiver.messages
    assert opened["data"]["title"] == "we are offline"
    _, listed, _ = await world.get("/v1/silences")
    assert [one["incidents"] for one in listed["silences"]] == [[]]


async def test_when_the_witnesses_are_there_it_is_omilia(network: Network) -> None:
    world = network.world
    world.break_(do="reset")
    await world.pass_(120)
    told = {(m["data"]["key"], m["data"]["blame"]) for m in world.receiver.messages}
    assert told == {("platform:default", "omilia")}


async def test_one_witness_that_is_away_changes_nothing(network: Network) -> None:
    world = network.world
    await network.witnesses[0].go()
    world.break_(do="reset", where="envs-manager")
    await world.pass_(200)
    assert world.standing("status").health is Health.DOWN
    assert [m["data"]["key"] for m in world.receiver.messages] == ["status"]


async def test_an_answer_is_evidence_even_then(network: Network) -> None:
    world = network.world
    for witness in network.witnesses:
        await witness.go()
    world.break_(do="fail", status=503, where="envs-manager")
    await world.pass_(200)
    assert world.standing("status").health is Health.DOWN


async def test_what_was_down_before_stays_so_and_is_resolved_after(network: Network) -> None:
    world = network.world
    world.break_(do="fail", status=503, where="envs-manager")
    await world.pass_(90)
    await network.cut()
    await world.pass_(400)
    _, verdict, _ = await world.get("/v1/verdicts/status")
    assert verdict["allow"] is False
    await network.mend()
    await world.pass_(600)
    told = [(m["type"], m["data"]["key"]) for m in world.receiver.messages]
    assert told.count(("incident.opened", "status")) == 1
    assert told.count(("incident.resolved", "status")) == 1


@pytest.mark.parametrize("restart_after", [30, 300])
async def test_it_goes_on_over_a_restart_and_is_summed_up_once(
    network: Network, restart_after: float
) -> None:
    world = network.world
    world.receiver.status = 503
    await network.cut()
    await world.pass_(restart_after)
    (before,) = await incidents(world, "?open=true")
    await world.daemon.stop()
    await world.begin()
    await world.pass_(120)
    (going_on,) = await incidents(world, "?open=true")
    assert going_on["id"] == before["id"]
    assert going_on["inconclusive"] > before["inconclusive"]
    await network.mend()
    await world.pass_(120)
    assert await incidents(world, "?open=true") == []
    await world.daemon.stop()  # nobody has heard of it yet
    await world.begin()
    world.receiver.status = 204
    await world.pass_(600)
    await world.daemon.stop()
    await world.begin()
    await world.pass_(120)
    assert [m["data"]["notification_reason"] for m in world.receiver.messages] == ["digest"]


async def test_without_witnesses_it_ends_with_the_reload_that_took_them(network: Network) -> None:
    world = network.world
    await network.cut()
    await world.pass_(100)
    await world.daemon.reload(world.settings(CONFIG))
    await world.pass_(5)
    assert [one["key"] for one in await incidents(world, "?open=true")] == []


# ---------------------------------------------------------------- our own stalls


async def test_a_late_beat_is_a_stall_and_a_beat_that_is_overdue_is_one_already() -> None:
    clock = FakeClock()
    heart = Heartbeat(clock, lambda: 0.25)
    for seconds in (0.1, 0.1, 1.1, 0.1, 0.3):  # one of a second; 0.2 s is too little to count
        clock.advance(seconds)
        await heart.beat()
    end = clock.monotonic()
    assert heart.stalled(end - 1.7, end) == pytest.approx(1.0)
    assert heart.stalled(end - 0.4, end) == 0.0
    assert heart.stalled(end - 0.5, end) == pytest.approx(0.1), "as far as it reaches into it"
    clock.advance(0.3)
    assert heart.stalled(end, clock.monotonic()) == 0.0
    clock.advance(0.3)
    assert heart.stalled(end, clock.monotonic()) == pytest.approx(0.5)
