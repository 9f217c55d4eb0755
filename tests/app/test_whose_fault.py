"""Whose fault: what people and programs are told of it, end to end."""

from pathlib import Path
from typing import Any

import pytest

from monitor.core.blame import Blame
from monitor.core.health import Health
from monitor.omilia.simulator.bodies import APP_ID
from tests.app.world import CONFIG, World

APP = f"""
  - id: app
    url: "{{omilia}}/orchestrator/api/apps/{APP_ID}/status/"
    about: application
    expect:
      json: {{{{"$.status": started}}}}
      application: {{{{"$.status": {{{{enum: [stopped, not-deployed]}}}}}}}}
credentials:"""
CONFIG_WITH_APP = CONFIG.replace("\ncredentials:", APP)


async def told(world: World) -> dict[str, Any]:
    """Return the one alert there is, and hold the API and the incident to the same answer."""
    (message,) = world.receiver.messages
    data: dict[str, Any] = message["data"]
    _, status, _ = await world.get("/v1/status")
    _, incident, _ = await world.get(f"/v1/incidents/{data['id']}")
    assert status["blame"] == incident["blame"] == data["blame"]
    assert status["sentence"] == f"{data['key']}: {data['sentence']}"
    assert data["reason"].startswith(data["sentence"])
    return data


@pytest.mark.parametrize("state", ["stopped", "not-deployed"])
async def test_an_app_that_is_stopped_is_its_owners_and_no_outage(
    tmp_path: Path, state: str
) -> None:
    async with World(tmp_path, CONFIG_WITH_APP) as world:
        await world.pass_(120)
        world.break_(do="app_status", state=state)
        await world.pass_(120)
        data = await told(world)
        assert (data["blame"], data["category"]) == (Blame.APPLICATION, "unexpected")
        assert data["title"] == "our application is not well: app"
        assert state in data["detail"]
        assert world.standing("app").health is Health.DOWN
        _, status, _ = await world.get("/v1/status")
        assert status["status"] == "degraded", "no outage of Omilia's"
        assert (await world.get("/v1/verdicts/app"))[1]["allow"] is False
        world.mend()
        await world.pass_(300)
        _, status, _ = await world.get("/v1/status")
        assert (status["blame"], status["sentence"]) == (None, "All is well.")


async def test_a_reply_about_an_app_that_makes_no_sense_is_omilias(tmp_path: Path) -> None:
    async with World(tmp_path, CONFIG_WITH_APP) as world:
        await world.pass_(120)
        world.break_(do="wrong_body", where="/orchestrator/api/apps/", body={"state": 7})
        await world.pass_(120)
        data = await told(world)
        assert (data["blame"], data["category"]) == (Blame.OMILIA, "unexpected")


@pytest.mark.parametrize(
    ("fault", "blame"),
    [
        ({"do": "fail", "status": 503, "where": "envs-manager"}, Blame.OMILIA),
        ({"do": "reset", "where": "envs-manager"}, Blame.OMILIA),
        ({"do": "reject_token"}, Blame.CREDENTIAL),
        ({"do": "licences", "where": "envs-manager"}, Blame.LICENCE),
        ({"do": "forbidden", "where": "envs-manager"}, Blame.CONFIGURATION),
        ({"do": "fail", "status": 404, "where": "envs-manager"}, Blame.CONFIGURATION),
    ],
)
async def test_every_alert_says_whose_fault_it_is(
    tmp_path: Path, fault: dict[str, Any], blame: Blame
) -> None:
    async with World(tmp_path) as world:
        await world.pass_(120)
        world.break_(**fault)
        await world.pass_(200)
        assert (await told(world))["blame"] == blame
