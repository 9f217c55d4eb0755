"""An endpoint goes down again and again: what its receiver hears of it."""

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from monitor.core.labels import labels_of
from tests.app.test_holding import incident
from tests.app.test_platform_down import PLATFORM
from tests.app.world import CONFIG, World

Heard = tuple[str, str, str]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        await world.pass_(120)
        yield world


def heard(world: World) -> list[Heard]:
    return [
        (
            m["type"].removeprefix("incident."),
            m["data"]["notification_reason"],
            m["data"]["title"],
        )
        for m in world.receiver.messages
    ]


def rounded(one: Heard) -> Heard:
    return *one[:2], re.sub(r"\d+ %|18:5\d", "-", one[2])


async def outage(world: World, *, down: float = 120, up: float = 480) -> None:
    world.break_(do="fail", status=503, where="envs-manager")
    await world.pass_(down)
    world.mend()
    await world.pass_(up)


async def flap_of(world: World) -> dict[str, Any] | None:
    _, listed, _ = await world.get("/v1/incidents?open=true")
    found = [one for one in listed["incidents"] if one["key"] == "flapping:status"]
    return found[0] if found else None


SINGLE = [
    ("opened", "first", "status is down"),
    ("resolved", "resolved", "resolved: status works again"),
]
STORY = [
    *SINGLE * 3,
    ("opened", "flapping", "status flaps: 4 outages within 60 min, down 17 % of the time"),
    (
        "updated",
        "digest",
        "status flaps: 6 outages since 18:02 UTC, down 16 % of the time, up since 18:54 UTC",
    ),
    ("resolved", "resolved", "resolved: status flaps no more"),
]


@pytest.mark.parametrize(
    ("before", "end"), [(0, ""), (1, "kill"), (3, "kill"), (3, "stop"), (4, "kill"), (5, "kill")]
)
async def test_six_outages_in_an_hour_are_told_once_and_in_sum(
    world: World, before: int, end: str
) -> None:
    for number in range(6):
        if end and number == before:
            await (world.kill() if end == "kill" else world.daemon.stop())
            await world.begin()
        await outage(world)
        if number >= 3:
            assert heard(world)[7:] == [], "while it flaps neither begin nor end is told"
    await world.pass_(3600)
    sum_ = world.receiver.messages[-1]["data"]["reason"]
    if not end:
        assert heard(world) == STORY
        assert sum_ == (
            "6 outages from 18:02 to 18:54 UTC, down for 9 min in all, 2 min at most; up for 20 min"
        )
    else:  # trials after a restart are at other times
        assert list(map(rounded, heard(world))) == list(map(rounded, STORY))
        assert sum_.startswith("6 outages from 18:02 to 18:5")
    _, listed, _ = await world.get("/v1/incidents")
    assert [one["status"] for one in listed["incidents"]] == ["closed"] * 7
    flap = next(one for one in listed["incidents"] if one["key"] == "flapping:status")
    outages = [one for one in listed["incidents"] if one["key"] == "status"]
    assert sorted(flap["children"]) == sorted(one["id"] for one in outages)
    assert [one["parent"] for one in outages] == [flap["id"]] * 3 + [None] * 3
    assert flap["severity"] == "critical"


def test_who_asks_for_a_key_means_its_flapping_too() -> None:
    assert labels_of(replace(incident(0), key="flapping:a")) == labels_of(incident(0))


async def test_an_outage_is_held_while_it_flaps_and_says_as_part_of_what(world: World) -> None:
    for _ in range(3):
        await outage(world)
    world.break_(do="fail", status=503, where="envs-manager")
    await world.pass_(90)
    _, listed, _ = await world.get("/v1/incidents?open=true")
    held = {one["key"]: one["held"] for one in listed["incidents"]}
    flap = await flap_of(world)
    assert flap is not None
    assert held == {"status": f"part of {flap['id']}", "flapping:status": ""}


async def test_one_that_stays_down_is_told_and_that_it_works_again(world: World) -> None:
    for _ in range(4):
        await outage(world)
    assert len(heard(world)) == 7
    world.break_(do="fail", status=503, where="envs-manager")
    await world.pass_(3000)
    ((kind, why, title),) = heard(world)[7:]
    assert (kind, why) == ("updated", "updated")
    assert title.startswith("status flaps: 5 outages since 18:02 UTC, down 3")
    assert title.endswith("% of the time, down since 18:42 UTC")
    world.mend()
    await world.pass_(600)
    ((kind, why, title),) = heard(world)[8:]
    assert (kind, why, title[-18:]) == ("updated", "updated", "up since 19:34 UTC")
    assert await flap_of(world) is not None, "it has not been quiet for long enough"
    await world.pass_(3600)
    assert heard(world)[9:] == [STORY[-1]]


async def test_who_has_taken_it_is_told_no_digest_but_its_end(world: World) -> None:
    config = (
        CONFIG + "access: {{tokens: [{{name: ops, value: {{env: TOKEN}}, scopes: [operate]}}]}}"
    )
    await world.daemon.reload(world.settings(config))
    for _ in range(4):
        await outage(world)
    flap = await flap_of(world)
    assert flap is not None
    ends = (world.clock.now().replace(microsecond=0)).isoformat().replace("18:4", "22:4")
    taken = {"by": "sam", "until": ends}
    status, answer = await world.send("POST", f"/v1/incidents/{flap['id']}/ack", taken)
    assert status == 200, answer
    for _ in range(6):
        await outage(world)
    await world.pass_(3600)
    assert [one[:2] for one in heard(world)[7:]] == [
        ("updated", "updated"),
        ("resolved", "resolved"),
    ]


async def test_it_can_be_turned_off_and_what_goes_on_then_stands_alone(world: World) -> None:
    for _ in range(3):
        await outage(world)
    world.break_(do="fail", status=503, where="envs-manager")
    await world.pass_(90)
    assert heard(world)[6:] == [STORY[6]]
    await world.daemon.reload(world.settings(CONFIG + "flapping: null"))
    await world.pass_(10)
    assert heard(world)[7:] == [STORY[-1], SINGLE[0]]
    world.mend()
    await world.pass_(300)
    await outage(world)
    assert heard(world)[9:] == [SINGLE[1], *SINGLE]


async def test_what_goes_down_during_maintenance_does_not_flap(world: World) -> None:
    start = world.clock.now().isoformat()
    window = f"maintenance: [{{{{name: work, from: '{start}', duration: 50m}}}}]"
    await world.daemon.reload(world.settings(CONFIG + window))
    for _ in range(5):
        await outage(world)
    await outage(world)
    await world.pass_(3600)
    assert heard(world) == SINGLE


async def test_a_channel_that_was_away_hears_of_the_flap_and_of_no_outage(world: World) -> None:
    await outage(world)
    await outage(world)
    world.receiver.status = 503
    for _ in range(3):
        await outage(world)
    world.receiver.status = 204
    await world.pass_(600)
    assert [one[:2] for one in heard(world)[4:]] == [("opened", "flapping")]
    await world.pass_(7200)
    assert heard(world)[-1] == STORY[-1]


async def test_a_platform_flaps_as_a_whole_and_its_parts_do_not(tmp_path: Path) -> None:
    async with World(tmp_path, PLATFORM) as world:
        await world.pass_(120)
        for _ in range(5):
            world.break_(do="fail", status=503)
            await world.pass_(180)
            world.mend()
            await world.pass_(600)
        told = [
            (m["data"]["key"], m["data"]["notification_reason"]) for m in world.receiver.messages
        ]
        platform = [("platform:default", "first"), ("platform:default", "resolved")]
        assert told[:7] == [*platform * 3, ("flapping:platform:default", "flapping")]
        assert {key for key, _ in told[7:]} <= {"flapping:platform:default"}
        title = world.receiver.messages[6]["data"]["title"]
        assert title.startswith("platform default flaps: 4 outages within 60 min")
        await world.pass_(7200)
        assert heard(world)[-1] == (
            "resolved",
            "resolved",
            "resolved: platform default flaps no more",
        )
