"""docker-compose.yml and the Dockerfile hold together: what one names, the other has."""

import importlib.util
import re
from typing import Any
from urllib.parse import urlsplit

import click
import pytest

from monitor.app.cli import main
from monitor.app.daemon import address
from monitor.app.demo.sink import serve
from monitor.app.loader import FILE_VARIABLE
from monitor.omilia.simulator import load_script
from monitor.omilia.simulator.credentials import PAT_HEADER, Secrets
from tests.contracts import composed
from tests.contracts.composed import (
    CONFIG_VARIABLE,
    EXAMPLE,
    command,
    environment,
    example,
    last,
    mounted,
    services,
    stages,
)
from tests.contracts.tree import ROOT

SERVICES = ("monitor", "omilia", "sink")


def test_the_services_are_these_three() -> None:
    assert tuple(services()) == SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_is_locked_down(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "user" not in service, "the image's own is in force"
    assert service["restart"] == "unless-stopped"


@pytest.mark.parametrize("name", SERVICES)
def test_every_image_is_ours_and_has_a_tag(name: str) -> None:
    service = services()[name]
    assert service["build"] == "."
    assert _tag(service["image"]) not in ("", "latest")


def test_base_images_have_a_tag_that_is_not_latest() -> None:
    for stage in stages():
        assert _tag(stage[0].rest.split()[0]) not in ("", "latest")


def _tag(image: str) -> str:
    return image.rpartition("/")[2].partition(":")[2]


@pytest.mark.parametrize("name", ["omilia", "sink"])
def test_who_does_not_serve_livez_has_a_check_of_its_own_on_its_own_port(name: str) -> None:
    (port,) = re.findall(r"0\.0\.0\.0:(\d+)", " ".join(command(name)))
    assert port in services()[name]["healthcheck"]["test"][-1]


def test_the_image_checks_the_daemon_s_own_health_where_it_listens() -> None:
    (url,) = re.findall(r"http://[^']+", last("HEALTHCHECK"))
    asked = urlsplit(url)
    assert asked.path == "/livez"
    assert asked.port == address(example()["listen"])[1] == int(last("EXPOSE"))
    assert "healthcheck" not in services()["monitor"], "the image's own is in force"


def test_published_ports_stay_on_this_machine() -> None:
    published = [port for name in SERVICES for port in services()[name].get("ports", ())]
    assert published == ["127.0.0.1:8080:8080"]


def test_the_image_runs_as_nobody_special_after_everything_is_installed() -> None:
    names = [one.name for one in stages()[-1]]
    user = last("USER")
    assert user.partition(":")[0] not in ("root", "0")
    assert names.index("USER") > max(names.index("COPY"), names.index("RUN"))
    (made,) = [one.rest for one in stages()[-1] if one.name == "RUN"]
    assert re.search(rf"useradd --uid [1-9]\d{{3,}} .*\b{user}\b", made)
    assert f"--owner={user}" in made, "it may write where it keeps its data"


def test_what_the_image_copies_exists_and_is_all_that_the_build_needs() -> None:
    copied = [one.rest.split() for one in stages()[0] if one.name == "COPY"]
    sources = {source for words in copied for source in words[:-1]}
    assert all((ROOT / source).exists() for source in sources)
    assert {"monitor", "alerts", "pyproject.toml", "README.md", "LICENSE"} <= sources


def test_the_image_installs_from_the_lock_file_with_hashes() -> None:
    installs = [one.rest for one in stages()[0] if "pip install" in one.rest]
    assert "--require-hashes -r requirements/run.txt" in installs[0]
    assert all("--no-deps" in one for one in installs[1:])


def test_the_image_keeps_its_data_where_the_file_mounts_the_volume() -> None:
    assert mounted("monitor")[last("VOLUME")] in composed.compose()["volumes"]
    assert example()["store"].startswith(f"sqlite:///{last('VOLUME')}/")


@pytest.mark.parametrize("name", ["monitor", "omilia"])
def test_commands_and_their_options_exist(name: str) -> None:
    script, *args = command(name)
    assert script == "omilia-monitor"
    _parse(args)


def test_an_option_that_does_not_exist_would_be_noticed() -> None:
    with pytest.raises(click.UsageError):
        _parse(["simulate", "--port", "8090"])


def _parse(args: list[str]) -> click.Context:
    with main.make_context("omilia-monitor", list(args)) as context:
        name, chosen, rest = main.resolve_command(context, args)
        assert chosen is not None
        return chosen.make_context(name, rest, parent=context)


def test_the_sink_is_a_module_that_takes_an_address() -> None:
    python, flag, module, listen = command("sink")
    assert (python, flag, module) == ("python", "-m", serve.__module__)
    assert importlib.util.find_spec(module) is not None
    assert address(listen) == ("0.0.0.0", 8091)


def test_mounted_files_exist_and_stand_where_they_are_looked_for() -> None:
    for name in SERVICES:
        for source in mounted(name).values():
            assert source in composed.compose()["volumes"] or (ROOT / source).is_file(), source
    assert CONFIG_VARIABLE == FILE_VARIABLE
    assert mounted("monitor")[environment()[CONFIG_VARIABLE]] == f"./{EXAMPLE}"
    options = _parse(command("omilia")[1:]).params
    assert load_script(ROOT / mounted("omilia")[str(options["script"])]).steps


def test_the_monitor_is_given_every_variable_that_its_configuration_names() -> None:
    assert set(_variables(example())) == set(services()["monitor"]["environment"])


def test_who_signs_and_who_checks_know_the_same_secret() -> None:
    secrets = {services()[name]["environment"]["OPS_SECRET"] for name in ("monitor", "sink")}
    assert len(secrets) == 1


def test_everybody_is_asked_where_he_listens() -> None:
    homes = {}
    for name in ("omilia", "sink"):
        (listen,) = re.findall(r"0\.0\.0\.0:\d+", " ".join(command(name)))
        homes[name] = address(listen)[1]
    asked = [endpoint["url"] for endpoint in example()["endpoints"]]
    asked.append(services()["monitor"]["environment"]["OPS_WEBHOOK"])
    assert {(urlsplit(one).hostname, urlsplit(one).port) for one in asked} == set(homes.items())


def test_the_simulated_omilia_accepts_the_credential() -> None:
    assert example()["credentials"]["pat"]["header"] == PAT_HEADER
    assert services()["monitor"]["environment"]["OCP_PAT"] == Secrets().pat


def _variables(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["env"]] if set(value) == {"env"} else []
        return own + [name for one in value.values() for name in _variables(one)]
    if isinstance(value, list):
        return [name for one in value for name in _variables(one)]
    return []
