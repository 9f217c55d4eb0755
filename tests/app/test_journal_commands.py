"""`journal` and `status`: what a woken person reads, and what they can do about it."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from alerts.overview import BEING_TOLD, NOT_CONFIGURED
from alerts.policy import Quiet
from monitor.app.cli import main
from monitor.app.commands.journal import QUIET, WAITS
from monitor.app.commands.status import watch
from monitor.app.remote import Remote
from monitor.web.models import StatusModel
from monitor.web.models.journal import DroppedModel, EntryModel, JournalChannelModel, JournalModel
from tests.adapters.misbehaving import closed_port
from tests.app.asking import asked, watching
from tests.app.journal_world import JOURNAL, down
from tests.app.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, JOURNAL) as world:
        await world.pass_(120)
        yield world


def kinds(world: World) -> list[str]:
    return [kind for kind, _ in world.receiver.heard]


# ---------------------------------------------------------------- journal


async def test_who_knows_what_and_who_is_owed_what_fits_on_a_terminal(world: World) -> None:
    await down(world, status=401)
    result = await asked(world, "journal")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("ops (webhook): misconfigured, asked again at 2026-")
    assert lines[0].endswith("1 waits for it; misconfigured (authError): HTTP 401")
    assert lines[1] == "room (log): ok; nothing waits for it"
    assert lines[3].split() == ["CHANNEL", "ABOUT", "TOLD", "OWED", "(times", "are", "UTC)"]
    owed, error, *others = lines[4:]
    assert owed.split()[:5] == ["ops", "status", "nothing", "first", "since"]
    assert ": the channel waits until 2026-" in owed
    assert error.strip() == "misconfigured (authError): HTTP 401"
    assert {line.split()[1] for line in others} == {"self:channel:ops", "status"}
    assert all("firing" in line and line.rstrip().endswith("-") for line in others)


async def test_only_what_is_owed_or_one_channel_is_shown(world: World) -> None:
    await down(world, status=401)
    owed = await asked(world, "journal", "--owed", "--json")
    shown = JournalModel.model_validate_json(owed.stdout)
    assert [(one.channel, one.key) for one in shown.entries] == [("ops", "status")]
    room = await asked(world, "journal", "--channel", "room", "--limit", "1")
    assert room.stdout.splitlines()[-1] == "and 1 more; --limit shows them, or --channel"
    nothing = await asked(world, "journal", "--channel", "room", "--owed")
    assert nothing.stdout.splitlines()[-1] == "nothing is owed"
    unknown = await asked(world, "journal", "--channel", "nobody")
    assert (unknown.exit_code, unknown.stderr) == (1, "error There is no channel 'nobody'.\n")


async def test_after_a_401_is_mended_a_retry_delivers_at_once(world: World) -> None:
    await down(world, status=401)
    world.receiver.status = 204
    result = await asked(world, "journal", "retry", "ops", "status")
    assert result.exit_code == 0, result.output
    assert result.stdout == "ops is asked again at once, about status, too\n"
    await world.deliver()
    assert kinds(world) == ["opened"]
    whole = await asked(world, "journal", "retry", "ops", "--json")
    assert JournalChannelModel.model_validate_json(whole.stdout).owed == 0
    one = await asked(world, "journal", "retry", "room", "self:channel:ops", "--json")
    assert EntryModel.model_validate_json(one.stdout).key == "self:channel:ops"
    assert (await asked(world, "journal", "retry", "nobody")).exit_code == 1


async def test_what_is_dropped_is_shown_first_and_not_told(world: World) -> None:
    await down(world, status=500)
    asks = ["journal", "drop", "ops", "status"]
    result = await asked(world, *asks, typed="n\n")
    assert result.exit_code == 1
    assert "ops is owed about status: first since" in result.stderr
    assert "its end is told, if it was told" in result.stderr
    result = await asked(world, *asks, typed="y\n")
    assert result.exit_code == 0, result.output
    assert result.stdout == "dropped: ops is not told; nothing else is owed about it\n"
    world.receiver.status = 204
    await world.pass_(600)
    assert kinds(world) == []
    again = await asked(world, *asks)
    assert again.exit_code == 1
    assert again.stderr == "error Nothing is owed to ops about it now; nothing was changed.\n"


async def test_whoever_drops_an_end_is_told_what_that_means(world: World) -> None:
    await down(world)
    world.receiver.status = 500
    world.mend()
    await world.pass_(300)
    result = await asked(world, "journal", "drop", "ops", "status", typed="n\n")
    assert "ops is never told that it is over" in result.stderr
    result = await asked(world, "journal", "drop", "ops", "status", "--yes", "--json")
    assert DroppedModel.model_validate_json(result.stdout).stored


async def test_what_is_owed_by_now_is_not_dropped_instead_of_what_was_seen(world: World) -> None:
    await down(world)
    world.receiver.status = 500
    world.mend()
    await world.pass_(300)
    (incident,) = {message["data"]["id"] for message in world.receiver.messages}
    code, problem = await world.send("DELETE", f"/v1/journal/ops/status?id={incident}.1")
    assert (code, problem["type"].rpartition(":")[2]) == (409, "another-owed")
    code, _ = await world.send("DELETE", f"/v1/journal/ops/status?id={incident}.2")
    assert code == 200


async def test_an_option_of_the_group_holds_for_its_commands(world: World) -> None:
    result = await asked(
        world, "journal", "--url", world.daemon.url, "retry", "ops", url="http://x"
    )
    assert result.exit_code == 0, result.output


def test_every_word_of_the_journal_is_said_in_words() -> None:
    waiting = {Quiet.NOT_YET, Quiet.CHANNEL_WAITS, Quiet.PROBING, Quiet.FULL, Quiet.DISABLED}
    assert set(WAITS) == {"", BEING_TOLD, *waiting}
    assert set(QUIET) == {NOT_CONFIGURED, *(set(Quiet) - waiting)}


# ---------------------------------------------------------------- status


async def test_ten_seconds_are_enough_when_all_is_well(world: World) -> None:
    result = await asked(world, "status")
    assert result.exit_code == 0, result.output
    first, *rest = result.stdout.splitlines()
    assert first.startswith("operational since 2026-")
    assert rest == ["All is well.", "3 endpoints: 3 operational"]


async def test_whose_fault_which_incidents_what_is_held_and_what_is_owed(world: World) -> None:
    await down(world, status=401)
    window = {"duration": 3600, "endpoints": ["domains"], "name": "new disks"}
    assert (await world.send("POST", "/v1/maintenance", window))[0] == 201
    world.break_(do="fail", where="orchestrator", status=503)
    order = {"mode": "forced_open", "until": "2h", "reason": "we move"}
    assert (await world.send("POST", "/v1/endpoints/tables/mode", order))[0] == 200
    await world.pass_(120)
    result = await asked(world, "status")
    assert result.exit_code == 1
    said = result.stdout
    assert "It is Omilia" in said
    assert "[omilia]" in said
    parts = {part.splitlines()[0]: part for part in said.split("\n\n")[1:]}
    assert "critical  status" in parts["incidents"]
    assert "  nobody has it  " in parts["incidents"]
    assert "maintenance: new disks" in parts["not told for now"]
    assert "new disks  until 2026-" in parts["maintenance"]
    assert "forced_open  we move" in parts["orders"]
    assert any(title.startswith("1 owed, since 2026-") for title in parts)
    assert "ops (webhook): misconfigured" in parts["channels"]


async def test_who_has_an_incident_is_said_for_as_long_as_they_have_it(world: World) -> None:
    await down(world)
    (one,) = world.daemon.board.open_incidents()
    assert (await asked(world, "ack", one.id, "--by", "eve", "--for", "1h")).exit_code == 0
    assert "  eve has it until 2026-" in (await asked(world, "status")).stdout
    await world.pass_(3700)
    assert "  nobody has it  " in (await asked(world, "status")).stdout


async def test_programs_get_what_the_interface_says_and_what_is_untold(world: World) -> None:
    await down(world, status=401)
    shown = json.loads((await asked(world, "status", "--json")).stdout)
    untold = shown.pop("untold")
    StatusModel.model_validate(shown)
    assert (untold["owed"], [one["channel"] for one in untold["channels"]]) == (1, ["ops"])
    assert untold["oldest"] is not None


def test_a_daemon_that_cannot_be_reached_ends_with_3() -> None:
    url = f"http://127.0.0.1:{closed_port()}"
    for command in (["status"], ["journal"], ["journal", "retry", "a"]):
        result = CliRunner().invoke(main, [*command, "--url", url])
        assert result.exit_code == 3, result.output
        assert "cannot be reached" in result.stderr


class Paused:
    """Waits by no clock: lets something happen, and is Ctrl-C in the end."""

    def __init__(self, *happens: Any) -> None:
        self.happens = list(happens)

    def __call__(self, seconds: float) -> None:
        assert seconds > 0
        if not self.happens:
            raise KeyboardInterrupt
        self.happens.pop(0)()


def test_who_watches_goes_on_when_nobody_answers_and_ends_well(
    capsys: pytest.CaptureFixture[str],
) -> None:
    nobody = Remote(f"http://127.0.0.1:{closed_port()}")
    assert watch(nobody, as_json=True, pause=Paused(lambda: None, lambda: None)) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "cannot be reached" in json.loads(line)["error"][0]


async def test_who_watches_without_a_terminal_is_told_what_changes(world: World) -> None:
    child = await watching(world.daemon.url)
    assert child.stdout is not None
    first = json.loads(await child.stdout.readline())
    assert first["status"] == "operational"
    await down(world)
    await world.daemon.heartbeat.beat()
    while (now := json.loads(await child.stdout.readline()))["status"] == "operational":
        pass
    assert [one["key"] for one in now["incidents"]] == ["status"]
    child.send_signal(signal.SIGINT)
    await child.stdout.read()
    assert await child.wait() == 0
