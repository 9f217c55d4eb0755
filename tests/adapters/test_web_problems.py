"""Every kind of error is problem+json, and none tells more than it should."""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from monitor.core.incident import Incident
from monitor.web import connection, models
from tests.adapters.stories import healthy
from tests.adapters.web_world import World, serving

HISTORY = "/v1/endpoints/chat/history"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as world:
        world.board.publish(healthy())
        yield world


@pytest.mark.parametrize(
    ("path", "slug"),
    [
        ("/nothing", "not-found"),
        ("/v1/", "not-found"),
        ("/v1/status/", "not-found"),
        ("/v1/endpoints/nosuch", "unknown-endpoint"),
        ("/v1/endpoints/nosuch/history", "unknown-endpoint"),
        ("/v1/verdicts/nosuch", "unknown-endpoint"),
        ("/v1/verdicts/%00%ff", "unknown-endpoint"),
        ("/v1/incidents/nosuch", "unknown-incident"),
    ],
)
async def test_what_is_not_there_is_404(world: World, path: str, slug: str) -> None:
    response, body = await world.ask(path)
    problem = models.ProblemModel.model_validate_json(body)
    assert response.status == problem.status == 404
    assert response.content_type == "application/problem+json"
    assert (problem.type, problem.title) == (f"urn:omilia-monitor:problem:{slug}", "Not Found")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize(
    "path",
    ["/v1/status", "/v1/endpoints/chat", "/v1/verdicts/nosuch", HISTORY, "/v1/incidents", "/livez"],
)
async def test_what_cannot_be_written_is_405_with_allow(
    world: World, method: str, path: str
) -> None:
    response, body = await world.ask(path, method, data=b"x" * 200_000)
    problem = models.ProblemModel.model_validate_json(body)
    assert response.status == problem.status == 405
    assert response.content_type == "application/problem+json"
    assert set(response.headers["Allow"].split(",")) == {"GET", "HEAD"}


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/v1/incidents?open=maybe", "open"),
        ("/v1/incidents?limit=0", "limit"),
        ("/v1/incidents?limit=501", "limit"),
        ("/v1/incidents?limit=-1", "limit"),
        ("/v1/incidents?limit=1e2", "limit"),
        ("/v1/incidents?limit=%D9%A1", "limit"),
        (f"/v1/incidents?limit={'9' * 5000}", "limit"),
        ("/v1/incidents?before=yesterday", "before"),
        ("/v1/incidents?before=2026-11-22", "before"),
        ("/v1/incidents?before=2026-11-22T18:00:00", "before"),
        ("/v1/incidents?before=2026-02-30T18:00:00Z", "before"),
        ("/v1/incidents?before=0001-01-01T00:00:00%2B02:00", "before"),
        (f"{HISTORY}?from=x", "from"),
        (f"{HISTORY}?to=x", "to"),
        (f"{HISTORY}?from=2026-11-22T18:00:00Z&to=2026-11-22T18:00:00Z", "from"),
        (f"{HISTORY}?from=2026-11-22T19:00:00Z", "from"),
        (f"{HISTORY}?to=0001-01-01T00:00:00Z", "from"),
        (f"{HISTORY}?step=5m", "step"),
        (f"{HISTORY}?step=0", "step"),
        (f"{HISTORY}?step=90", "step"),
        (f"{HISTORY}?step=nan", "step"),
        (f"{HISTORY}?step=inf", "step"),
        (f"{HISTORY}?from=2026-01-22T18:00:00Z&step=60", "step"),
    ],
)
async def test_a_parameter_that_cannot_be_used_is_400_with_its_name(
    world: World, path: str, parameter: str
) -> None:
    response, body = await world.ask(path)
    problem = models.ProblemModel.model_validate_json(body)
    assert response.status == problem.status == 400
    assert response.content_type == "application/problem+json"
    assert problem.errors is not None
    assert [error.parameter for error in problem.errors] == [parameter]
    day = 86_400.0  # what availability asks for
    assert [asked for asked in world.history.asked if asked[3] != day] == []


async def test_a_bug_is_500_without_its_story(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def explode(incident_id: str) -> Incident | None:
        raise RuntimeError(f"secret of {incident_id}")

    world.history.incident = explode  # type: ignore[method-assign]  # a store with a bug
    response, body = await world.ask("/v1/incidents/x")
    problem = models.ProblemModel.model_validate_json(body)
    assert (response.status, problem.title) == (500, "Internal Server Error")
    assert b"secret" not in body
    assert world.bugs == ["web"]
    assert "secret of x" in caplog.text


async def test_every_answer_has_the_safe_headers_and_hides_what_serves_it(world: World) -> None:
    for path in ("/", "/v1/status", "/v1/verdicts", "/nothing", "/metrics", "/livez", "/readyz"):
        response, _ = await world.ask(path)
        assert response.headers["Server"] == "omilia-monitor"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Cache-Control"] in ("no-store", "no-cache")


# ---------------------------------------------------------------- clients without manners


async def talk(world: World, sent: bytes) -> tuple[bytes, bytes]:
    """Send bytes, read until the server closes; return head and body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.server.port)
    writer.write(sent)
    await writer.drain()
    async with asyncio.timeout(60):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    return head, body


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc",
        b"HELLO\r\n\r\n",
        b"GET /v1/status HTTP/1.1\r\nbroken header\r\n\r\n",
        b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_what_is_not_http_gets_a_problem_and_is_not_repeated(
    world: World, garbage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    head, body = await talk(world, garbage)
    assert b" 400 " in head.splitlines()[0]
    assert b"Server: omilia-monitor" in head
    assert b"application/problem+json" in head
    assert json.loads(body)["title"] == "Bad Request"
    assert caplog.text == ""


async def test_a_client_that_never_finishes_its_question_is_let_go(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(connection, "IDLE", 0.2)
    head, _ = await talk(world, b"GET /v1/status HTTP/1.1\r\nX-Slow: ")
    assert head == b""


async def test_a_body_that_nobody_wants_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(connection, "LINGER", 0.2)
    question = b"POST /v1/status HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx"
    head, _ = await talk(world, question)
    assert b" 405 " in head.splitlines()[0]


async def test_a_client_that_does_not_take_its_answer_is_let_go(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(connection, "READ_WITHIN", 0.2)
    for number in range(20):
        news = healthy(f"endpoint-{number}")
        wordy = replace(news.standing, reason="x" * 100_000)
        world.board.publish(replace(news, standing=wordy))
    lost, connection_lost = asyncio.Event(), connection.Connection.connection_lost

    def noticed(self: connection.Connection, error: BaseException | None) -> None:
        connection_lost(self, error)
        lost.set()

    monkeypatch.setattr(connection.Connection, "connection_lost", noticed)
    with socket.create_connection(("127.0.0.1", world.server.port)) as client:
        client.sendall(b"GET /v1/endpoints HTTP/1.1\r\nHost: x\r\n\r\n" * 10)
        async with asyncio.timeout(60):
            await lost.wait()
    status, _ = await world.ask("/v1/status")
    assert status.status == 200


async def test_a_client_that_hangs_up_in_the_middle_of_its_answer_is_no_error(
    monkeypatch: pytest.MonkeyPatch, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    wordy = replace(healthy().standing, reason="x" * 10_000_000)
    world.board.publish(replace(healthy(), standing=wordy))
    with socket.create_connection(("127.0.0.1", world.server.port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(b"GET /v1/endpoints HTTP/1.1\r\nHost: x\r\n\r\n")
        assert await asyncio.to_thread(client.recv, 9) == b"HTTP/1.1 "
    response, _ = await world.ask("/livez")
    assert response.status == 200
    assert caplog.text == ""
    assert world.bugs == []


async def test_one_connection_too_many_is_closed(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(connection, "CONNECTIONS", 2)
    held = [await asyncio.open_connection("127.0.0.1", world.server.port) for _ in range(2)]
    for _, writer in held:
        writer.write(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n")
    for reader, _ in held:
        assert b"200" in await reader.readline()
    head, _ = await talk(world, b"")
    assert head == b""
    for _, writer in held:
        writer.close()
