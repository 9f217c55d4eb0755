"""Slow erosion, told end to end: a breaker never trips, and still somebody hears of it, once."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from monitor.core.breaker import State
from monitor.ports import StoreUnavailableError
from tests.app.world import CONFIG, World
from tests.stores import written

MINUTE, HOUR = 60.0, 3600.0
BEAT, LOOK = timedelta(minutes=1), timedelta(minutes=5)

OBJECTIVE = (
    "objective: 99%, burn: [{{over: 3, long: 12h, short: 1h, min_failures: 5, min_samples: 10}}]"
)
"""It takes five bad times. Of a whole 12 h, 5 of 144 probes are more than 3 %."""
ACCESS = "access: {{tokens: [{{name: ops, value: {{env: TOKEN}}, scopes: [operate]}}]}}\n"


def config(objective: str = OBJECTIVE) -> str:
    text = CONFIG.replace("every: 60s", "every: 5m").replace(
        'api/status"', f'api/status", {objective}'
    )
    lines = [
        one for one in text.splitlines() if "id: domains" not in one and "id: tables" not in one
    ]
    return "\n".join(lines) + "\n" + ACCESS


class BurnWorld(World):
    """A world in which the ledger is kept, and the objectives are looked at each minute."""

    def __init__(self, folder: Path, text: str = config()) -> None:
        super().__init__(folder, text)

    async def pass_(self, seconds: float) -> None:
        """Let time pass: a tick when it is due, presence each minute, all else each five."""
        end = self.clock.now() + timedelta(seconds=seconds)
        looked = self.clock.now()
        while (now := self.clock.now()) < end:
            due = self.metronome.first()
            then = min(now + BEAT, end)
            if due is not None and due[1] <= then:
                await self._until(due[1])
                await self.daemon.heartbeat.beat()  # the leap is no stall
                await self.metronome.play(*due)
            else:
                await self._until(then)
                await self.daemon.bookkeeper.beat()
            if self.clock.now() >= min(looked + LOOK, end):
                looked = self.clock.now()
                await self.look()

    async def look(self) -> None:
        """Have everybody look who otherwise does so each minute, and tell what is due."""
        await self.daemon.bookkeeper.beat()
        await written(self.daemon.store)
        await self.daemon.burn_watch.look()
        await self.deliver()

    async def fail(self, probes: int, apart: float = 15 * MINUTE) -> None:
        """Let one probe fail, and so on, so far apart. The look after each of them is good."""
        for _ in range(probes):
            self.break_(do="fail", where="envs-manager", status=503, count=1)
            await self.pass_(apart)

    async def objective(self) -> Any:
        _, view, _ = await self.get("/v1/endpoints/status")
        return view["objective"]

    @property
    def told(self) -> list[tuple[str, str]]:
        return [
            (one["type"].removeprefix("incident."), one["data"]["key"])
            for one in self.receiver.messages
        ]


OPENED, RESOLVED = ("opened", "burn:status"), ("resolved", "burn:status")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[BurnWorld]:
    async with BurnWorld(tmp_path) as world:
        await world.pass_(HOUR)
        assert world.told == []
        yield world


async def test_slow_erosion_that_trips_no_breaker_is_told_once_and_ends(world: BurnWorld) -> None:
    calm = await world.objective()
    assert (calm["target"], calm["budget_left"], calm["burn"][0]["rate_long"]) == (0.99, 1, 0)
    await world.fail(2)
    assert world.told == []
    assert (await world.objective())["burn"][0]["failures"] == 2
    await world.fail(6)
    assert world.standing("status").breaker.trips == 0
    assert world.told == [OPENED], "one warning, however long it goes on"
    data = world.receiver.messages[0]["data"]
    assert (data["severity"], data["category"], data["blame"]) == (
        "warning",
        "server_error",
        "omilia",
    )
    assert data["title"] == "status erodes its objective"
    assert "times too fast over 12 h (more than 3), in" in data["reason"]
    assert (
        "% of the error budget is gone (432 min of 30 days); at this pace all of it by"
        in (data["reason"])
    )
    await world.pass_(HOUR)
    assert world.told == [OPENED], "it ends later than it began"
    await world.pass_(1.5 * HOUR)
    assert world.told == [OPENED, RESOLVED]
    ended = world.receiver.messages[-1]["data"]
    assert ended["title"] == "resolved: status holds its objective again"
    assert ended["reason"] == "its error budget burns 0 times as fast as allowed over 1 h"
    eroded = await world.objective()
    assert eroded["bad"] == 8 * 300
    assert eroded["budget_left"] == round(1 - 8 * 5 / 432, 6)


async def test_what_fails_is_shown_in_the_metrics(world: BurnWorld) -> None:
    await world.fail(1)
    _, scraped, _ = await world.get("/metrics")
    left = f'omilia_monitor_error_budget_left_ratio{{endpoint="status"}} {1 - 300 / 25_920}'
    assert left in scraped
    assert 'omilia_monitor_burn_rate{endpoint="status",window="12h"}' in scraped
    assert 'omilia_monitor_burn_rate{endpoint="status",window="1h"} 8.' in scraped


async def test_a_kill_and_a_restart_in_the_middle_change_nothing(world: BurnWorld) -> None:
    await world.fail(3)
    await world.kill()
    world.clock.advance(30)
    await world.begin()
    await world.fail(1)
    assert world.told == []
    await world.fail(4)
    assert world.told == [OPENED]
    await world.kill()
    world.clock.advance(30)
    await world.begin()
    await world.fail(1)
    assert world.told == [OPENED], "the incident goes on"
    await world.pass_(3 * HOUR)
    assert world.told == [OPENED, RESOLVED]


async def test_maintenance_is_neither_good_nor_bad(world: BurnWorld) -> None:
    status, _ = await world.send(
        "POST", "/v1/maintenance", {"duration": 6 * HOUR, "endpoints": ["status"]}
    )
    assert status == 201
    await world.fail(8)
    assert (await world.objective())["bad"] == 0
    await world.pass_(4 * HOUR)
    assert world.told == []


async def test_an_outage_is_told_as_one_and_hides_the_erosion_meanwhile(world: BurnWorld) -> None:
    await world.fail(4)
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(20 * MINUTE)
    assert world.standing("status").breaker.state is not State.CLOSED
    assert world.told == [("opened", "status")], "one cause, one message"
    world.mend()
    await world.pass_(20 * MINUTE)
    assert world.told[1:] == [("resolved", "status"), OPENED], "it was the fifth time"


async def test_one_long_outage_is_no_erosion(world: BurnWorld) -> None:
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(HOUR)
    world.mend()
    await world.pass_(HOUR)
    assert world.told == [("opened", "status"), ("resolved", "status")]
    assert (await world.objective())["burn"][0]["rate_long"] > 3


async def test_an_objective_that_is_taken_away_ends_what_was_told(world: BurnWorld) -> None:
    await world.fail(6)
    assert world.told == [OPENED]
    await world.daemon.reload(world.settings(config("objective: null")))
    await world.look()
    assert world.told == [OPENED, RESOLVED]
    assert world.receiver.messages[-1]["data"]["reason"] == "it has no objective any more"
    assert await world.objective() is None
    await world.daemon.reload(world.settings(config()))
    await world.look()
    assert (await world.objective())["bad"] == 6 * 300, "what was written is known again"


async def test_while_the_store_cannot_be_read_all_stays_as_it_was(world: BurnWorld) -> None:
    await world.fail(6)
    before = await world.objective()

    async def away(start: datetime, end: datetime) -> Any:
        raise StoreUnavailableError(f"{start}, {end}")

    world.daemon.burn_watch._read, read = away, world.daemon.burn_watch._read
    await world.pass_(3 * HOUR)
    assert (await world.objective(), world.told) == (before, [OPENED])
    world.daemon.burn_watch._read = read
    await world.look()
    assert world.told == [OPENED, RESOLVED]
