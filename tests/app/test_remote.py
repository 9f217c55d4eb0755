"""Commands that ask a running daemon: what they send, what they say, how they end."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result

from monitor.app.cli import main
from monitor.app.remote import Remote, UnreachableError
from monitor.web.models.ack import AcknowledgedModel
from tests.adapters.misbehaving import closed_port
from tests.app.asking import asked
from tests.app.world import CONFIG, TOKEN, World

ACCESS = "access: {{tokens: [{{name: ops, value: {{env: TOKEN}}, scopes: [operate]}}]}}\n"
OTHER = "another-token-0123456789"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, CONFIG + ACCESS) as world:
        await world.pass_(200)
        yield world


async def _incident(world: World) -> str:
    world.break_(do="fail", where="metrics", status=503)
    await world.pass_(200)
    _, found, _ = await world.get("/v1/incidents?open=true")
    (incident,) = found["incidents"]
    return str(incident["id"])


async def test_an_incident_is_taken_and_given_back(world: World) -> None:
    incident = await _incident(world)
    taken = await asked(world, "ack", incident, "--for", "2h", "--by", "ada", "--comment", "I look")
    assert taken.exit_code == 0, taken.output
    assert f"{incident}: ada has it until 2026-" in taken.stdout
    _, shown, _ = await world.get(f"/v1/incidents/{incident}")
    assert (shown["ack"]["by"], shown["ack"]["comment"]) == ("ada", "I look")
    again = await asked(world, "ack", incident, "--json")
    answer = AcknowledgedModel.model_validate_json(again.stdout)
    assert answer.ack is not None
    assert answer.ack.by == "ops", "nobody said who"
    ended = await asked(world, "ack", incident, "--end")
    assert (ended.exit_code, ended.stdout) == (0, f"{incident}: nobody has it\n")
    _, shown, _ = await world.get(f"/v1/incidents/{incident}")
    assert shown["ack"] is None


async def test_what_a_daemon_refuses_is_said_line_by_line_and_ends_with_1(world: World) -> None:
    incident = await _incident(world)
    refused = await asked(world, "ack", incident, "--for", "tomorrow", "--by", "x" * 101)
    assert refused.exit_code == 1
    lines = refused.stderr.splitlines()
    assert any(line.startswith("error #/by: ") for line in lines)
    assert any(line.startswith("error #/until") for line in lines)
    assert refused.stdout == ""
    unknown = await asked(world, "ack", "no/such incident?")
    assert unknown.exit_code == 1
    assert unknown.stderr == "error There is no open incident 'no/such incident?'.\n"


@pytest.mark.parametrize("token", ["", OTHER])
async def test_who_has_no_token_hears_where_to_put_it(world: World, token: str) -> None:
    refused = await asked(world, "ack", "any", token=token)
    assert refused.exit_code == 1
    assert "$OMILIA_MONITOR_TOKEN" in refused.stderr
    assert OTHER not in refused.output


async def test_a_token_comes_from_a_file_before_the_environment(
    world: World, tmp_path: Path
) -> None:
    incident, file = await _incident(world), tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    taken = await asked(world, "ack", incident, "--token-file", str(file), token=OTHER)
    assert taken.exit_code == 0


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--url", "ftp://x"], "ftp://x is not the URL of a daemon"),
        (["--url", "nonsense"], "nonsense is not the URL of a daemon"),
        (["--url", "http://x/?a=1"], "is not the URL of a daemon"),
        (["--url", "http://[x"], "is not the URL of a daemon"),
        (["--token-file", "/nowhere/at/all"], "/nowhere/at/all cannot be read: No such file"),
        (["--end", "--by", "ada"], "--end takes nothing else"),
    ],
)
def test_what_cannot_even_be_asked_ends_with_2(args: list[str], said: str) -> None:
    result = CliRunner().invoke(main, ["ack", "any", *args])
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_token_that_cannot_be_sent_is_refused_and_not_shown() -> None:
    env = {"OMILIA_MONITOR_TOKEN": "hunter2\r\nX-Evil: 1"}
    result = CliRunner(env=env).invoke(main, ["ack", "any"])
    assert result.exit_code == 2
    assert "hunter2" not in result.output
    assert "hunter2" not in repr(Remote("http://a", "hunter2"))


def test_nobody_at_that_address_ends_with_3_and_no_password_is_shown() -> None:
    url = f"http://ada:hunter2@127.0.0.1:{closed_port()}"
    result = CliRunner().invoke(main, ["ack", "any", "--url", url])
    assert result.exit_code == 3
    assert "cannot be reached" in result.stderr
    assert "hunter2" not in result.output


# ---------------------------------------------------------------- who is not our daemon

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def _against(handler: Handler, **options: Any) -> Result:
    """Ask somebody else than a daemon."""
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = "http://{}:{}".format(*runner.addresses[0][:2])
    try:
        env = {"OMILIA_MONITOR_TOKEN": TOKEN}
        args = ["ack", "any", "--url", url]
        return await asyncio.to_thread(CliRunner(env=env).invoke, main, args, **options)
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "media", "body"),
    [
        (200, "text/html", "<p>hello"),
        (200, "application/json", "[]"),
        (200, "application/json", "{"),
        (404, "application/json", '{"detail": "not here"}'),
        (502, "text/html", "bad gateway"),
        (200, "application/problem+json", "{}"),
    ],
)
async def test_who_does_not_answer_like_a_daemon_of_ours_is_not_reached(
    status: int, media: str, body: str
) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status, body=body.encode(), content_type=media)

    result = await _against(handler)
    assert result.exit_code == 3
    assert f"it answers {status}, but not like a daemon of ours" in result.stderr


async def test_a_token_does_not_follow_a_redirect() -> None:
    shown: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        shown.append(request.path)
        raise web.HTTPFound("/elsewhere")

    assert (await _against(handler)).exit_code == 3
    assert shown == ["/v1/incidents/any/ack"]


async def test_a_problem_of_a_stranger_cannot_write_on_the_terminal() -> None:
    async def handler(_: web.Request) -> web.Response:
        body = {"type": 7, "detail": "\x1b[2Jgone\nerror well", "errors": "none"}
        raw = json.dumps(body).encode()
        return web.Response(status=409, body=raw, content_type="application/problem+json")

    result = await _against(handler)
    assert result.exit_code == 1
    assert "\x1b[2J" not in result.stderr
    assert len(result.stderr.splitlines()) == 1


async def test_who_never_answers_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other side goes
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    url = "http://{}:{}".format(*server.sockets[0].getsockname()[:2])
    try:
        with pytest.raises(UnreachableError, match=r"no answer within 0\.1 s"):
            await asyncio.to_thread(Remote(url, patience=0.1).get, "status")
    finally:
        server.close()
