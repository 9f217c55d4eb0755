"""Random outages, dead receivers, kills, silences, reloads: in the end all believe what is shown.

The one above it, of the delivery alone, is tests/alerts/test_delivery_model.py. Here the whole
daemon is driven, over its own interface.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.alerts.channels.pages import Page, serving
from tests.app.world import CONFIG, World

MORE = """
  pager: {{kind: pagerduty, routing_key: {{env: PD_KEY}}, url: PAGE/v2/enqueue, timeout: 40s}}
routes:
  - steps:
      - {{channels: [ops]}}
      - {{after: 2m, channels: [pager], unless: acked}}
    remind: 10m
access:
  tokens: [{{name: ops, value: {{env: TOKEN}}, scopes: [operate]}}]
"""
Believed = dict[str, str]
"""Severities by the ids of incidents."""


class Pager:
    """PagerDuty as far as it matters: opens by key, closes by key, drops the end of the unknown."""

    def __init__(self) -> None:
        self.status = 202
        self.believes: Believed = {}

    async def handle(self, _page: Page, _request: web.Request, event: Any) -> web.Response:
        if self.status == 202 and event["event_action"] == "trigger":
            self.believes[event["dedup_key"]] = event["payload"]["severity"]
        elif self.status == 202 and event["event_action"] == "resolve":
            self.believes.pop(event["dedup_key"], None)
        return web.json_response({"status": "said"}, status=self.status)


def believed_by_ops(world: World) -> Believed:
    """What somebody believes who has read all messages in their order."""
    believes: Believed = {}
    for message in world.receiver.messages:
        data = message["data"]
        if data["status"] == "firing":
            believes[data["id"]] = data["severity"]
        else:
            assert data["id"] in believes, "no end of something it never heard of"
            del believes[data["id"]]
    return believes


class Trouble:
    """What may happen, by name."""

    def __init__(self, world: World, pager: Pager, page: str) -> None:
        self.world, self.pager, self._page = world, pager, page

    async def everything_of_an_endpoint_fails(self) -> None:
        self.world.break_(do="fail", where="envs-manager", status=503)

    async def another_endpoint_is_throttled(self) -> None:
        self.world.break_(do="throttle", where="metrics", retry_after="60s")

    async def omilia_works_again(self) -> None:
        self.world.mend()

    async def it_flaps(self) -> None:
        for _ in range(2):
            self.world.break_(do="fail", where="orchestrator", status=500)
            await self.world.pass_(75)
            self.world.mend()
            await self.world.pass_(75)

    async def a_receiver_is_down(self) -> None:
        self.world.receiver.status = 500

    async def a_receiver_denies(self) -> None:
        self.world.receiver.status = 401

    async def a_receiver_throttles(self) -> None:
        self.world.receiver.status = 429

    async def the_pager_is_down(self) -> None:
        self.pager.status = 503

    async def both_are_well(self) -> None:
        self.world.receiver.status, self.pager.status = 204, 202

    async def the_daemon_is_killed(self) -> None:
        await self.world.kill()
        await self.world.begin()

    async def the_daemon_is_stopped_for_an_hour(self) -> None:
        await self.world.daemon.stop()
        self.world.clock.advance(3600)
        await self.world.begin()

    async def somebody_silences(self) -> None:
        said = {"matchers": ["severity=~.+"], "duration": "5m", "comment": "new disks"}
        assert (await self.world.send("POST", "/v1/silences", said))[0] == 201

    async def somebody_announces_work(self) -> None:
        said = {"duration": 300, "groups": ["platform"], "reason": "disks"}
        assert (await self.world.send("POST", "/v1/maintenance", said))[0] == 201

    async def somebody_takes_what_is_open(self) -> None:
        for one in self.world.daemon.board.open_incidents():
            said = {"by": "ada", "duration": "10m"}
            await self.world.send("POST", f"/v1/incidents/{one.id}/ack", said)

    async def a_reload_takes_the_pager_away(self) -> None:
        without = CONFIG + "access:" + MORE.partition("access:")[2]
        await self.world.daemon.reload(self.world.settings(without))

    async def a_reload_brings_the_pager_back(self) -> None:
        whole = CONFIG + MORE.replace("PAGE", self._page)
        await self.world.daemon.reload(self.world.settings(whole))


OMILIA = (
    Trouble.everything_of_an_endpoint_fails,
    Trouble.another_endpoint_is_throttled,
    Trouble.omilia_works_again,
    Trouble.it_flaps,
)
RECEIVERS = (
    Trouble.a_receiver_is_down,
    Trouble.a_receiver_denies,
    Trouble.a_receiver_throttles,
    Trouble.the_pager_is_down,
    Trouble.both_are_well,
    Trouble.both_are_well,
)
HOUSE = (
    Trouble.the_daemon_is_killed,
    Trouble.the_daemon_is_stopped_for_an_hour,
    Trouble.somebody_silences,
    Trouble.somebody_announces_work,
    Trouble.somebody_takes_what_is_open,
    Trouble.a_reload_takes_the_pager_away,
    Trouble.a_reload_brings_the_pager_back,
)
ACT = st.tuples(
    st.permutations([st.sampled_from(OMILIA), st.sampled_from(RECEIVERS), st.sampled_from(HOUSE)]),
    st.sampled_from([20, 70, 200]),
).flatmap(lambda act: st.tuples(st.tuples(*act[0]), st.just(act[1])))
"""Three things that happen one after the other, and how long it then stays so."""


@settings(max_examples=4, phases=[Phase.generate])
@given(st.lists(ACT, min_size=5, max_size=8))
def test_in_the_end_everybody_believes_what_the_daemon_shows(acts: list[Any]) -> None:
    asyncio.run(played(acts))


async def played(acts: list[Any]) -> None:
    pager = Pager()
    with TemporaryDirectory() as folder:
        async with serving(Page(), pager.handle) as page:
            world = World(Path(folder), CONFIG + MORE.replace("PAGE", page.url))
            world.environ = {"PD_KEY": "R" * 32}
            async with world:
                await world.pass_(60)
                trouble = Trouble(world, pager, page.url)
                for three, seconds in acts:
                    for happens in three:
                        await happens(trouble)
                        await world.pass_(seconds)
                await trouble.both_are_well()
                await trouble.a_reload_brings_the_pager_back()
                # whether a channel works is only known when there is something to tell
                await trouble.omilia_works_again()
                await world.pass_(600)
                await trouble.everything_of_an_endpoint_fails()
                await world.pass_(900)
                await all_believe_what_is_shown(world, pager)


async def all_believe_what_is_shown(world: World, pager: Pager) -> None:
    _, listed, _ = await world.get("/v1/incidents?open=true")
    going_on = {one["id"]: one for one in listed["incidents"]}
    free = {name: one["severity"] for name, one in going_on.items() if not one["held"]}
    for believed in (believed_by_ops(world), pager.believes):
        assert believed.keys() <= going_on.keys(), "nobody believes in what is over"
        known = {name: believed.get(name) for name in free}
        assert known == free, "who may be told knows, and how bad it is"
    assert world.daemon.reconciler.numbers().untold == 0
