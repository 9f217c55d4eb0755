"""Groups: one cause, one message, over joins, holds, restarts and reloads."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from alerts.taken import Taken
from monitor.core.incident import Incident
from tests.app.test_platform_down import PLATFORM
from tests.app.world import World

GROUPED = """
  pager: {{kind: pagerduty, routing_key: {{env: PD}}, url: {{env: PD_URL}}}}
routes:
  - match: ['group="platform"']
    group_by: [group]
    group_wait: 30s
    steps: [{{channels: [ops, pager]}}]
access:
  tokens: [{{name: ops, value: {{env: TOKEN}}, scopes: [operate]}}]
"""
UNGROUPED = GROUPED.replace("    group_by: [group]\n    group_wait: 30s\n", "")
CONFIG = PLATFORM + GROUPED


class PagerDuty:
    """Somebody's PagerDuty: what is open there, and every event."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.url = ""

    async def take(self, request: web.Request) -> web.Response:
        self.events.append(await request.json())
        return web.json_response({"status": "success"}, status=202)

    @property
    def actions(self) -> list[str]:
        return [event["event_action"] for event in self.events]

    @property
    def open(self) -> set[str]:
        ongoing: set[str] = set()
        for event in self.events:
            key = event["dedup_key"]
            (ongoing.discard if event["event_action"] == "resolve" else ongoing.add)(key)
        return ongoing


@pytest.fixture
async def pagerduty() -> AsyncIterator[PagerDuty]:
    there = PagerDuty()
    app = web.Application()
    app.router.add_post("/v2/enqueue", there.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = "http://{}:{}/v2/enqueue".format(*runner.addresses[0][:2])
    yield there
    await runner.cleanup()


@pytest.fixture
async def world(tmp_path: Path, pagerduty: PagerDuty) -> AsyncIterator[World]:
    world = World(tmp_path, CONFIG)
    world.environ |= {"PD": "r" * 32, "PD_URL": pagerduty.url}
    async with world:
        await world.pass_(120)
        yield world


def said(world: World) -> list[str]:
    return [message["type"].removeprefix("incident.") for message in world.receiver.messages]


def last(world: World) -> dict[str, Any]:
    data: dict[str, Any] = world.receiver.messages[-1]["data"]
    return data


async def until(world: World, *endpoints: str) -> None:
    """Let time pass until incidents of all of these have been opened."""
    for _ in range(200):
        if set(endpoints) <= {one.key for one in world.daemon.board.open_incidents()}:
            return
        await world.pass_(1)
    raise AssertionError(endpoints)


async def two_down(world: World) -> None:
    """Break two of five: no platform's incident."""
    world.break_(do="fail", status=503, where="orchestrator")
    await until(world, "domains", "agents")


async def test_two_that_fall_within_the_wait_are_one_message(
    world: World, pagerduty: PagerDuty
) -> None:
    await two_down(world)
    assert said(world) == []
    await world.pass_(100)
    assert said(world) == ["opened"]
    data = last(world)
    assert data["title"] in (
        "2 of platform are down: domains, agents",
        "2 of platform are down: agents, domains",
    )
    assert data["key"].startswith("group:")
    assert data["key"].endswith(":group=platform")
    assert {one["name"] for one in data["members"]} == {"domains", "agents"}
    assert pagerduty.actions == ["trigger"]

    world.mend()
    await world.pass_(900)
    assert said(world)[-1] == "resolved"
    assert said(world).count("resolved") == 1
    assert last(world)["title"].startswith("resolved: 2 of platform: ")
    assert "agents for " in last(world)["reason"]
    assert pagerduty.open == set()
    assert len({event["dedup_key"] for event in pagerduty.events}) == 1
    _, listed, _ = await world.get("/v1/incidents")
    for one in listed["incidents"]:
        _, found, _ = await world.get(f"/v1/incidents/{one['id']}")
        by_ops = [each["why"] for each in found["told"] if each["channel"] == "ops"]
        assert (by_ops[0], by_ops[-1]) == ("first", "resolved")


async def test_one_alone_has_its_own_words_and_later_ones_join_by_an_update(
    world: World, pagerduty: PagerDuty
) -> None:
    world.break_(do="fail", status=503, where="envs-manager")
    await until(world, "status")
    await world.pass_(40)
    assert said(world) == ["opened"]
    assert (last(world)["title"], last(world)["endpoint"]) == ("status is down", "status")
    told_at = world.clock.now()
    world.break_(do="fail", status=503, where="miniapps")
    await until(world, "miniapps")
    await world.pass_(60)
    assert said(world) == ["opened"], "updates come no more often than every five minutes"
    await world.pass_(300 - (world.clock.now() - told_at).total_seconds() + 60)
    assert said(world) == ["opened", "updated"]
    assert last(world)["title"] == "2 of platform are down: status, miniapps"
    detail = pagerduty.events[-1]["payload"]
    assert "Also miniapps." in detail["summary"]
    assert detail["custom_details"]["Member 2"].startswith("miniapps is down, since ")
    assert pagerduty.actions == ["trigger", "trigger"]
    assert len(pagerduty.open) == 1


async def test_what_recovers_one_by_one_is_one_resolve(world: World, pagerduty: PagerDuty) -> None:
    first = world.break_(do="fail", status=503, where="envs-manager")
    world.break_(do="fail", status=503, where="miniapps")
    await until(world, "status", "miniapps")
    await world.pass_(60)
    world.omilia.faults.clear(first)
    await world.pass_(900)
    assert "resolved" not in said(world)
    assert last(world)["title"] == "1 of platform is down: miniapps"
    assert "Over: status." in pagerduty.events[-1]["payload"]["summary"]
    world.mend()
    await world.pass_(900)
    assert said(world).count("resolved") == 1
    assert pagerduty.open == set()


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_a_restart_in_the_middle_goes_on_with_the_same_group(
    world: World, pagerduty: PagerDuty, end: str
) -> None:
    await two_down(world)
    await world.pass_(400)
    before = list(world.receiver.ids)
    await (world.kill() if end == "kill" else world.daemon.stop())
    await world.begin()
    await world.pass_(400)
    assert world.receiver.ids == before, "nothing is new"
    world.break_(do="fail", status=503, where="envs-manager")
    await until(world, "status")
    await (world.kill() if end == "kill" else world.daemon.stop())
    await world.begin()
    await world.pass_(400)
    assert "3 of platform are down" in last(world)["title"]
    world.mend()
    await (world.kill() if end == "kill" else world.daemon.stop())
    world.clock.advance(3600)
    await world.begin()
    await world.pass_(900)
    assert said(world)[-1] == "resolved"
    assert said(world).count("opened") == said(world).count("resolved") == 1
    assert len(set(world.receiver.ids)) == len(world.receiver.ids)
    assert (pagerduty.open, len({e["dedup_key"] for e in pagerduty.events})) == (set(), 1)


async def test_who_is_in_a_group_and_ended_while_we_were_away_ends_in_it(
    world: World, pagerduty: PagerDuty
) -> None:
    await two_down(world)
    await world.pass_(100)
    world.receiver.status = 503
    world.mend()
    await world.pass_(400)
    assert list(world.daemon.board.open_incidents()) == []
    await world.kill()
    world.receiver.status = 204
    await world.begin()
    await world.pass_(400)
    assert said(world) == ["opened", "resolved"]
    assert last(world)["title"].startswith("resolved: 2 of platform: ")
    assert pagerduty.open == set()


async def test_a_reload_that_no_longer_groups_ends_it_and_tells_each_by_itself(
    world: World, pagerduty: PagerDuty
) -> None:
    await two_down(world)
    await world.pass_(100)
    await world.daemon.reload(world.settings(PLATFORM + UNGROUPED))
    await world.deliver()
    assert said(world)[-3:].count("opened") == 2
    assert said(world)[-3:].count("resolved") == 1
    assert len(pagerduty.open) == 2
    assert not any("group" in key for key in pagerduty.open)
    world.mend()
    await world.pass_(900)
    assert pagerduty.open == set()


async def test_a_reload_to_a_route_that_tells_others_lets_the_group_go_on_to_its_end(
    world: World, pagerduty: PagerDuty
) -> None:
    await two_down(world)
    await world.pass_(100)
    nobody = UNGROUPED.replace("[ops, pager]", "[ops]")
    await world.daemon.reload(world.settings(PLATFORM + nobody))
    await world.pass_(60)
    (key,) = pagerduty.open
    assert "group" in key, "it has not ended, and the pager hears of it nowhere else"
    await world.kill()
    await world.begin()
    world.mend()
    await world.pass_(900)
    assert pagerduty.open == set()


async def test_a_reload_that_groups_leaves_those_alone_who_were_told_alone(
    world: World, pagerduty: PagerDuty
) -> None:
    await world.daemon.reload(world.settings(PLATFORM + UNGROUPED))
    await two_down(world)
    await world.pass_(60)
    before = len(pagerduty.open)
    assert before == 2
    await world.daemon.reload(world.settings())
    await world.pass_(60)
    assert (len(pagerduty.open), said(world).count("opened")) == (2, 2)
    world.break_(do="fail", status=503, where="envs-manager")
    await until(world, "status")
    await world.pass_(60)
    assert len(pagerduty.open) == 3
    world.mend()
    await world.pass_(900)
    assert pagerduty.open == set()


async def test_it_is_taken_when_all_are_taken(world: World, pagerduty: PagerDuty) -> None:
    await two_down(world)
    await world.pass_(100)
    one, two = sorted(one.id for one in world.daemon.board.open_incidents())
    await world.send("POST", f"/v1/incidents/{one}/ack", {"by": "ada", "until": "3h"})
    await world.pass_(330)
    assert "acknowledge" not in pagerduty.actions
    await world.send("POST", f"/v1/incidents/{two}/ack", {"by": "bob", "until": "2h"})
    await world.deliver()
    assert pagerduty.actions[-1] == "acknowledge", "that is told at once"
    assert said(world)[-1] == "updated"
    world.mend()
    await world.pass_(900)
    assert pagerduty.open == set()


WINDOW = {"reason": "work", "endpoints": ["domains"], "duration": 7200}


async def test_who_takes_a_group_by_the_id_of_its_message_has_all_that_are_in_it(
    world: World, pagerduty: PagerDuty
) -> None:
    await two_down(world)
    await world.pass_(100)
    told = len(said(world))
    newsroom = world.daemon.newsroom
    note, together = newsroom._acknowledge, asyncio.Barrier(2)

    async def noted_together(*what: Any) -> Incident | None:
        """Wait until the other is being noted, too: one by one would never end."""
        await together.wait()
        return await note(*what)

    newsroom._acknowledge = noted_together
    (group,) = {event["dedup_key"] for event in pagerduty.events}
    path = f"/v1/incidents/{group}/ack"
    status, answer = await world.send("POST", path, {"by": "ada", "until": "3h"})
    assert (status, answer["incident"], answer["ack"]["by"]) == (200, group, "ada")
    ongoing = world.daemon.board.open_incidents
    assert [one.ack and one.ack.by for one in ongoing()] == ["ada"] * 2
    await world.deliver()
    assert pagerduty.actions == ["trigger", "acknowledge"]
    assert said(world)[told:] == ["updated"], "all are taken at once: that is one message"
    assert (await world.send("DELETE", path))[0] == 200
    assert [one.ack for one in ongoing()] == [None, None]
    newsroom._acknowledge = note
    world.mend()
    await world.pass_(900)
    status, answer = await world.send("POST", path, {"by": "ada"})
    assert (status, answer["detail"]) == (404, f"There is no open incident '{group}'.")


async def test_maintenance_keeps_from_joining_and_not_from_ending(
    world: World, pagerduty: PagerDuty
) -> None:
    await world.send("POST", "/v1/maintenance", WINDOW)
    world.break_(do="fail", status=503, where="/orchestrator/api/nlu/")
    other = world.break_(do="fail", status=503, where="envs-manager")
    await until(world, "status", "domains")
    await world.pass_(100)
    assert last(world)["title"] == "status is down", "the other is held"
    world.omilia.faults.clear(other)
    await world.pass_(900)
    assert said(world) == ["opened", "resolved"]
    assert pagerduty.open == set()
    await world.pass_(7200)
    assert said(world) == ["opened", "resolved", "opened"], "the window is over"
    await world.send("POST", "/v1/maintenance", WINDOW)
    await world.pass_(100)
    assert len(pagerduty.open) == 1, "what was told stays in"
    world.mend()
    await world.pass_(900)
    assert said(world)[-1] == "resolved"
    assert pagerduty.open == set()


async def test_a_platform_that_is_down_is_one_message_of_its_group(
    world: World, pagerduty: PagerDuty
) -> None:
    world.break_(do="fail", status=503)
    await world.pass_(300)
    assert said(world) == ["opened"]
    assert last(world)["title"] == "most of platform default fails"
    assert pagerduty.actions == ["trigger"]
    world.mend()
    await world.pass_(900)
    assert said(world) == ["opened", "resolved"]
    assert pagerduty.open == set()


async def test_who_takes_a_group_elsewhere_has_all_that_are_in_it(
    world: World, pagerduty: PagerDuty
) -> None:
    await two_down(world)
    await world.pass_(100)
    (group,) = pagerduty.open
    hearing = world.daemon.newsroom.hearing
    assert hearing._concerns(group)
    await hearing._say("pager", group, Taken("ada", "P1"))
    assert [one.ack and one.ack.by for one in world.daemon.board.open_incidents()] == ["ada"] * 2
    await world.deliver()
    assert last(world)["status"] == "firing"
    assert said(world) == ["opened", "updated"]
    await hearing._say("pager", group, None)
    assert [one.ack for one in world.daemon.board.open_incidents()] == [None, None]
    assert not hearing._concerns("20260101T000000000Z-default-group-0-1")
