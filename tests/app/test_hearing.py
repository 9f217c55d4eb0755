"""Whoever acknowledges at PagerDuty has the incident here, too: told end to end."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from alerts.hearing import EVERY
from alerts.taken import Taken
from monitor.app.telling.hearing import AHEAD, Listener, decided
from monitor.core.ack import Ack
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity
from monitor.core.outcome import Category
from tests.alerts.channels.pages import Page, serving
from tests.app.world import CONFIG, World
from tests.clock import START, FakeClock

ADA, BOB = Taken("Ada (PagerDuty)", "P1@18:01"), Taken("Bob (PagerDuty)", "P1@18:05")
OURS = Ack("ops", START, START + timedelta(hours=2))


def incident(ack: Ack | None = None, *heard: str) -> Incident:
    return Incident(
        *("A", "chat", "chat", "default", "platform"),
        opened_at=START,
        revision=1,
        severity=Severity.ERROR,
        health=Health.DOWN,
        category=Category.SERVER_ERROR,
        reason="HTTP 503",
        ack=ack,
        heard=heard,
    )


def theirs(who: Taken, left: timedelta = AHEAD) -> Ack:
    return Ack(who.by, START, START + left, channel="pager", ref=f"pager/{who.ref}")


A, B = "pager/P1@18:01", "pager/P1@18:05"


@pytest.mark.parametrize(
    ("stands", "taken", "expected"),
    [
        (incident(), None, None),
        (incident(), ADA, (theirs(ADA), A)),
        (incident(theirs(ADA), A), ADA, None),
        (incident(theirs(ADA, AHEAD / 3), A), ADA, (theirs(ADA), "")),
        (incident(theirs(ADA, -AHEAD), A), ADA, (theirs(ADA), "")),
        (incident(theirs(ADA), A), BOB, (theirs(BOB), B)),
        (incident(theirs(ADA), A), None, (None, "")),
        (incident(theirs(ADA, -AHEAD), A), None, None),
        (incident(None, A), ADA, None),
        (incident(None, A), BOB, (theirs(BOB), B)),
        (incident(OURS), None, None),
        (incident(OURS), ADA, (OURS, A)),
        (incident(OURS, A), ADA, None),
        (incident(replace(OURS, until=START)), ADA, (theirs(ADA), A)),
        (incident(replace(theirs(ADA), channel="desk", ref="desk/1"), "desk/1"), None, None),
    ],
    ids=[
        "nobody, still",
        "somebody takes it",
        "it goes on",
        "it is renewed in time",
        "and when it could not be asked about for long",
        "another takes it over",
        "it is given back there",
        "it had ended here",
        "it was given back here, or has become worse",
        "it is taken anew after that",
        "ours is not ended by them",
        "ours is not replaced",
        "and theirs has counted",
        "ours has ended before",
        "another system's is not ended by this one",
    ],
)
def test_what_is_heard_is_weighed(
    stands: Incident, taken: Taken | None, expected: tuple[Ack | None, str] | None
) -> None:
    assert decided(stands, "pager", taken, START) == expected


async def test_all_that_are_told_as_one_are_taken_at_once() -> None:
    """Each waits until the other has begun, too: one by one would never end."""
    ongoing = {name: replace(incident(), id=name) for name in ("A", "B")}
    together, taken = asyncio.Barrier(len(ongoing)), []

    async def acknowledge(name: str, ack: Ack | None, heard: str) -> Incident | None:
        del ack, heard
        await together.wait()
        taken.append(name)
        return ongoing[name]

    listener = Listener(FakeClock(), ongoing.get, acknowledge, lambda _: ongoing)
    async with asyncio.timeout(30):
        await listener.hear("pager", "group", ADA)
    assert sorted(taken) == ["A", "B"]


# ---------------------------------------------------------------- a story

MORE = """
  pager:
    kind: pagerduty
    routing_key: {{env: PD_KEY}}
    url: "PAGE/v2/enqueue"
    api_token: {{env: PD_TOKEN}}
    api_url: "PAGE/rest"
    timeout: 40s
routes:
  - steps:
      - {{channels: [pager]}}
      - {{after: 10m, channels: [ops], unless: acked}}
    remind: 1h
access:
  tokens: [{{name: ops, value: {{env: TOKEN}}, scopes: [operate]}}]
"""


class PagerDuty:
    """What PagerDuty does with events, and what it says of incidents."""

    def __init__(self) -> None:
        self.actions: list[str] = []
        self.open: dict[str, list[dict[str, Any]]] = {}
        self.asked = 0

    async def handle(self, page: Page, request: web.Request, event: Any) -> web.Response:
        if request.path == "/v2/enqueue":
            self.actions.append(event["event_action"])
            if event["event_action"] == "trigger":
                self.open.setdefault(event["dedup_key"], [])
            elif event["event_action"] == "resolve":
                self.open.pop(event["dedup_key"], None)
            return web.json_response({"status": "success"}, status=202)
        self.asked += 1
        page.expect(request.path == "/rest/incidents", "path")
        page.expect(request.headers["Authorization"] == "Token token=rest-token-1", "token")
        acks = self.open.get(request.query["incident_key"])
        one = {
            "id": "PT4KHLK",
            "incident_key": None,
            "status": "acknowledged" if acks else "triggered",
            "acknowledgements": acks,
        }
        return web.json_response({"incidents": [] if acks is None else [one]})

    def take(self, who: str, at: str) -> None:
        """Have somebody acknowledge everything."""
        acknowledger = {"id": "PXPGF42", "type": "user_reference", "summary": who}
        for acks in self.open.values():
            acks.append({"at": at, "acknowledger": acknowledger})


@pytest.fixture
async def pagerduty() -> PagerDuty:
    return PagerDuty()


@pytest.fixture
async def world(tmp_path: Path, pagerduty: PagerDuty) -> AsyncIterator[World]:
    async with serving(Page(), pagerduty.handle) as page:
        world = World(tmp_path, CONFIG + MORE.replace("PAGE", page.url))
        world.environ = {"PD_KEY": "R" * 32, "PD_TOKEN": "rest-token-1"}
        async with world:
            await world.pass_(120)
            yield world
        assert page.wrong == []


async def down(world: World) -> Incident:
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(90)
    return the(world)


def the(world: World) -> Incident:
    (one,) = world.daemon.board.open_incidents()
    return one


async def heard(world: World, seconds: float = EVERY + 1) -> Incident:
    """Let time pass, and hear what is said by then."""
    await world.pass_(seconds)
    await world.daemon.newsroom.hearing.look()
    await world.pass_(1)
    return the(world)


async def test_who_takes_it_at_pagerduty_has_it_until_it_is_over(
    world: World, pagerduty: PagerDuty
) -> None:
    await down(world)
    pagerduty.take("Ada", "2026-11-22T18:05:00Z")
    taken = await heard(world)
    assert taken.ack is not None
    assert (taken.ack.by, taken.ack.channel) == ("Ada (PagerDuty)", "pager")
    _, shown, _ = await world.get(f"/v1/incidents/{taken.id}")
    assert shown["ack"]["by"] == "Ada (PagerDuty)"
    for _ in range(12):
        await heard(world, 900)
    still = the(world)
    assert still.ack is not None
    assert still.ack.holds(world.clock.now()), "it is renewed as long as it stands there"
    assert still.revision == taken.revision, "which is no news"
    assert world.receiver.messages == [], "the next step is not taken, and nobody is reminded"
    assert pagerduty.actions == ["trigger"], "PagerDuty is not told what it said itself"
    world.mend()
    await world.pass_(900)
    assert pagerduty.actions == ["trigger", "resolve"]


async def test_one_that_is_given_back_there_is_nobodys(world: World, pagerduty: PagerDuty) -> None:
    first = await down(world)
    pagerduty.take("Ada", "2026-11-22T18:05:00Z")
    assert (await heard(world)).ack is not None
    pagerduty.open[first.id].clear()
    assert (await heard(world)).ack is None
    await world.pass_(900)
    assert [one for one, _ in world.receiver.heard] == ["opened"], "then the next step is taken"


async def test_one_that_is_given_back_here_stays_so_whatever_still_stands_there(
    world: World, pagerduty: PagerDuty
) -> None:
    one = await down(world)
    pagerduty.take("Ada", "2026-11-22T18:05:00Z")
    await heard(world)
    assert (await world.send("DELETE", f"/v1/incidents/{one.id}/ack"))[0] == 200
    assert (await heard(world)).ack is None
    await world.daemon.stop()
    await world.begin()
    assert (await heard(world)).ack is None, "a restart has not forgotten that it counted"
    pagerduty.take("Bob", "2026-11-22T19:05:00Z")
    taken = await heard(world)
    assert taken.ack is not None
    assert taken.ack.by == "Bob (PagerDuty)"


async def test_what_was_taken_here_is_not_taken_away_by_what_is_said_there(
    world: World, pagerduty: PagerDuty
) -> None:
    one = await down(world)
    await world.send("POST", f"/v1/incidents/{one.id}/ack", {"by": "eve", "until": "3h"})
    taken = the(world)
    pagerduty.take("Ada", "2026-11-22T18:05:00Z")
    assert (await heard(world)).revision == taken.revision, "which is no news"
    pagerduty.open[one.id].clear()
    ack = (await heard(world)).ack
    assert ack is not None
    assert ack.by == "eve"


async def test_what_grew_worse_since_is_nobodys_though_it_still_stands_there(
    world: World, pagerduty: PagerDuty
) -> None:
    world.break_(do="fail", where="metrics", status=503)  # not critical
    await world.pass_(90)
    pagerduty.take("Ada", "2026-11-22T18:05:00Z")
    taken = await heard(world)
    assert taken.ack is not None
    text = world._config.replace("critical: false", "critical: true")
    await world.daemon.reload(world.settings(text))
    await world.pass_(300)
    worse = await heard(world)
    assert (worse.severity, worse.ack) == ("critical", None)
    for _ in range(3):
        assert (await heard(world)).ack is None
