"""Real traffic, told end to end: reported over the API, weighed, shown, told when it disagrees."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from monitor.client import Reporter
from monitor.client import clock as client_clock
from monitor.core.breaker import State
from monitor.web.models.report import MOST_LINES
from tests.adapters.following import until
from tests.app.world import CONFIG, World

ACCESS = """
access:
  tokens:
    - {{name: ops, value: {{env: TOKEN}}, scopes: [operate]}}
    - {{name: checkout, value: {{env: CHECKOUT}}, scopes: [report]}}
    - {{name: billing, value: {{env: BILLING}}, scopes: [report]}}
"""
TOKENS = {"CHECKOUT": "checkout-token-0123456789", "BILLING": "billing-token-0123456789"}


def watched(folder: Path) -> World:
    world = World(folder, CONFIG + ACCESS)
    world.environ = TOKENS
    return world


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with watched(tmp_path) as world:
        await world.pass_(120)
        yield world


async def post(
    world: World, body: Any, token: str = "CHECKOUT"
) -> tuple[int, Any, aiohttp.ClientResponse]:
    headers = {"Authorization": f"Bearer {TOKENS[token]}"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(world.daemon.url + "/v1/reports", json=body, headers=headers) as response,
    ):
        return response.status, await response.json(content_type=None), response


def line(at: datetime, status: int = 503, count: int = 40, **more: Any) -> dict[str, Any]:
    stamp = at.isoformat().replace("+00:00", "Z")
    return {"endpoint": "status", "status": status, "at": stamp, "count": count, **more}


async def report(world: World, status: int, count: int = 40) -> None:
    """Let both services report calls of this moment."""
    for token in TOKENS:
        body = {
            "reporter": f"{token.lower()}/1",
            "reports": [line(world.clock.now(), status, count)],
        }
        code, taken, _ = await post(world, body, token)
        assert (code, taken) == (200, {"lines": 1, "calls": count})


async def traffic(world: World) -> Any:
    _, shown, _ = await world.get("/v1/endpoints/status")
    return shown["evidence"] and shown["evidence"]["traffic"]


async def passing(world: World, seconds: int, status: int) -> None:
    """Let time pass, with calls that go like this every ten seconds."""
    for _ in range(seconds // 10):
        await report(world, status, 20)
        await world.pass_(10)


async def test_a_report_has_a_probe_look_at_once_and_both_open_it(world: World) -> None:
    world.break_(do="fail", where="envs-manager", status=503)
    assert world.standing("status").breaker.state is State.CLOSED
    await report(world, 503)
    due = world.metronome.next_at("status")
    assert due == world.clock.now(), "not at its next place on the grid"
    await world.pass_(0)
    assert world.standing("status").breaker.state is State.OPEN
    _, shown, _ = await world.get("/v1/endpoints/status")
    why = shown["breaker"]["why"]
    assert (why["rule"], why["count"], why["of"], why["by"]) == (
        "traffic",
        80,
        80,
        "checkout, billing",
    )
    assert [one["detail"] for one in why["samples"]] == [
        "HTTP 503, reported by checkout/1",
        "HTTP 503, reported by billing/1",
    ]
    (message,) = world.receiver.messages
    assert "80 of 80 calls failed" in message["data"]["reason"]
    _, moves, _ = await world.get("/v1/endpoints/status/moves")
    assert moves["moves"][0]["why"]["rule"] == "traffic"


async def test_probes_that_succeed_while_calls_fail_are_told_until_they_agree(
    world: World,
) -> None:
    await passing(world, 90, 503)
    assert world.standing("status").breaker.state is State.CLOSED, "traffic alone opens nothing"
    said = await traffic(world)
    assert (said["says"], said["share"], said["disagreement"]) == ("failing", 100, "traffic_fails")
    assert {voice["token"] for voice in said["voices"]} == {"checkout", "billing"}
    (message,) = world.receiver.messages
    data = message["data"]
    assert (data["key"], data["blame"], data["severity"]) == (
        "traffic:status",
        "unclear",
        "warning",
    )
    assert data["title"] == "probes and real traffic disagree: status"
    assert "probes: 0 of " in data["reason"]
    assert "traffic: " in data["reason"]
    assert "(checkout 100 %, billing 100 %)" in data["reason"]
    _, status, _ = await world.get("/v1/status")
    assert [one["key"] for one in status["incidents"]] == ["traffic:status"]
    _, scraped, _ = await world.get("/metrics")
    assert 'omilia_monitor_traffic_disagrees{endpoint="status"} 1.0' in scraped
    await passing(world, 90, 200)
    assert world.receiver.heard == [("opened", "status"), ("resolved", "status")]
    assert world.receiver.messages[-1]["data"]["title"] == (
        "resolved: probes and real traffic agree: status"
    )
    assert (await traffic(world))["disagreement"] is None


async def test_when_the_reports_stop_nothing_is_said_any_more(world: World) -> None:
    await passing(world, 90, 503)
    await world.pass_(400)
    assert world.receiver.heard == [("opened", "status"), ("resolved", "status")]
    assert world.receiver.messages[-1]["data"]["reason"] == "too little is reported"
    assert await traffic(world) is None


async def test_calls_that_succeed_while_probes_fail_are_told_too(world: World) -> None:
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(90)
    assert world.receiver.heard == [("opened", "status")]
    await passing(world, 120, 200)
    assert (await traffic(world))["disagreement"] == "probes_fail"
    assert world.receiver.messages[-1]["data"]["key"] == "traffic:status"
    world.mend()
    await passing(world, 200, 200)
    told = [(m["type"].rpartition(".")[2], m["data"]["key"]) for m in world.receiver.messages]
    assert sorted(told[2:]) == [("resolved", "status"), ("resolved", "traffic:status")]


async def test_a_restart_forgets_the_reports_and_not_what_was_told(world: World) -> None:
    await passing(world, 90, 503)
    await world.daemon.stop()
    await world.begin()
    assert await traffic(world) is None
    await world.pass_(30)
    assert len(world.receiver.messages) == 1, "they may come again"
    await passing(world, 60, 503)
    assert len(world.receiver.messages) == 1
    await world.daemon.stop()
    await world.begin()
    await world.pass_(320)
    assert world.receiver.heard == [("opened", "status"), ("resolved", "status")]


async def test_a_disagreement_about_what_is_no_longer_watched_ends(world: World) -> None:
    await passing(world, 90, 503)
    without = "\n".join(one for one in (CONFIG + ACCESS).splitlines() if "id: status" not in one)
    await world.daemon.reload(world.settings(without))
    await world.pass_(1)
    assert world.receiver.messages[-1]["data"]["reason"] == "no longer watched"
    code, problem, _ = await post(
        world, {"reporter": "checkout", "reports": [line(world.clock.now())]}
    )
    assert (code, problem["errors"][0]["pointer"]) == (422, "#/reports/0/endpoint")


async def test_bad_lines_are_named_and_nothing_is_counted(world: World) -> None:
    now = world.clock.now()
    good, fine = line(now), {"endpoint": "status", "category": "ok", "latency": 0.2}
    lines = [
        good,
        {**good, "endpoint": "nobody"},
        fine,
        line(now + timedelta(seconds=60)),
        line(now - timedelta(seconds=301)),
    ]
    code, problem, _ = await post(world, {"reporter": "checkout", "reports": lines})
    assert code == 422
    assert [one["pointer"] for one in problem["errors"]] == [
        "#/reports/1/endpoint",
        "#/reports/3/at",
        "#/reports/4/at",
    ]
    assert await traffic(world) is None
    assert (await post(world, {"reporter": "checkout", "reports": [good, fine]}))[0] == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reporter": "checkout", "reports": []}, "#/reports"),
        ({"reports": [{"endpoint": "status", "status": 200}]}, "#/reporter"),
        ({"reporter": "", "reports": [{"endpoint": "status", "status": 200}]}, "#/reporter"),
        ({"reporter": "checkout", "reports": [{"endpoint": "status"}]}, "#/reports/0"),
        (
            {
                "reporter": "checkout",
                "reports": [{"endpoint": "status", "status": 200, "category": "ok"}],
            },
            "#/reports/0",
        ),
        (
            {"reporter": "checkout", "reports": [{"endpoint": "status", "status": 7}]},
            "#/reports/0/status",
        ),
        (
            {"reporter": "checkout", "reports": [{"endpoint": "status", "category": "bad"}]},
            "#/reports/0/category",
        ),
        (
            {"reporter": "checkout", "reports": [{"endpoint": "status", "status": 5, "count": 0}]},
            "#/reports/0/count",
        ),
        (
            {"reporter": "checkout", "reports": [line(datetime(2026, 11, 22)) | {"at": "noon"}]},  # noqa: DTZ001  replaced
            "#/reports/0/at",
        ),
        (
            {
                "reporter": "checkout",
                "reports": [{"endpoint": "status", "status": 200}] * (MOST_LINES + 1),
            },
            "#/reports",
        ),
    ],
)
async def test_what_is_no_batch_is_refused_whole(world: World, body: Any, pointer: str) -> None:
    code, problem, _ = await post(world, body)
    assert code == 422
    assert pointer in {one["pointer"] for one in problem["errors"]}
    assert await traffic(world) is None


async def test_what_is_wrong_is_said_in_our_words(world: World) -> None:
    body = {"reporter": "checkout", "reports": [{"endpoint": "status"}]}
    _, problem, _ = await post(world, body)
    (one,) = problem["errors"]
    assert one["detail"] == "say what came of it: either category or status"


@pytest.mark.parametrize("name", ["billing", "checkouts", "billing/checkout", "Checkout"])
async def test_a_token_speaks_in_no_other_name(world: World, name: str) -> None:
    body = {"reporter": name, "reports": [line(world.clock.now())]}
    code, problem, _ = await post(world, body)
    assert (code, problem["type"]) == (403, "urn:omilia-monitor:problem:not-your-name")
    assert await traffic(world) is None


async def test_the_real_reporter_is_understood(tmp_path: Path) -> None:
    world = watched(tmp_path)
    # A minute ahead of the machine's clock: however slow it is, nothing comes from the future.
    real = client_clock.now() + timedelta(seconds=60)
    world.clock.step((real - world.clock.now()).total_seconds())
    async with world:
        await world.pass_(10)
        async with Reporter(
            world.daemon.url, "checkout/1", token=TOKENS["CHECKOUT"], every=0.05
        ) as reporter:
            for n in range(20):
                reporter.note("status", status=503, latency=0.5)
                reporter.note("status", category="unreachable", latency=1.5)
                reporter.note(f"nobody-{n}", status=200)
            calls = world.daemon.reporting.calls
            await until(lambda: calls().get("status") == 40)
            assert (reporter.dropped, reporter.stopped) == (20, "")
        await world.pass_(0)
        (voice,) = (await traffic(world))["voices"]
        assert (voice["token"], voice["calls"], voice["failed"]) == ("checkout", 40, 40)
        assert voice["latency"] == 1.0
        async with Reporter(
            world.daemon.url, "billing", token=TOKENS["CHECKOUT"], every=0.05
        ) as liar:
            liar.note("status", status=503)
            await until(lambda: bool(liar.stopped))
