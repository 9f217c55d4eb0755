"""The control interface: reachable while everything is on fire, exact about what is wrong."""

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from monitor.omilia.simulator import Fault, Kind, Simulator
from monitor.omilia.simulator.fault import OPTIONS
from monitor.omilia.simulator.request_log import OTHER, PATHS, RequestLog
from monitor.omilia.simulator.services import SERVICES
from tests.clock import FakeClock

STATUS = "/envs-manager/api/status"
FAULTS = "/_simulator/faults"
DOCS = Path("docs/simulator.md")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def omilia(clock: FakeClock) -> AsyncIterator[Simulator]:
    async with Simulator(clock=clock) as simulator:
        yield simulator


@pytest.fixture
async def ask(omilia: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(omilia.url) as session:
        yield session


async def call(ask: aiohttp.ClientSession, method: str, path: str, **more: Any) -> tuple[int, Any]:
    async with ask.request(method, path, **more) as reply:
        return reply.status, json.loads(await reply.read())


async def test_a_fault_is_set_seen_and_cleared(
    ask: aiohttp.ClientSession, clock: FakeClock
) -> None:
    fault = {"do": "fail", "where": "envs-manager", "status": 503, "for": "10s"}
    async with ask.post(FAULTS, json=fault) as reply:
        assert reply.status == 201
        assert await reply.json() == {"id": "fault-1"}
        location = reply.headers["Location"]
    assert (await call(ask, "GET", STATUS))[0] == 503
    clock.advance(4)
    _, listed = await call(ask, "GET", FAULTS)
    assert listed["faults"] == [
        {**fault, "id": "fault-1", "for": 10.0, "hits": 1, "remaining": 6.0}
    ]
    assert await call(ask, "DELETE", location) == (200, {"cleared": 1})
    assert (await call(ask, "GET", STATUS))[0] == 200
    assert (await call(ask, "DELETE", location))[0] == 404


async def test_all_faults_are_cleared_at_once(ask: aiohttp.ClientSession) -> None:
    for _ in range(3):
        assert (await call(ask, "POST", FAULTS, json={"do": "hang"}))[0] == 201
    assert await call(ask, "DELETE", FAULTS) == (200, {"cleared": 3})
    assert await call(ask, "GET", FAULTS) == (200, {"faults": []})


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.SLOW])
async def test_no_fault_reaches_the_control_interface(
    ask: aiohttp.ClientSession, kind: Kind
) -> None:
    assert (await call(ask, "POST", FAULTS, json={"do": kind}))[0] == 201
    for path in (FAULTS, "/_simulator/requests"):
        assert (await call(ask, "GET", path))[0] == 200
    assert (await call(ask, "DELETE", FAULTS))[0] == 200


BAD: list[tuple[bytes, list[str]]] = [
    (b"", [""]),
    (b"not json", [""]),
    (b"\xff\xfe", [""]),
    (b"[]", [""]),
    (b"[" * 100_000, [""]),
    (b"{}", ["do"]),
    (b'{"do": "explode"}', ["do"]),
    (
        b'{"do": "fail", "status": 7, "for": "soon", "delay": 1, "x": 1}',
        ["for", "status", "delay", "x"],
    ),
]


@pytest.mark.parametrize(("body", "places"), BAD)
async def test_a_bad_fault_is_refused_with_every_problem(
    omilia: Simulator, ask: aiohttp.ClientSession, body: bytes, places: list[str]
) -> None:
    async with ask.post(FAULTS, data=body) as reply:
        assert reply.status == 400
        assert reply.headers["Content-Type"] == "application/problem+json"
        problem = await reply.json(content_type=None)
    assert problem["status"] == 400
    assert [error["at"] for error in problem["errors"]] == places
    assert all(error["wrong"] for error in problem["errors"])
    assert omilia.faults.active() == ()


async def test_a_restart_over_http_keeps_the_connection_that_asked(
    ask: aiohttp.ClientSession, clock: FakeClock
) -> None:
    body = {"version": "1.19.0", "for": "4s"}
    assert (await call(ask, "POST", "/_simulator/restart", json=body))[0] == 202
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        await call(ask, "GET", STATUS)
    clock.advance(4)
    assert (await call(ask, "GET", STATUS))[1]["version"] == "1.19.0"


async def test_a_restart_needs_no_body(omilia: Simulator, ask: aiohttp.ClientSession) -> None:
    assert (await call(ask, "POST", "/_simulator/restart"))[0] == 202
    assert omilia.version == "1.17.1"


@pytest.mark.parametrize(
    "body", [{"version": 7}, {"version": "two words"}, {"for": "0s"}, {"now": True}]
)
async def test_a_bad_restart_is_refused(
    omilia: Simulator, ask: aiohttp.ClientSession, body: dict[str, Any]
) -> None:
    status, problem = await call(ask, "POST", "/_simulator/restart", json=body)
    assert (status, len(problem["errors"])) == (400, 1)
    assert omilia.version == "1.17.0"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_simulator/nothing", 404),
        ("GET", "/_simulatornothing", 404),
        ("PUT", FAULTS, 405),
        ("GET", f"{FAULTS}/fault-1", 405),
        ("POST", "/_simulator", 405),
    ],
)
async def test_what_the_control_interface_does_not_serve_is_a_problem(
    ask: aiohttp.ClientSession, method: str, path: str, status: int
) -> None:
    async with ask.request(method, path) as reply:
        assert reply.status == status
        assert reply.headers["Content-Type"] == "application/problem+json"
        assert ("Allow" in reply.headers) == (status == 405)


async def test_the_first_page_shows_how_to_break_it(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    async with ask.get("/_simulator") as reply:
        assert reply.content_type == "text/plain"
        text = await reply.text()
    assert STATUS in text
    examples = re.findall(r"curl (\S+) -d '(.*)'", text)
    assert len(examples) == 5
    for url, body in examples:
        async with ask.post(url, data=body) as reply:
            assert reply.status in (200, 201, 202), body


async def test_the_first_page_is_json_for_programs(ask: aiohttp.ClientSession) -> None:
    async with ask.get("/_simulator", headers={"Accept": "application/json"}) as reply:
        about = await reply.json()
    assert STATUS in about["paths"]
    assert about["faults"]["slow"] == ["count", "delay", "for", "nth", "where"]


# ---------------------------------------------------------------- the log of requests


async def test_the_log_counts_and_keeps_the_last_requests(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    await call(ask, "GET", STATUS)
    omilia.faults.set(Fault(do="fail", status=503))
    await call(ask, "GET", STATUS)
    _, log = await call(ask, "GET", "/_simulator/requests")
    assert (log["total"], log["counts"]) == (2, {STATUS: 2})
    when = "2026-11-22T18:00:00+00:00"
    assert log["last"] == [
        {"at": when, "method": "GET", "path": STATUS, "status": 200, "fault": None},
        {"at": when, "method": "GET", "path": STATUS, "status": 503, "fault": "fault-1"},
    ]


async def test_no_secret_is_in_the_log(omilia: Simulator, ask: aiohttp.ClientSession) -> None:
    secret = "s3cret"
    headers = {"X-OCP-PERSONAL-ACCESS-TOKEN": secret, "Authorization": f"Bearer {secret}"}
    form = {"client_id": "ocp", "grant_type": "password", "username": "u", "password": secret}
    token = "/auth/realms/master/protocol/openid-connect/token"
    await call(ask, "GET", f"{STATUS}?token={secret}", headers=headers)
    await call(ask, "POST", token, data=form)
    await call(ask, "POST", "/chat/dialogs", json={"utterance": secret}, headers=headers)
    async with ask.get("/_simulator/requests") as reply:
        text = await reply.text()
    assert omilia.requests.total == 3
    assert secret not in text
    assert "simulated-" not in repr(omilia.requests.last)


def test_the_log_is_bounded() -> None:
    log = RequestLog(FakeClock(), keep=10)
    for n in range(PATHS + 50):
        log.note("GET", f"/{n}", 404)
    log.note("GET", "/0", 404)
    log.note("GET", "/" + "x" * 10_000, 404)
    assert len(log.counts) == PATHS + 1
    assert (log.counts[OTHER], log.counts["/0"], log.total) == (51, 2, PATHS + 52)
    assert len(log.last) == 10
    assert len(log.last[-1].path) == 200


# ---------------------------------------------------------------- the docs


def test_the_docs_name_every_service_kind_and_option() -> None:
    rows = [line for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    first = {match[1]: line for line in rows if (match := re.match(r"\| `([^`]+)`", line))}
    assert first.keys() >= {*SERVICES, *Kind, "do", "where", "for", "count", "nth", "at", "every"}
    for kind, options in OPTIONS.items():
        named = set(re.findall(r"`(\w+)`", first[kind].rsplit("|", 2)[1]))
        own = options - {"count", "nth"}
        assert own <= named, kind
        assert named - own <= {"for", "seconds", "date", "pat", "bearer"}, kind
