"""Conversations with an app, told end to end: real sockets, real licences, a false clock."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from monitor.app.cli import main
from monitor.app.daemon import Daemon
from monitor.core.breaker import State
from monitor.core.health import Health
from monitor.omilia.simulator import APP_ID, Simulator
from monitor.omilia.simulator.chat import SESSION, HouseRules
from tests.app.world import CHAT_KEY, CONFIG, PAT, World
from tests.clock import FakeClock

APP = f"{{omilia}}/orchestrator/api/apps/{APP_ID}/status/"
CONFIG_OF_TALKS = CONFIG.replace(
    "credentials:\n",
    f"""
  - {{{{id: app, url: "{APP}", expect: {{{{json: {{{{"$.status": started}}}}}}}}}}}}
  - id: rest
    url: "{{omilia}}/chat/dialogs"
    credential: talk
    every: 2m
    chat: {{{{kind: rest, settle: 20ms, app_status: app, frequent: true}}}}
  - id: socket
    url: "{{socket}}{SESSION}"
    credential: talk
    every: 2m
    chat: {{{{kind: websocket, settle: 20ms, app_status: app, frequent: true}}}}
credentials:
  talk: {{{{bearer: {{{{env: CHAT_KEY}}}}}}}}
""",
)
TALKS = ("rest", "socket")
MESSAGES = {"rest": "/chat/dialogs", "socket": f"{SESSION}/"}
"""What a fault strikes that is to leave the handshake alone."""


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, CONFIG_OF_TALKS) as world:
        await world.pass_(250)
        assert world.receiver.messages == []
        yield world


def steps(world: World, endpoint: str) -> list[str]:
    return [step.name for step in world.standing(endpoint).last.steps]


@pytest.mark.parametrize(
    ("endpoint", "expected", "status"),
    [
        ("rest", ["greeting", "turn 1"], 200),
        ("socket", ["connect", "session", "greeting", "turn 1"], 101),
    ],
)
async def test_a_healthy_conversation_shows_its_steps_and_leaves_nothing_behind(
    world: World, endpoint: str, expected: list[str], status: int
) -> None:
    assert world.standing(endpoint).health is Health.OPERATIONAL
    _, shown, _ = await world.get(f"/v1/endpoints/{endpoint}")
    named = [step["name"] for step in shown["last"]["steps"]]
    if endpoint == "socket" and "greeting" not in named:  # it came before the session's id
        named.insert(2, "greeting")
    assert named == expected
    assert all(step["seconds"] >= 0 for step in shown["last"]["steps"])
    assert (shown["last"]["category"], shown["last"]["status"]) == ("ok", status)
    chat = world.omilia.chat
    assert (chat.taken, chat.abandoned) == (0, 0)
    assert chat.begun == chat.ended >= 4


@pytest.mark.parametrize("endpoint", TALKS)
async def test_without_a_licence_it_is_told_so_and_nothing_trips(
    world: World, endpoint: str
) -> None:
    world.omilia.chat.rules = HouseRules(licences=0)
    await world.pass_(250)
    standing = world.standing(endpoint)
    assert (standing.health, standing.breaker.state) == (Health.BLOCKED, State.CLOSED)
    assert "No available licenses" in standing.last.detail
    told = {m["data"]["endpoint"]: m["data"] for m in world.receiver.messages}
    assert told[endpoint]["category"] == "licence"


@pytest.mark.parametrize("endpoint", TALKS)
async def test_a_fresh_deployment_is_no_bad_key(world: World, endpoint: str) -> None:
    world.break_(do="reject_token", where=MESSAGES[endpoint], count=1)
    await world.pass_(120)
    standing = world.standing(endpoint)
    assert standing.health is Health.OPERATIONAL
    assert steps(world, endpoint)[0] == "settling"
    assert world.receiver.messages == []


@pytest.mark.parametrize("endpoint", TALKS)
async def test_an_app_that_is_not_deployed_blocks_and_blames_no_key(
    world: World, endpoint: str
) -> None:
    world.break_(do="reject_token", where=MESSAGES[endpoint])
    world.break_(do="app_status", state="not-deployed")
    await world.pass_(250)
    standing = world.standing(endpoint)
    assert (standing.health, standing.last.category) == (Health.BLOCKED, "blocked")
    assert "blocked by app" in standing.last.detail
    assert "not-deployed" in standing.last.detail
    assert not any(m["data"]["key"].startswith("credential:") for m in world.receiver.messages)


async def test_a_bad_key_is_one_alert_about_the_credential(world: World) -> None:
    for where in MESSAGES.values():
        world.break_(do="reject_token", where=where)
    await world.pass_(300)
    assert [m["data"]["key"] for m in world.receiver.messages] == ["credential:talk"]
    assert world.standing("socket").breaker.state is State.CLOSED


@pytest.mark.parametrize("endpoint", TALKS)
async def test_a_turn_without_a_reply_is_not_what_a_healthy_app_does(
    world: World, endpoint: str
) -> None:
    quick = CONFIG_OF_TALKS.replace("settle: 20ms", "step_timeout: 3s, settle: 20ms")
    quick = quick.replace("breaker: {{", "breaker: {{fail_max: 1, ")
    await world.daemon.reload(world.settings(quick))
    turn = {"rest": "/chat/dialogs", "socket": f"{SESSION}/turn"}[endpoint]
    world.break_(do="mute", where=turn)
    for _ in range(60):
        if world.standing(endpoint).health is Health.DOWN:
            break
        await world.pass_(4)
    standing = world.standing(endpoint)
    assert standing.health is Health.DOWN
    assert standing.last.category == "unexpected"
    assert "no reply to" in standing.last.detail
    (message,) = world.receiver.messages
    assert message["data"]["blame"] == "application"
    assert world.omilia.chat.taken == 0
    assert world.omilia.chat.abandoned == 0


@pytest.mark.parametrize(
    ("fault", "category", "words"),
    [
        ({"do": "reset"}, "unreachable", "turn 1: the server dropped the connection"),
        ({"do": "hang_up"}, "unexpected", "no session established"),
        ({"do": "expire"}, "unexpected", "SESSION_EXPIRED"),
        ({"do": "fail"}, "server_error", "INTERNAL_SERVER_ERROR"),
        ({"do": "garbage"}, "unexpected", "not a JSON object"),
    ],
    ids=lambda value: value["do"] if isinstance(value, dict) else "",
)
async def test_a_session_that_breaks_in_the_middle_trips(
    world: World, fault: dict[str, Any], category: str, words: str
) -> None:
    world.break_(where=f"{SESSION}/turn", **fault)
    await world.pass_(150)
    standing = world.standing("socket")
    assert standing.health is Health.DOWN
    assert (standing.last.category, standing.last.steps[-1].name) == (category, "turn 1")
    assert words in standing.last.detail
    assert world.omilia.chat.taken == 0
    assert world.standing("rest").health is Health.OPERATIONAL


async def test_two_endpoints_of_one_app_never_talk_at_the_same_time(world: World) -> None:
    world.omilia.chat.rules = HouseRules(licences=1)
    tick, now = world.daemon.engine.tick, world.clock.now()
    await asyncio.wait_for(asyncio.gather(*(tick(name, now) for name in TALKS * 3)), 60)
    for endpoint in TALKS:
        assert world.standing(endpoint).last.category == "ok"
    assert world.omilia.chat.taken == 0


@pytest.mark.parametrize("endpoint", TALKS)
async def test_a_stop_in_the_middle_of_a_conversation_ends_it(
    tmp_path: Path, endpoint: str
) -> None:
    """The daemon's own metronome and clock: nothing of the stop is played."""
    async with World(tmp_path, CONFIG_OF_TALKS) as world:
        await world.daemon.stop()
        where = {"rest": "/chat/dialogs", "socket": f"{SESSION}/turn"}[endpoint]
        world.break_(do="hang", where=where, nth=2 if endpoint == "rest" else 1)
        # The farewell is slower than a stop waits for probes: it is waited for all the same.
        world.break_(do="slow", where="/chat/dialogs", nth=3, delay="1500ms")
        settings = world.settings()
        only = [one for one in settings.endpoints if one.id in (endpoint, "app")]
        settings = settings.model_copy(update={"endpoints": only})
        world.daemon = Daemon(settings, patience=replace(world.patience, last_probes=0.1))
        await world.daemon.start()
        world.daemon.metronome.set(endpoint, 120, first_in=0)
        await until(lambda: world.omilia.chat.taken and _held(world, where))
        await asyncio.wait_for(world.daemon.stop(), 60)
        await until(lambda: not world.omilia.chat.taken)
        assert (world.omilia.chat.ended, world.omilia.chat.abandoned) == (1, 0)
        world.mend()
        await world.begin()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  licences and hits of faults ring no bell
            await asyncio.sleep(0.02)


def _held(world: World, where: str) -> bool:
    """Tell whether a turn is being held: its fault has struck."""
    return any(active.hits for active in world.omilia.faults.holding if active.fault.where == where)


async def test_the_key_is_nowhere_in_what_is_told(world: World) -> None:
    world.break_(do="fail", where="chat", status=500, detail=f"who sent {CHAT_KEY}?")
    await world.pass_(150)
    texts = [str(world.receiver.messages)]
    texts += [str((await world.get(path))[1]) for path in ("/v1/endpoints", "/v1/incidents")]
    assert "***" in texts[1]
    assert all(CHAT_KEY not in text for text in texts)


TALKING = """
endpoints:
  - {{id: rest, url: "{http}/chat/dialogs", credential: talk, every: 5m, chat: {{kind: rest}}}}
  - id: socket
    url: "{ws}/chat/ws/session"
    credential: talk
    every: 5m
    chat: {{kind: websocket}}
  - id: run
    url: "{http}/testing/api/runs"
    method: POST
    credential: pat
    poll: {{until: {{"$.status": finished}}, every: 10ms}}
credentials:
  talk: {{bearer: {{env: CHAT_KEY}}}}
  pat: {{header: X-OCP-PERSONAL-ACCESS-TOKEN, value: {{env: PAT}}}}
"""


async def test_the_command_probe_shows_the_steps(tmp_path: Path) -> None:
    async with Simulator(clock=FakeClock()) as omilia:
        file = tmp_path / "talking.yml"
        file.write_text(TALKING.format(http=omilia.url, ws=omilia.url.replace("http", "ws")))
        env = {"CHAT_KEY": CHAT_KEY, "PAT": PAT}
        runner = CliRunner(env=env)
        shown, listed = [
            await asyncio.to_thread(runner.invoke, main, ["probe", "-c", str(file), *more])
            for more in ([], ["--json"])
        ]
        assert omilia.chat.taken == 0
        assert omilia.chat.begun == omilia.chat.ended == 4
    assert (shown.exit_code, listed.exit_code) == (0, 0), shown.output
    assert re.search(
        r"chat, rest http\S+\n.*\n +greeting [\d.]+ ms  turn 1 [\d.]+ ms", shown.output
    )
    assert re.search(r"connect [\d.]+ ms  session [\d.]+ ms", shown.output)
    assert re.search(r"accepted [\d.]+ ms  polling [\d.]+ ms", shown.output)
    steps = {
        one["endpoint"]: [step["name"] for step in one["steps"]]
        for one in json.loads(listed.output)
    }
    assert steps["rest"] == ["greeting", "turn 1"]
    assert steps["run"] == ["accepted", "polling"]


RUN = CONFIG.replace(
    "credentials:\n",
    """
  - id: run
    url: "{omilia}/testing/api/runs"
    method: POST
    poll: {{until: {{"$.status": finished}}, failed: {{"$.status": failed}}, every: 10ms}}
credentials:
""",
    1,
)


async def test_what_is_accepted_is_watched_to_its_end(tmp_path: Path) -> None:
    async with World(tmp_path, RUN) as world:
        await world.pass_(120)
        assert world.standing("run").health is Health.OPERATIONAL
        assert steps(world, "run") == ["accepted", "polling"]
        world.break_(do="wrong_body", where="/testing/api/runs/", body={"status": "failed"})
        await world.pass_(90)
        standing = world.standing("run")
        assert (standing.health, standing.last.category) == (Health.DOWN, "unexpected")
        assert 'polling: it failed: $.status: expected "finished", got "failed"' in (
            standing.last.detail
        )
        assert world.receiver.heard == [("opened", "run")]
