"""With IAM down its dependants are blocked and only IAM is told, whoever was seen to fail first."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.core.breaker import State
from monitor.core.health import Health
from monitor.core.outcome import Category
from tests.app.world import CONFIG, World

DISCOVERY = "/auth/realms/master/.well-known/openid-configuration"
NEEDY = CONFIG.replace(
    CONFIG[CONFIG.index("endpoints:") : CONFIG.index("credentials:")],
    f"""endpoints:
  - {{{{id: status, url: "{{omilia}}/envs-manager/api/status", needs: [iam]}}}}
  - {{{{id: domains, url: "{{omilia}}/orchestrator/api/nlu/domains/", needs: [iam]}}}}
  - {{{{id: tables, url: "{{omilia}}/metrics-api/v3/tables", needs: [status]}}}}
  - {{{{id: iam, url: "{{omilia}}{DISCOVERY}"}}}}
""",
)
DEPENDANTS = ("status", "domains", "tables")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, NEEDY) as world:
        await world.pass_(120)
        assert world.receiver.messages == []
        yield world


async def next_is(world: World, wanted: str) -> None:
    """Let time pass until an endpoint is about to be probed, and no other before."""
    while True:
        due = world.metronome.first()
        assert due is not None
        wait = (due[1] - world.clock.now()).total_seconds()
        if due[0] == wanted:
            await world.pass_(wait - 0.001)
            return
        await world.pass_(wait)


async def until_iam(world: World, state: State) -> None:
    """Let time pass until the breaker of IAM is in a state."""
    while world.standing("iam").breaker.state is not state:
        due = world.metronome.first()
        assert due is not None
        await world.pass_((due[1] - world.clock.now()).total_seconds())


@pytest.mark.parametrize("first", ["iam", *DEPENDANTS])
@pytest.mark.parametrize("fault", [{"do": "fail", "status": 503}, {"do": "reset"}])
async def test_only_iam_is_told_whoever_fails_first(
    world: World, first: str, fault: dict[str, Any]
) -> None:
    await next_is(world, first)
    began = world.clock.now()
    world.break_(**fault)
    await until_iam(world, State.OPEN)
    took = (world.clock.now() - began).total_seconds()
    assert took <= 12, "a failure of a dependant has it asked at once"

    await world.pass_(400)
    assert world.receiver.heard == [("opened", "iam")]
    for name in DEPENDANTS:
        standing = world.standing(name)
        assert (standing.health, standing.breaker.state) == (Health.BLOCKED, State.CLOSED)
        assert standing.last.detail == "blocked by iam"
    _, listed, _ = await world.get("/v1/incidents")
    assert [one["key"] for one in listed["incidents"]] == ["iam"]


async def test_a_dependant_that_is_blocked_no_longer_is_probed_soon(world: World) -> None:
    world.break_(do="fail", status=503)
    await world.pass_(300)
    world.mend()
    await until_iam(world, State.CLOSED)
    assert world.standing("domains").health is Health.BLOCKED
    await world.pass_(5)
    for name in DEPENDANTS:
        assert world.standing(name).health is Health.OPERATIONAL
    assert world.receiver.heard == [("opened", "iam"), ("resolved", "iam")]


async def test_a_dependant_that_fails_alone_trips_as_soon_as_any_other(world: World) -> None:
    await next_is(world, "domains")
    began = world.clock.now()
    world.break_(do="fail", status=503, where="orchestrator")
    asked = world.omilia.requests.counts[DISCOVERY]
    await world.pass_(12)
    standing = world.standing("domains")
    assert (standing.breaker.state, standing.health) == (State.OPEN, Health.DOWN)
    assert (standing.breaker.opened_at - began).total_seconds() <= 11
    assert world.receiver.heard == [("opened", "domains")]
    assert world.omilia.requests.counts[DISCOVERY] == asked + 1, "asked once, it spoke for itself"


async def test_what_was_down_before_is_part_of_the_needs_incident_and_stands_alone_after(
    world: World,
) -> None:
    """Orchestrator fails and is told; then IAM fails, too; IAM recovers, Orchestrator does not."""
    orchestrator = world.break_(do="fail", status=503, where="orchestrator")
    await world.pass_(90)
    assert world.receiver.heard == [("opened", "domains")]
    iam = world.break_(do="fail", status=503, where="iam")
    await world.pass_(500)
    assert world.receiver.heard == [("opened", "domains"), ("opened", "iam")]
    _, listed, _ = await world.get("/v1/incidents?open=true")
    by_key = {one["key"]: one for one in listed["incidents"]}
    assert by_key["domains"]["parent"] == by_key["iam"]["id"]
    assert by_key["iam"]["children"] == [by_key["domains"]["id"]]
    _, status, _ = await world.get("/v1/status")
    assert status["sentence"] == "iam: It is Omilia: it answers 503."

    world.omilia.faults.clear(iam)
    await world.pass_(400)
    assert world.receiver.heard[2:] == [("resolved", "iam")]
    _, listed, _ = await world.get("/v1/incidents?open=true")
    assert [(one["key"], one["parent"]) for one in listed["incidents"]] == [("domains", None)]
    world.omilia.faults.clear(orchestrator)
    await world.pass_(600)
    assert world.receiver.heard[3:] == [("resolved", "domains")]


async def test_a_part_that_nobody_heard_of_is_told_when_it_stands_alone(world: World) -> None:
    """The receiver was away while only Orchestrator failed: it hears of it once IAM is back."""
    world.receiver.status = 503
    world.break_(do="fail", status=503, where="orchestrator")
    await world.pass_(90)
    iam = world.break_(do="fail", status=503, where="iam")
    await world.pass_(120)
    world.receiver.status = 204
    await world.pass_(400)
    assert world.receiver.heard == [("opened", "iam")]
    world.omilia.faults.clear(iam)
    await world.pass_(400)
    assert world.receiver.heard[1:] == [("resolved", "iam"), ("opened", "domains")]


@pytest.mark.parametrize("killed", [False, True])
async def test_a_part_stays_one_over_a_restart(world: World, killed: bool) -> None:
    world.receiver.status = 503
    world.break_(do="fail", status=503, where="orchestrator")
    await world.pass_(90)
    world.break_(do="fail", status=503, where="iam")
    await world.pass_(120)
    await (world.kill() if killed else world.daemon.stop())
    await world.begin()
    world.receiver.status = 204
    await world.pass_(400)
    assert world.receiver.heard == [("opened", "iam")]
    world.mend()
    await world.pass_(600)
    assert world.receiver.heard[1:] == [("resolved", "iam")]
    _, listed, _ = await world.get("/v1/incidents?open=true")
    assert listed["incidents"] == []


async def test_a_need_that_only_refuses_us_excuses_nobody(world: World) -> None:
    world.break_(do="fail", status=404, where="iam")
    world.break_(do="fail", status=503, where="orchestrator")
    await world.pass_(90)
    assert world.standing("domains").last.category is Category.SERVER_ERROR
    assert ("opened", "domains") in world.receiver.heard


async def test_the_alert_says_how_many_wait_for_it(tmp_path: Path) -> None:
    config = CONFIG.replace('domains/"', 'domains/", needs: [status]')
    async with World(tmp_path, config) as world:
        await world.pass_(120)
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(150)
        (message,) = world.receiver.messages
        assert message["data"]["blocks"] == ["domains"]
        assert message["data"]["reason"].endswith("; 1 other needs it")
