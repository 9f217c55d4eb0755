"""A program of one's own as a channel, and Apprise: both run for real."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, TypeAdapter

from alerts.attempt import Attempt, Result
from alerts.channels import ChannelConfig, make
from alerts.policy import Why
from tests.alerts.channels.pages import Page, serving
from tests.alerts.channels.test_chatting import slack_hook
from tests.alerts.channels.test_paging import ONE, Story
from tests.alerts.receiver import status
from tests.clock import FakeClock

CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)

# One of Apprise's plugins imports what Python 3.13 no longer has; it is not ours to mend.
LOADS_PLUGINS = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


async def run(script: str, *arguments: str, timeout: str = "40s") -> Attempt:
    config = {
        "kind": "command",
        "run": [sys.executable, "-c", script, *arguments],
        "timeout": timeout,
    }
    channel = make("own", CONFIGS.validate_python(config), FakeClock())
    return await Story(channel).tell(ONE, Why.FIRST)


async def test_it_gets_the_message_and_none_of_our_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCP_PAT", "s3cret-pat")
    seen = tmp_path / "seen"
    script = (
        "import json, os, sys\n"
        "said = {'message': json.load(sys.stdin), 'environ': dict(os.environ)}\n"
        "open(sys.argv[1], 'w').write(json.dumps(said))"
    )
    assert (await run(script, str(seen))).result is Result.TOLD
    said = json.loads(seen.read_text())
    assert said["message"]["type"] == "incident.opened"
    assert said["environ"]["OMILIA_MONITOR_ID"] == "A.1"
    assert "OCP_PAT" not in said["environ"]


@pytest.mark.parametrize(
    ("code", "result"),
    [
        (75, Result.UNREACHABLE),
        (1, Result.UNREACHABLE),
        (65, Result.REFUSED),
        (78, Result.MISCONFIGURED),
    ],
)
async def test_how_it_ends_says_what_to_do(code: int, result: Result) -> None:
    attempt = await run(f"import sys; sys.stderr.write('because'); sys.exit({code})")
    assert attempt.result is result
    assert attempt.detail == f"exit code {code}: because"


async def test_one_that_does_not_read_its_input_is_no_failure() -> None:
    assert (await run("import sys; sys.stdin.close()")).result is Result.TOLD


async def test_one_that_hangs_is_killed_with_all_that_it_started(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    script = (
        "import subprocess, sys, os, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open(sys.argv[1], 'w').write(f'{os.getpid()} {child.pid}')\n"
        "time.sleep(600)"
    )
    attempt = await run(script, str(pids), timeout="3s")
    assert attempt.result is Result.UNKNOWN
    if not pids.exists():
        return  # it was killed before it had begun: a slow machine
    for pid in map(int, pids.read_text().split()):
        async with asyncio.timeout(30):
            while _alive(pid):  # noqa: ASYNC110  another process sets no event here
                await asyncio.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


async def test_one_that_is_not_there_is_a_misconfiguration() -> None:
    config = {"kind": "command", "run": ["/nowhere/at/all"]}
    channel = make("own", CONFIGS.validate_python(config), FakeClock())
    assert (await Story(channel).tell(ONE, Why.FIRST)).result is Result.MISCONFIGURED


@LOADS_PLUGINS
async def test_apprise_tells_and_says_no_more_than_yes_or_no() -> None:
    async with serving(Page(), slack_hook) as page:
        host = page.url.removeprefix("http://")
        urls = [SecretStr(f"json://{host}/s3cret-path")]
        config = CONFIGS.validate_python({"kind": "apprise", "urls": urls})
        channel = make("rest", config, FakeClock())
        assert (await Story(channel).tell(ONE, Why.FIRST)).result is Result.TOLD
        (_, said), *_ = page.came
        assert said["type"] == "failure"
        assert "Omilia answers with errors." in said["message"]
        page.answers = [status(400)]
        attempt = await Story(channel).tell(ONE, Why.FIRST)
        assert attempt.result is Result.UNREACHABLE
        assert "s3cret" not in attempt.error
        await channel.close()


@LOADS_PLUGINS
async def test_a_url_that_apprise_does_not_know_is_a_misconfiguration() -> None:
    urls = [SecretStr("pigeon://coop")]
    channel = make("rest", CONFIGS.validate_python({"kind": "apprise", "urls": urls}), FakeClock())
    assert (await Story(channel).tell(ONE, Why.FIRST)).result is Result.MISCONFIGURED
