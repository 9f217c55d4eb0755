"""From `init` to "operational", for every region, against a simulated Omilia of its generation."""

import asyncio
import re
import sys
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from click.testing import CliRunner

from monitor.app.cli import main
from monitor.app.commands.probe import _probe
from monitor.app.loader import loads
from monitor.app.settings import Settings
from monitor.app.wiring import endpoint_of
from monitor.core.health import Health
from monitor.core.outcome import Category
from monitor.omilia.catalogue import CATALOGUE
from monitor.omilia.regions import REGIONS
from monitor.omilia.simulator import APP_ID, Simulator
from tests.app.world import CHAT_KEY, PAT, World
from tests.clock import FakeClock

SOME = ["us2", "frankfurt"]
"""One region of each generation; the first has a host of its own for IAM."""


def written(region: str, omilia: Simulator) -> str:
    """Return the file that `init` writes, with the hosts that are commented out said instead."""
    text = CliRunner().invoke(main, ["init", "--region", region]).output
    for key, service in (("api", ""), ("auth", "iam"), ("analytics", "insights")):
        text = re.sub(rf"# {key}: http.*", f"{key}: {omilia.at.of(service)}", text)
    return re.sub(r"# assets: http.*", f"assets: {omilia.at.of('webchat')}", text)


def with_keycloak(text: str) -> str:
    return text.replace("# keycloak: {", "keycloak: {")


def everything(text: str) -> str:
    """Take up all that is commented out in a file of `init`."""
    text = with_keycloak(text).replace("# chat: {", "chat: {").replace("# apps:", "apps:")
    text = text.replace("#   - {id: 00000000-0000-0000-0000-000000000000", f"  - {{id: {APP_ID}")
    for name in ("pathfinder-projects", "chat-ws-connect", "chat-rest-transaction"):
        text = text.replace(f"# - {name}\n", f"- {name}\n")
    return text


def loaded(text: str) -> Settings:
    environ = {"OCP_PAT": PAT, "OCP_PASSWORD": "simulated-password", "OCP_CHAT_KEY": CHAT_KEY}
    settings = loads(text, "o.yml", environ)
    # A probe's patience is with Omilia; here it is with a machine that may stand still.
    patient = [one.model_copy(update={"timeout": 50.0}) for one in settings.endpoints]
    return settings.model_copy(update={"endpoints": patient})


async def seen(settings: Settings) -> dict[str, tuple[str, str]]:
    """Probe everything once; return what was seen, and why if it was not well."""
    outcomes = await _probe(settings, [endpoint_of(one) for one in settings.endpoints])
    return {one.endpoint: (one.category.value, one.detail) for one in outcomes}


@pytest.mark.parametrize("region", REGIONS)
async def test_with_one_token_every_default_probe_of_every_region_is_ok(region: str) -> None:
    async with Simulator.like(REGIONS[region], clock=FakeClock()) as omilia:
        settings = loaded(written(region, omilia))
        assert settings.omilia is not None
        assert settings.omilia.realm == REGIONS[region].realm
        found = await seen(settings)
    assert found == dict.fromkeys(found, ("ok", ""))
    assert len(found) == 7
    assert {one.region for one in settings.endpoints} == {region}


@pytest.mark.parametrize("region", SOME)
async def test_with_everything_configured_all_twelve_are_ok(region: str) -> None:
    async with Simulator.like(REGIONS[region], clock=FakeClock()) as omilia:
        settings = loaded(everything(written(region, omilia)))
        found = await seen(settings)
        assert omilia.chat.taken == 0, "every conversation was ended"
    assert found == dict.fromkeys(found, ("ok", ""))
    assert len(found) == len(CATALOGUE)


@pytest.mark.parametrize("layout", ["meta", "top-level"])
async def test_the_status_is_understood_in_both_documented_layouts(layout: Any) -> None:
    async with Simulator.like(REGIONS["us1"], clock=FakeClock(), status_layout=layout) as omilia:
        found = await seen(loaded(written("us1", omilia)))
    assert found["envs-manager-status"] == ("ok", "")


async def test_a_token_alone_is_not_shown_where_it_is_refused_and_is_when_it_is_asked_for() -> None:
    """Pathfinder answers 401 to a PAT, and nobody knows about Integrations: both are left out."""
    async with Simulator.like(REGIONS["us1"], clock=FakeClock()) as omilia:
        text = written("us1", omilia)
        await seen(loaded(text))
        assert not {path for path in omilia.requests.counts if "/integrations/" in path}
        asked = text.replace("- default\n", "- default\n    - integrations-numbers\n", 1)
        found = await seen(loaded(asked))
        assert found["integrations-numbers"][0] == Category.CREDENTIAL
        found = await seen(loaded(with_keycloak(text)))
        assert found["integrations-numbers"] == ("ok", "")
        assert "pathfinder-projects" not in found


@pytest.mark.parametrize("region", SOME)
async def test_the_wrong_realm_is_found_out_by_the_one_probe_that_needs_no_secret(
    region: str,
) -> None:
    other = {"us2": "ocp", "frankfurt": "master"}[region]
    async with Simulator.like(REGIONS[region], clock=FakeClock()) as omilia:
        text = re.sub(r"# realm: \w+", f"realm: {other}", written(region, omilia))
        category, detail = (await seen(loaded(text)))["iam-discovery"]
    assert (category, "no such realm" in detail) == (Category.MISCONFIGURED, True)


async def test_a_service_is_only_found_at_its_own_host() -> None:
    async with (
        Simulator.like(REGIONS["us2"], clock=FakeClock()) as omilia,
        aiohttp.ClientSession(headers={"X-OCP-PERSONAL-ACCESS-TOKEN": PAT}) as ask,
    ):
        path = "/auth/realms/master/.well-known/openid-configuration"
        async with ask.get(omilia.at.of("iam") + path) as answer:
            assert answer.status == 200
            assert (await answer.json())["issuer"].startswith(omilia.at.of("iam"))
        for where, lost in (("", path), ("webchat", path), ("iam", "/miniapps/api/config")):
            async with ask.get(omilia.at.of(where) + lost) as answer:
                assert answer.status == 404


async def test_an_endpoint_of_ones_own_is_asked_at_the_analytics_host() -> None:
    async with Simulator.like(REGIONS["us1"], clock=FakeClock()) as omilia:
        own = (
            '{id: log, url: "{analytics}/dialogs-api/insights/v2/dialogs/d-1/log", credential: pat}'
        )
        text = written("us1", omilia) + f"\nendpoints: [{own}]\n"
        assert omilia.at.of("insights") != omilia.url
        assert (await seen(loaded(text)))["log"] == ("ok", "")


class Regional(World):
    """A world in which a file of `init` is run, at a region's own simulated Omilia."""

    def __init__(self, folder: Path, region: str) -> None:
        super().__init__(folder)
        self.region = region
        self.omilia = Simulator.like(REGIONS[region], clock=self.clock)

    def settings(self, config: str | None = None) -> Settings:
        del config
        text = written(self.region, self.omilia)
        text = text.replace("listen: 127.0.0.1:8080", "listen: 127.0.0.1:0")
        text = text.replace("sqlite:///omilia-monitor.db", self.store)
        return loaded(text)


@pytest.mark.parametrize("region", SOME)
async def test_one_token_and_a_region_and_everything_is_operational(
    tmp_path: Path, region: str
) -> None:
    async with Regional(tmp_path, region) as world:
        await world.pass_(330)
        _, status, _ = await world.get("/v1/status")
        assert (status["status"], status["counts"]["operational"]) == ("operational", 7)
        assert status["regions"] == {region: "operational"}
        assert status["incidents"] == []
        _, shown, _ = await world.get("/v1/endpoints/envs-manager-status")
        assert shown["signals"]["release"] == world.omilia.version
        assert (await world.get("/v1/endpoints/miniapps-config"))[1]["signals"][
            "release"
        ] == "v4.31"


async def test_with_iam_down_its_dependants_are_blocked_and_only_iam_is_told(
    tmp_path: Path,
) -> None:
    async with Regional(tmp_path, "us2") as world:
        await world.pass_(330)
        world.break_(do="fail", where="iam", status=503)
        await world.pass_(330)
        assert world.standing("iam-discovery").health is Health.DOWN
        blocked = [one for one in world.daemon.settings.endpoints if one.needs]
        assert {world.standing(one.id).health for one in blocked} == {Health.BLOCKED}
        assert world.standing("webchat-bundle").health is Health.OPERATIONAL
        _, status, _ = await world.get("/v1/status")
        assert [one["key"] for one in status["incidents"]] == ["iam-discovery"]


async def test_a_simulated_region_says_what_to_write(tmp_path: Path) -> None:
    """`simulate --region` beside `init --region`: what it prints makes the file work."""
    child = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", "simulate", "--listen", "127.0.0.1:0"),
        *("--region", "us1"),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert child.stdout is not None
        lines: list[str] = []
        async with asyncio.timeout(60):
            while not lines or not lines[-1].startswith("  assets:"):
                lines.append((await child.stdout.readline()).decode())
        hosts = "".join(line for line in lines if re.match(r"  (\w+): ", line))
        text = f"omilia:\n{hosts}  credentials: {{pat: {{env: OCP_PAT}}}}\n"
        found = await seen(loaded(text))
        assert found == dict.fromkeys(found, ("ok", ""))
    finally:
        child.terminate()
        async with asyncio.timeout(60):
            await child.wait()
