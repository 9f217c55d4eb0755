"""`omilia-monitor silence`, against a running daemon."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.app.cli import main
from monitor.web.models import SilenceModel, SilencesModel
from tests.app.asking import asked
from tests.app.test_maintenance import ACCESS
from tests.app.world import CONFIG, World

ADD = ("silence", "add", "severity=critical", 'endpoint=~"sta.*"')


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, CONFIG + ACCESS) as world:
        await world.pass_(120)
        yield world


async def test_a_silence_is_made_listed_and_ended(world: World) -> None:
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(300)
    (incident,) = (await world.get("/v1/incidents?open=true"))[1]["incidents"]
    made = await asked(world, *ADD, "--for", "2h", "--comment", "ticket 4711", "--by", "ada")
    assert made.exit_code == 0, made.output
    first, second = made.stdout.splitlines()
    name, _, line = first.partition("  ")
    assert line == (
        "active  until 2026-11-22 20:07:00 UTC  "
        'severity="critical", endpoint=~"sta.*"  ada: ticket 4711'
    )
    assert second == f"  {incident['id']}"
    assert (await asked(world, "silence", "list")).stdout == made.stdout
    over = await asked(world, "silence", "expire", name)
    assert over.exit_code == 0
    assert over.stdout == (
        f"{name}  expired until 2026-11-22 18:07:00 UTC, ended by ops  "
        'severity="critical", endpoint=~"sta.*"  ada: ticket 4711\n'
    )
    again = await asked(world, "silence", "expire", name)
    assert (again.exit_code, again.stdout) == (0, over.stdout)


async def test_a_time_to_begin_and_a_time_to_end(world: World) -> None:
    times = ("--from", "2026-11-22T19:00:00Z", "--until", "2026-11-22T20:00:00Z")
    made = await asked(world, *ADD, *times, "--comment", "known")
    assert made.stdout.partition("  ")[2] == (
        "pending from 2026-11-22 19:00:00 UTC until 2026-11-22 20:00:00 UTC  "
        'severity="critical", endpoint=~"sta.*"  ops: known\n'
    )
    listed = await asked(world, "silence", "list", "--state", "active")
    assert (listed.exit_code, listed.stdout) == (0, "none is active\n")


async def test_scripts_get_json(world: World) -> None:
    nothing = await asked(world, "silence", "list")
    assert nothing.stdout == "nothing is silenced\n"
    made = await asked(world, *ADD, "--for", "1h", "--comment", "known", "--json")
    one = SilenceModel.model_validate_json(made.stdout)
    listed = await asked(world, "silence", "list", "--json")
    assert SilencesModel.model_validate_json(listed.stdout).silences == [one]
    over = await asked(world, "silence", "expire", one.id, "--json")
    assert SilenceModel.model_validate_json(over.stdout).state == "expired"


async def test_what_the_daemon_refuses_is_said_line_by_line(world: World) -> None:
    refused = await asked(world, "silence", "add", "team", "--for", "40d", "--comment", "known")
    assert refused.exit_code == 1
    lines = [line.partition(": ")[0] for line in refused.stderr.splitlines()]
    assert lines == ["error #/matchers/0", "error #/duration"]
    unknown = await asked(world, "silence", "expire", "nobody")
    assert (unknown.exit_code, unknown.stderr) == (1, "error There is no silence 'nobody'.\n")
    wrong = await asked(world, "silence", "list", "--state", "over")
    assert (wrong.exit_code, wrong.stderr) == (
        1,
        "error state: must be one of pending, active, expired\n",
    )


@pytest.mark.parametrize("args", [["add", "severity=critical"], ["add", "--comment", "known"]])
def test_what_is_missing_is_said_before_anybody_is_asked(args: list[str]) -> None:
    result = CliRunner().invoke(main, ["silence", *args, "--for", "1h"])
    assert result.exit_code == 2
    assert "Missing" in result.stderr
