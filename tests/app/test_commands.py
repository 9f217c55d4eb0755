"""The command line as scripts use it: outputs and exit codes of the interface."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from monitor import __version__
from monitor.adapters.clock import SystemClock
from monitor.app.cli import main
from monitor.omilia.simulator import Fault, Simulator
from monitor.web import models

GOOD = """
endpoints:
  - {id: a, url: "https://a.example/status", credential: pat, alert: [ops]}
credentials: {pat: {header: X-Token, value: {env: A_SECRET}}}
channels: {ops: {kind: webhook, url: {env: A_HOOK}, secret: {file: signing}}}
"""
SECRETS = {"A_SECRET": "hunter2-of-the-token", "A_HOOK": "https://hooks.example/T0/hunter2"}


def call(*args: str, env: dict[str, str] | None = None) -> Result:
    return CliRunner(env=env or {}).invoke(main, args)


@pytest.fixture
def good(tmp_path: Path) -> str:
    (tmp_path / "signing").write_text("hunter2-of-the-signature\n")
    file = tmp_path / "good.yml"
    file.write_text(GOOD)
    return str(file)


def test_version() -> None:
    result = call("--version")
    assert (result.exit_code, result.output) == (0, f"omilia-monitor, version {__version__}\n")


@pytest.mark.parametrize(
    "command",
    [
        "",
        "init",
        "replay",
        "silence",
        "silence add",
        "silence list",
        "silence expire",
        "maintenance",
        "maintenance list",
        "run",
        "demo",
        "probe",
        "report",
        "notify",
        "channels",
        "route",
        "route test",
        "ack",
        "status",
        "journal",
        "journal retry",
        "journal drop",
        "simulate",
        "check-config",
        "show-config",
        "schema",
    ],
)
def test_every_command_explains_itself(command: str) -> None:
    result = call(*command.split(), "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.output
    assert f"Examples:\n    omilia-monitor {command}" in result.output
    assert "\\b" not in result.output


def test_help_is_quick_because_nothing_heavy_is_loaded_for_it() -> None:
    heavy = "{'aiohttp', 'pydantic', 'sqlalchemy'}"
    code = f"import sys, monitor.app.cli; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_good_file_is_checked_with_an_estimate_of_what_it_will_cost(good: str) -> None:
    result = call("check-config", "-c", good, env=SECRETS)
    assert result.exit_code == 0
    assert "1 endpoint" in result.output
    assert "disk: about" in result.output


def test_a_wrong_file_is_refused_with_every_problem_and_code_2(tmp_path: Path) -> None:
    file = tmp_path / "wrong.yml"
    file.write_text(GOOD + "listen: nowhere\nretention: {outcomes: 7}\n")
    result = call("check-config", "-c", str(file))
    assert result.exit_code == 2
    lines = [line for line in result.output.splitlines() if line.startswith("error ")]
    assert [line.split(": ")[1] for line in lines] == [
        "credentials.pat.value",
        "channels.ops.secret",
        "channels.ops.url",
        "listen",
        "retention.outcomes",
    ]


@pytest.mark.parametrize("command", ["run", "probe", "show-config"])
def test_no_command_starts_with_a_wrong_file(command: str, tmp_path: Path) -> None:
    assert call(command, "-c", str(tmp_path / "missing.yml")).exit_code == 2


def test_the_file_comes_from_the_environment_when_nobody_names_it(good: str) -> None:
    env = {**SECRETS, "OMILIA_MONITOR_CONFIG": good}
    assert call("check-config", env=env).exit_code == 0


def test_the_effective_configuration_shows_defaults_and_no_secret(good: str) -> None:
    result = call("show-config", "-c", good, env=SECRETS)
    assert result.exit_code == 0
    assert "hunter2" not in result.output
    assert "env: A_SECRET" in result.output
    assert "every: 1m" in result.output


@pytest.mark.parametrize("more", ["", "flapping: null", "defaults: {every: 5m, objective: 99.5%}"])
def test_what_show_config_prints_is_a_configuration_again(
    more: str, good: str, tmp_path: Path
) -> None:
    file = tmp_path / "good.yml"
    file.write_text(f"{GOOD.replace('id: a,', 'id: a, objective: null,')}{more}\n")
    shown = call("show-config", "-c", good, env=SECRETS).output
    again = tmp_path / "again.yml"
    again.write_text(shown)
    assert call("show-config", "-c", str(again), env=SECRETS).output == shown


def test_the_schema_is_json_and_knows_every_part() -> None:
    schema = json.loads(call("schema").output)
    assert {"endpoints", "channels", "credentials", "store"} <= schema["properties"].keys()


async def _probe(tmp_path: Path, *args: str, fault: Fault | None = None) -> Result:
    """Run `probe` in a thread, as it has a loop of its own, against a simulated Omilia."""
    async with Simulator(clock=SystemClock()) as omilia:
        await omilia.start()
        if fault:
            omilia.faults.set(fault)
        file = tmp_path / "probe.yml"
        file.write_text(
            "defaults: {credential: pat}\nendpoints:\n"
            f'  - {{id: status, url: "{omilia.url}/envs-manager/api/status?x=1"}}\n'
            f'  - {{id: tables, url: "{omilia.url}/metrics-api/v3/tables"}}\n'
            "credentials: {pat: {header: X-OCP-PERSONAL-ACCESS-TOKEN, value: {env: PAT}}}\n"
        )
        env = {"PAT": "simulated-pat"}
        return await asyncio.to_thread(call, "probe", "-c", str(file), *args, env=env)


async def test_probe_shows_each_exchange_with_its_phases(tmp_path: Path) -> None:
    result = await _probe(tmp_path)
    assert result.exit_code == 0
    assert "ok             status  HTTP 200" in result.output
    assert "first_byte" in result.output


async def test_probe_ends_with_1_when_something_is_not_ok(tmp_path: Path) -> None:
    fault = Fault.model_validate({"do": "fail", "where": "metrics", "status": 503})
    result = await _probe(tmp_path, "--json", fault=fault)
    assert result.exit_code == 1
    status, tables = json.loads(result.output)
    assert (status["category"], status["effect"]) == ("ok", "success")
    assert (tables["category"], tables["status"]) == ("server_error", 503)


async def test_probe_takes_ids_and_refuses_unknown_ones(tmp_path: Path) -> None:
    result = await _probe(tmp_path, "--json", "tables")
    assert [one["endpoint"] for one in json.loads(result.output)] == ["tables"]
    assert (await _probe(tmp_path, "nobody")).exit_code == 2


MAINTENANCE = """
maintenance:
  - {name: patch, cron: 30 2 * * SUN, timezone: Europe/Berlin, duration: 2h, reason: patches}
  - {name: gone, from: 2020-01-01T00:00:00Z, duration: 1h}
"""
ON_SUNDAYS = r"Sun \d{4}-\d\d-\d\d 0[23]:[03]0 \+0[12]00 to Sun .* patch \[everything\]: patches"


def test_the_next_windows_are_shown_on_the_clock_of_their_zone(good: str) -> None:
    Path(good).write_text(GOOD + MAINTENANCE)
    result = call("maintenance", "list", "-c", good, "--limit", "3", env=SECRETS)
    assert result.exit_code == 0
    assert len(re.findall(ON_SUNDAYS, result.output)) == len(result.output.splitlines()) == 3
    result = call("maintenance", "list", "-c", good, "--json", env=SECRETS)
    shown = models.MaintenanceModel.model_validate_json(result.output)
    assert {one.name for one in shown.maintenance} == {"patch"}


def test_a_calendar_that_cannot_be_had_is_said_and_ends_with_1(good: str) -> None:
    window = "{name: work, url: 'http://127.0.0.1:1/work.ics'}"
    Path(good).write_text(f"{GOOD}maintenance: [{window}]\n")
    result = call("maintenance", "list", "-c", good, env=SECRETS)
    assert result.exit_code == 1
    assert "nothing is announced" in result.stdout
    assert "work: ClientConnectorError" in result.stderr


@pytest.mark.parametrize("command", ["demo", "simulate"])
def test_an_address_that_is_none_is_a_usage_error(command: str) -> None:
    result = call(command, "--listen", "nowhere")
    assert result.exit_code == 2
    assert "not HOST:PORT" in result.output


def test_a_duration_that_is_none_is_a_usage_error() -> None:
    result = call("demo", "--for", "60")
    assert result.exit_code == 2
    assert "write 250ms, 30s, 5m" in result.output


def test_a_script_that_is_wrong_is_refused_with_every_problem(tmp_path: Path) -> None:
    script = tmp_path / "script.yml"
    script.write_text("- {at: 5, do: explode}\n")
    result = call("simulate", "--script", str(script))
    assert result.exit_code == 2
    assert result.output.count(str(script)) >= 2
