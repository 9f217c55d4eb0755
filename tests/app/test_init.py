"""`init`: a file for every region, which works as it is."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.app.cli import main
from monitor.app.loader import load, loads
from monitor.omilia.catalogue import CATALOGUE, Chosen
from monitor.omilia.regions import REGIONS

PAT = {"OCP_PAT": "simulated-pat"}


def run(*args: str) -> tuple[int, str]:
    result = CliRunner().invoke(main, args)
    return result.exit_code, result.output


@pytest.mark.parametrize("region", REGIONS)
def test_a_file_is_written_for_every_region_and_is_right(region: str, tmp_path: Path) -> None:
    file = tmp_path / "o.yml"
    code, said = run("init", "--region", region, "-o", str(file))
    assert (code, "OCP_PAT" in said) == (0, True)
    settings = load(file, PAT)
    assert settings.omilia is not None
    assert settings.omilia.realm == REGIONS[region].realm
    hosts = {one.url.split("/")[2] for one in settings.endpoints}
    expected = {REGIONS[region].api, REGIONS[region].auth, "https://assets.miniapps.ocp.ai"}
    assert hosts == {url.split("/")[2] for url in expected}
    assert all(len(line) <= 100 for line in file.read_text().splitlines())


def test_without_a_file_it_is_printed() -> None:
    for output in ((), ("-o", "-")):
        code, text = run("init", "--region", "us1", *output)
        assert code == 0
        assert loads(text, "o.yml", PAT).endpoints


def test_what_is_commented_out_is_right_too() -> None:
    _, text = run("init", "--region", "us1")
    opted = [name for name, probe in CATALOGUE.items() if probe.chosen is Chosen.OPT_IN]
    for name in opted:
        assert f"# - {name}\n" in text
        text = text.replace(f"# - {name}\n", f"- {name}\n")
    for line in (
        "chat: {",
        "keycloak: {",
        "api: h",
        "auth: h",
        "analytics: h",
        "realm: ",
        "assets",
    ):
        text = text.replace(f"# {line}", line)
    for line in ("apps:", "endpoints:", "access:", "  tokens:", "  - {", "    - {", "ops: {"):
        text = text.replace(f"# {line}", line)
    environ = dict.fromkeys(("OCP_PASSWORD", "OCP_CHAT_KEY"), "a-secret")
    environ |= {
        "OPS_WEBHOOK": "https://hooks.example/",
        "OPS_TOKEN": "sixteen letters!".replace(" ", "-"),
    }
    environ |= {"OPS_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="}
    settings = loads(text, "o.yml", PAT | environ)
    assert len(settings.endpoints) == len(CATALOGUE) + 1
    assert {one.id for one in settings.endpoints} >= {"agents", "chat-ws-connect-front-desk"}
    assert (len(settings.access.tokens), len(settings.channels.root)) == (1, 2)


def test_side_effects_are_said_beside_the_probes_that_have_them() -> None:
    _, text = run("init", "--region", "us1")
    assert text.count("SIDE EFFECTS") == 2


def test_a_file_that_is_there_is_left_alone_unless_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "o.yml"
    file.write_text("mine: yes\n")
    code, said = run("init", "--region", "us1", "-o", str(file))
    assert (code, "--force" in said) == (2, True)
    assert file.read_text() == "mine: yes\n"
    code, _ = run("init", "--region", "us1", "-o", str(file), "--force")
    assert code == 0
    assert load(file, PAT).endpoints


@pytest.mark.parametrize("args", [("--region", "us9"), ()])
def test_regions_are_listed_to_who_names_none_that_there_is(args: tuple[str, ...]) -> None:
    code, said = run("init", *args)
    assert code == 2
    assert "--region" in said
    assert "frankfurt" in run("init", "--help")[1]


def test_a_file_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    code, said = run("init", "--region", "us1", "-o", str(tmp_path / "no" / "o.yml"))
    assert (code, "cannot be written" in said) == (2, True)
