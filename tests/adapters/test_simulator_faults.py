"""Every fault, as a client sees it on a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import aiohttp
import pytest
from pydantic import ValidationError

from monitor.core.exchange import Reply
from monitor.core.outcome import Category, Expectation, judge
from monitor.omilia.simulator import APP_ID, Fault, Kind, Simulator, server
from monitor.omilia.simulator.fault import OPTIONS
from monitor.omilia.simulator.services import SERVICES
from tests.clock import START, FakeClock

PAT = {"X-OCP-PERSONAL-ACCESS-TOKEN": "simulated-pat"}
STATUS = "/envs-manager/api/status"
CONFIG = "/miniapps/api/config"
APP_STATUS = f"/orchestrator/api/apps/{APP_ID}/status/"
PATIENCE = 30.0
"""Seconds after which a test gives up on what it waits for."""


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def omilia(clock: FakeClock) -> AsyncIterator[Simulator]:
    async with Simulator(clock=clock) as simulator:
        yield simulator


@pytest.fixture
async def ask(omilia: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(
        omilia.url, timeout=timeout, connector=connector, headers=PAT
    ) as session:
        yield session


async def fetch(ask: aiohttp.ClientSession, path: str) -> Reply:
    async with ask.get(path) as reply:
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return Reply(reply.status, await reply.read(), headers)


async def statuses(ask: aiohttp.ClientSession, path: str, times: int) -> list[int]:
    return [(await fetch(ask, path)).status for _ in range(times)]


async def until(holds: Callable[[], object]) -> None:
    """Let the loop run until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110  a count of hits rings no bell
            await asyncio.sleep(0.001)


def hits(omilia: Simulator) -> int:
    return sum(active.hits for active in omilia.faults.holding)


@contextmanager
def a_lost_connection() -> Iterator[None]:
    with pytest.raises((aiohttp.ServerDisconnectedError, aiohttp.ClientOSError)):
        yield


# ---------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("fault", "category"),
    [
        ({"do": "fail"}, Category.SERVER_ERROR),
        ({"do": "fail", "status": 599}, Category.SERVER_ERROR),
        ({"do": "fail", "status": 404}, Category.MISCONFIGURED),
        ({"do": "fail", "status": 418}, Category.MISCONFIGURED),
        ({"do": "throttle"}, Category.THROTTLED),
        ({"do": "unavailable"}, Category.THROTTLED),
        ({"do": "fail", "status": 503}, Category.SERVER_ERROR),
        ({"do": "licences"}, Category.LICENCE),
        ({"do": "forbidden"}, Category.PERMISSION),
        ({"do": "reject_token"}, Category.CREDENTIAL),
        ({"do": "request_failed"}, Category.REQUEST_FAILED),
    ],
)
@pytest.mark.parametrize("service", SERVICES)
async def test_what_is_answered_is_judged_as_what_was_meant(
    omilia: Simulator,
    ask: aiohttp.ClientSession,
    service: str,
    fault: dict[str, Any],
    category: Category,
) -> None:
    omilia.faults.set(Fault(**fault, where=service))
    reply = await fetch(ask, SERVICES[service].prefix)
    assert judge(reply, Expectation(), now=START).category is category


async def test_a_failure_speaks_the_services_own_language(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="fail", status=502, detail="The lights are out"))
    shapes: dict[str, Callable[[Any], Any]] = {
        STATUS: lambda body: body["errors"][0]["detail"],
        APP_STATUS: lambda body: body["detail"],
        CONFIG: lambda body: body["message"],
        "/metrics-api/v3/tables": lambda body: body["message"],
        "/pathfinder/api/v1/projects": lambda body: body["detail"],
        "/auth/realms/master/.well-known/openid-configuration": lambda body: body[
            "error_description"
        ],
        "/chat/dialogs": lambda body: body["error_message"],
    }
    for path, said in shapes.items():
        reply = await fetch(ask, path)
        assert reply.status == 502
        assert said(json.loads(reply.body)) == "The lights are out"


@pytest.mark.parametrize(("status", "told"), [(409, 400), (400, 400), (500, 500)])
async def test_the_environments_managers_conflict_disagrees_with_its_status(
    omilia: Simulator, ask: aiohttp.ClientSession, status: int, told: int
) -> None:
    omilia.faults.set(Fault(do="fail", status=status))
    reply = await fetch(ask, STATUS)
    assert (reply.status, json.loads(reply.body)["errors"][0]["status"]) == (status, told)


@pytest.mark.parametrize(
    ("options", "header"),
    [
        ({"do": "throttle"}, None),
        ({"do": "throttle", "retry_after": "4s"}, "4"),
        ({"do": "throttle", "retry_after": "1500ms"}, "2"),
        (
            {"do": "throttle", "retry_after": "90s", "retry_after_as": "date"},
            "Sun, 22 Nov 2026 18:01:30 GMT",
        ),
        (
            {"do": "throttle", "retry_after": "500ms", "retry_after_as": "date"},
            "Sun, 22 Nov 2026 18:00:01 GMT",
        ),
        ({"do": "unavailable"}, "5"),
        ({"do": "unavailable", "retry_after": "2m"}, "120"),
    ],
)
async def test_retry_after_is_seconds_a_date_or_nothing(
    omilia: Simulator, ask: aiohttp.ClientSession, options: dict[str, Any], header: str | None
) -> None:
    omilia.faults.set(Fault(**options))
    reply = await fetch(ask, STATUS)
    assert reply.headers.get("retry-after") == header


async def test_a_rejected_credential_can_be_one_kind_only(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="reject_token", credential="bearer"))
    assert (await fetch(ask, CONFIG)).status == 200
    omilia.faults.set(Fault(do="reject_token", credential="pat"))
    assert (await fetch(ask, CONFIG)).status == 401


@pytest.mark.parametrize("body", [{"unexpected": [1, 2]}, [], None, "words"])
async def test_a_wrong_body_is_a_good_status_with_other_json(
    omilia: Simulator, ask: aiohttp.ClientSession, body: Any
) -> None:
    omilia.faults.set(Fault(do="wrong_body", body=body))
    reply = await fetch(ask, STATUS)
    assert (reply.status, json.loads(reply.body)) == (200, body)


@pytest.mark.parametrize("state", ["started", "stopped", "not-deployed"])
async def test_an_app_can_be_taken_out_of_service(
    omilia: Simulator, ask: aiohttp.ClientSession, state: str
) -> None:
    omilia.faults.set(Fault(do="app_status", state=state))
    assert json.loads((await fetch(ask, APP_STATUS)).body) == {"status": state}
    assert (await fetch(ask, APP_STATUS.replace(APP_ID, "unknown"))).status == 404
    assert json.loads((await fetch(ask, STATUS)).body)["name"] == "envs-manager-api"


@pytest.mark.parametrize("layout", ["meta", "top-level"])
async def test_the_status_can_say_anything_of_the_services_it_depends_on(
    clock: FakeClock, layout: Literal["meta", "top-level"]
) -> None:
    async with (
        Simulator(clock=clock, status_layout=layout) as omilia,
        aiohttp.ClientSession(omilia.url) as ask,
    ):
        omilia.faults.set(Fault(do="services", says={"database": "degraded"}))
        body = json.loads((await fetch(ask, STATUS)).body)
        signs = body["meta"] if layout == "meta" else body
        assert signs["services_status"] == {"database": "degraded"}
        assert body["version"] == omilia.version
        ask.headers.add("Authorization", "Bearer nobody")
        refused = await fetch(ask, STATUS)
        assert (refused.status, b"services_status" in refused.body) == (401, False)


# ---------------------------------------------------------------- broken connections


async def exchange(omilia: Simulator) -> bytes:
    """Ask on a bare socket; return what comes until the end. Raises when it is reset."""
    host, _, port = omilia.url.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(f"GET {STATUS} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    finally:
        writer.close()


@pytest.mark.parametrize("kind", ["reset", "restart"])
async def test_a_reset_is_a_reset_and_not_an_end(omilia: Simulator, kind: str) -> None:
    omilia.faults.set(Fault(do=kind))
    with pytest.raises(ConnectionResetError):
        await exchange(omilia)


async def test_garbage_is_not_http(omilia: Simulator, ask: aiohttp.ClientSession) -> None:
    omilia.faults.set(Fault(do="garbage"))
    assert not (await exchange(omilia)).startswith(b"HTTP/")
    with pytest.raises(aiohttp.ClientResponseError):
        await fetch(ask, STATUS)


async def test_a_truncated_body_ends_before_its_announced_length(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="truncate"))
    head, _, body = (await exchange(omilia)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    announced = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
    assert 0 < len(body) < announced
    with pytest.raises(aiohttp.ClientPayloadError):
        await fetch(ask, STATUS)


# ---------------------------------------------------------------- time


async def test_a_slow_answer_is_the_usual_one_later(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="slow", delay="200ms"))
    loop = asyncio.get_running_loop()
    before = loop.time()
    reply = await fetch(ask, STATUS)
    assert loop.time() - before >= 0.2
    assert reply.status == 200


async def test_slow_goes_together_with_another_fault(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="slow", delay="50ms"))
    omilia.faults.set(Fault(do="fail"))
    omilia.faults.set(Fault(do="slow", delay="50ms"))
    loop = asyncio.get_running_loop()
    before = loop.time()
    assert (await fetch(ask, STATUS)).status == 500
    assert loop.time() - before >= 0.1
    assert omilia.requests.last[-1].fault == "fault-3,fault-1,fault-2"


@pytest.mark.parametrize("end", ["cleared", "over"])
async def test_a_hanging_request_is_answered_when_the_fault_ends(
    omilia: Simulator, ask: aiohttp.ClientSession, clock: FakeClock, end: str
) -> None:
    omilia.faults.set(Fault(do="hang", where="miniapps", lasts=10.0))
    hanging = asyncio.create_task(fetch(ask, CONFIG))
    await until(lambda: hits(omilia) == 1)
    assert (await fetch(ask, STATUS)).status == 200
    assert not hanging.done()
    if end == "cleared":
        omilia.faults.clear()
    else:
        clock.advance(10.0)
        await fetch(ask, STATUS)  # the clock is moved by hand: somebody has to look at it
    assert (await hanging).status == 200


async def test_a_hang_with_a_count_holds_its_request_after_the_count(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="hang", count=1))
    hanging = asyncio.create_task(fetch(ask, STATUS))
    await until(lambda: hits(omilia) == 1)
    assert (await fetch(ask, STATUS)).status == 200
    omilia.faults.set(Fault(do="fail", where="chat"))  # which tidies up what is spent
    assert (await fetch(ask, STATUS)).status == 200
    assert not hanging.done()
    omilia.faults.clear("fault-1")
    assert (await hanging).status == 200


async def test_a_hanging_request_ends_with_its_client(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="hang"))
    tasks = len(asyncio.all_tasks())
    hanging = asyncio.create_task(fetch(ask, STATUS))
    await until(lambda: hits(omilia) == 1)
    hanging.cancel()
    await until(lambda: len(asyncio.all_tasks()) <= tasks)
    assert omilia.requests.last[-1].status is None


@pytest.mark.parametrize("kind", ["hang", "slow"])
async def test_the_simulator_stops_although_requests_wait(
    clock: FakeClock, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "SHUTDOWN", 10 * PATIENCE)  # they are let go, not waited for
    tasks = asyncio.all_tasks()
    omilia = Simulator(clock=clock)
    await omilia.start()
    omilia.faults.set(Fault(do=kind) if kind == "hang" else Fault(do=kind, delay="1h"))
    async with aiohttp.ClientSession(omilia.url) as ask:
        waiting = [asyncio.create_task(fetch(ask, STATUS)) for _ in range(5)]
        await until(lambda: hits(omilia) == 5)
        async with asyncio.timeout(PATIENCE):
            await omilia.stop()
        for request in waiting:
            with a_lost_connection():
                await request
    await until(lambda: asyncio.all_tasks() == tasks)
    await omilia.stop()


# ---------------------------------------------------------------- restart


async def test_a_restart_drops_connections_refuses_and_comes_back_as_another_version(
    omilia: Simulator, clock: FakeClock
) -> None:
    async with aiohttp.ClientSession(omilia.url) as ask:
        before = json.loads((await fetch(ask, STATUS)).body)
        host, _, port = omilia.url.removeprefix("http://").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        clock.advance(5.0)
        omilia.restart("1.18.0", lasts=3.0)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        with a_lost_connection():
            await fetch(ask, STATUS)
        clock.advance(3.0)
        after = json.loads((await fetch(ask, STATUS)).body)
    assert (before["version"], after["version"]) == ("1.17.0", "1.18.0")
    assert before["meta"]["server_start_time"] == "2026-11-22T18:00:00+00:00"
    assert after["meta"]["server_start_time"] == "2026-11-22T18:00:08+00:00"


async def test_a_restart_without_a_version_is_the_next_one(omilia: Simulator) -> None:
    omilia.restart()
    assert omilia.version == "1.17.1"


async def test_another_services_restart_leaves_the_status_alone(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="restart", where="miniapps"))
    with a_lost_connection():
        await fetch(ask, CONFIG)
    assert json.loads((await fetch(ask, STATUS)).body)["version"] == "1.17.0"


# ---------------------------------------------------------------- where, how long, how often


async def test_a_fault_strikes_its_service_only(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="fail", where="envs-manager"))
    assert (await fetch(ask, STATUS)).status == 500
    assert (await fetch(ask, CONFIG)).status == 200


async def test_a_fault_strikes_what_begins_with_its_path(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="fail", where="/miniapps/api/co"))
    assert (await fetch(ask, CONFIG)).status == 500
    assert (await fetch(ask, "/miniapps/api/apps")).status == 200


async def test_a_fault_ends_by_time(
    omilia: Simulator, ask: aiohttp.ClientSession, clock: FakeClock
) -> None:
    omilia.faults.set(Fault(do="fail", lasts="10s"))
    clock.advance(9.999)
    assert (await fetch(ask, STATUS)).status == 500
    clock.advance(0.001)
    assert (await fetch(ask, STATUS)).status == 200
    assert omilia.faults.active() == ()


async def test_a_fault_ends_after_its_count(omilia: Simulator, ask: aiohttp.ClientSession) -> None:
    omilia.faults.set(Fault(do="fail", count=2))
    assert await statuses(ask, STATUS, 3) == [500, 500, 200]
    assert omilia.faults.active() == ()


async def test_every_nth_request_is_struck_and_no_dice_are_thrown(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    omilia.faults.set(Fault(do="fail", nth=3, count=2))
    assert await statuses(ask, STATUS, 10) == [200, 200, 500, 200, 200, 500, 200, 200, 200, 200]


async def test_the_newest_fault_wins(omilia: Simulator, ask: aiohttp.ClientSession) -> None:
    omilia.faults.set(Fault(do="fail", status=500))
    newest = omilia.faults.set(Fault(do="fail", status=503))
    assert (await fetch(ask, STATUS)).status == 503
    assert omilia.faults.clear(newest) == 1
    assert (await fetch(ask, STATUS)).status == 500
    assert omilia.faults.clear() == 1
    assert (await fetch(ask, STATUS)).status == 200
    assert omilia.faults.clear("unknown") == 0


# ---------------------------------------------------------------- what a fault may say


VALUES: dict[str, Any] = {
    "status": 503,
    "detail": "words",
    "delay": 1.0,
    "retry_after": 1.0,
    "retry_after_as": "date",
    "credential": "pat",
    "state": "stopped",
    "body": {},
    "version": "2",
    "count": 1,
    "nth": 2,
}


@pytest.mark.parametrize("option", VALUES)
@pytest.mark.parametrize("kind", Kind)
def test_an_option_that_would_be_ignored_is_refused(kind: Kind, option: str) -> None:
    written = {"do": kind, option: VALUES[option]}
    if option in OPTIONS[kind]:
        assert getattr(Fault.model_validate(written), option) == VALUES[option]
    else:
        with pytest.raises(ValidationError, match=f"`{kind}` has no such option"):
            Fault.model_validate(written)


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ({}, "Field required"),
        ({"do": "explode"}, "Input should be 'fail'"),
        ({"do": "fail", "where": "nowhere"}, "a path prefix such as /chat/, or one of envs-"),
        ({"do": "fail", "where": "/_simulator/faults"}, "cannot be broken"),
        ({"do": "fail", "status": 200}, "greater than or equal to 400"),
        ({"do": "fail", "status": "500"}, "valid integer"),
        ({"do": "fail", "for": "soon"}, "'soon' is not a duration"),
        ({"do": "fail", "for": "0s"}, "greater than 0"),
        ({"do": "slow", "delay": -1}, "not a length of time"),
        ({"do": "slow", "delay": float("inf")}, "not a length of time"),
        ({"do": "slow", "delay": True}, "write a duration like"),
        ({"do": "slow", "count": 0}, "greater than or equal to 1"),
        ({"do": "slow", "nth": True}, "valid integer"),
        ({"do": "app_status", "state": "asleep"}, "Input should be 'started'"),
        ({"do": "restart", "version": "two words"}, "should match pattern"),
        ({"do": "fail", "wher": "/"}, "Extra inputs are not permitted"),
    ],
)
def test_a_wrong_fault_is_refused(written: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Fault.model_validate(written)
