"""An endpoint that never fails three times in a row, told end to end: found, explained, over."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.core.breaker import State
from monitor.core.health import Health
from tests.app.world import CONFIG, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        await world.pass_(600)
        assert world.receiver.messages == []
        yield world


async def ask(world: World, path: str) -> Any:
    _, body, _ = await world.get(path)
    return body


async def until_it_opens(world: World) -> float:
    """Let probe after probe happen; return the seconds until the breaker opened."""
    began = world.clock.now()
    for _ in range(200):
        due = world.metronome.first()
        assert due is not None
        await world.pass_(max((due[1] - world.clock.now()).total_seconds(), 0.0))
        if world.standing("status").breaker.state is State.OPEN:
            return (world.clock.now() - began).total_seconds()
    raise AssertionError("it never opened")


async def test_every_other_request_failing_is_found_and_explained(world: World) -> None:
    world.break_(do="fail", where="envs-manager", status=502, nth=2)
    took = await until_it_opens(world)
    assert took <= 540, "within nine minutes, at about two probes a minute"
    shown = await ask(world, "/v1/endpoints/status")
    why = shown["breaker"]["why"]
    assert (why["rule"], why["threshold"], why["within"]) == ("failure_rate", 40.0, 600.0)
    assert why["count"] / why["of"] > 0.4
    assert {one["status"] for one in why["samples"]} == {502}
    said = f"{why['count']} of {why['of']} failed in 10 min (over 40 %)"
    assert shown["breaker"]["reason"].startswith(said)
    assert shown["breaker"]["next"].startswith("a trial in")
    assert shown["evidence"] is None
    verdict = await ask(world, "/v1/verdicts/status")
    assert (verdict["allow"], verdict["evidence"]) == (False, "enough")
    (message,) = world.receiver.messages
    assert said in message["data"]["reason"]

    world.mend()
    await world.pass_(600)
    assert world.standing("status").health is Health.OPERATIONAL
    (incident,) = (await ask(world, "/v1/incidents"))["incidents"]
    assert (incident["status"], incident["why"]["rule"]) == ("closed", why["rule"])
    whole = await ask(world, f"/v1/incidents/{incident['id']}")
    moves = [one["move"] for one in whole["moves"]]
    assert (moves[0], moves[-1]) == ("trip", "reset")
    assert len((await ask(world, "/v1/endpoints/status/moves"))["moves"]) == len(moves)


async def test_evidence_is_thin_at_first_and_enough_later(tmp_path: Path) -> None:
    async with World(tmp_path) as world:
        await world.pass_(10)
        assert (await ask(world, "/v1/verdicts/status"))["evidence"] == "thin"
        shown = (await ask(world, "/v1/endpoints/status"))["evidence"]
        assert (shown["state"], shown["failed"]["of"]) == ("thin", 1)
        await world.pass_(300)
        assert (await ask(world, "/v1/verdicts/status"))["evidence"] == "enough"


@pytest.mark.parametrize("saved", [True, False])
async def test_what_a_window_holds_outlives_a_restart_and_a_kill(
    world: World, *, saved: bool
) -> None:
    """A kill loses nothing that was committed; what was calm since then is read back."""
    world.break_(do="fail", where="envs-manager", status=502, count=2)
    await world.pass_(200)
    before = world.standing("status").breaker.recent.marks
    assert before.count("x") == 2
    assert before.endswith("...")
    if not saved:
        world.daemon.engine._watched.clear()  # nothing is left to be saved by a stop
    await world.daemon.stop()
    await world.begin()
    after = world.standing("status").breaker.recent.marks
    assert after.endswith(before), "at the most, what is too old is dropped by the next outcome"


async def test_a_reload_keeps_the_window_and_takes_up_its_limit(world: World) -> None:
    world.break_(do="fail", where="envs-manager", status=502, count=2)
    await world.pass_(130)
    marks = world.standing("status").breaker.recent.marks
    lower = CONFIG.replace("confirm_after: 5s", "confirm_after: 5s, failure_rate: {{over: 10%}}")
    await world.daemon.reload(world.settings(lower))
    assert world.standing("status").breaker.recent.marks == marks
    assert world.standing("status").breaker.state is State.CLOSED
    assert await until_it_opens(world) <= 60
    assert world.standing("status").breaker.reason.startswith("2 of ")
