"""Reports on their way to a daemon that takes them, refuses them, or is not there."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web

from monitor.client import Reporter
from monitor.client.reports import Pile
from tests.adapters.following import PATIENCE
from tests.client.speaking import until
from tests.clock import START


class Desk:
    """Takes reports as the daemon does; `answers` are given first, then all is well."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[web.Response] = []
        self.bodies: list[Any] = []
        self.headers: list[str | None] = []
        self.at: list[float] = []
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/v1/reports", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _take(self, request: web.Request) -> web.StreamResponse:
        self.at.append(asyncio.get_running_loop().time())
        self.headers.append(request.headers.get("Authorization"))
        self.bodies.append(await request.json())
        return self.answers.pop(0) if self.answers else web.Response(status=202)

    def lines(self, number: int = -1) -> list[tuple[str, int | str, int]]:
        """What a batch said, without its times."""
        return [
            (line["endpoint"], line.get("status", line.get("category")), line["count"])
            for line in self.bodies[number]["reports"]
        ]


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    made = Desk()
    await made.start()
    try:
        yield made
    finally:
        await made.stop()


def soon(low: float, high: float) -> float:
    return min(max(low, 0.01), high, 0.01)


def reporting(desk: Desk, **options: Any) -> Reporter:
    return Reporter(desk.url, "checkout", token="t0ken", uniform=soon, **options)


def told(pile: Pile) -> list[dict[str, Any]]:
    return [line.view() for line in pile.take(100).values()]


# ---------------------------------------------------------------- what waits


def test_what_happened_alike_in_one_second_is_one_line_with_the_mean_latency() -> None:
    pile = Pile(10)
    for latency in (0.1, 0.3, None, -1.0, float("nan"), float("inf")):
        pile.add("chat", 200, latency, START)
    pile.add("chat", 200, 0.5, START + timedelta(seconds=1))
    pile.add("chat", "unreachable", None, START)
    assert told(pile) == [
        {
            "endpoint": "chat",
            "status": 200,
            "at": "2026-11-22T18:00:00Z",
            "count": 6,
            "latency": 0.2,
        },
        {
            "endpoint": "chat",
            "status": 200,
            "at": "2026-11-22T18:00:01Z",
            "count": 1,
            "latency": 0.5,
        },
        {
            "endpoint": "chat",
            "category": "unreachable",
            "at": "2026-11-22T18:00:00Z",
            "count": 1,
        },
    ]


def test_beyond_its_room_the_oldest_is_dropped_and_counted() -> None:
    pile = Pile(2)
    for name in ("a", "a", "b", "c"):
        pile.add(name, 200, None, START)
    assert [line["endpoint"] for line in told(pile)] == ["b", "c"]
    assert pile.dropped == 2


def test_what_is_put_back_stands_before_the_newer_and_is_joined_with_it() -> None:
    pile = Pile(3)
    for name in "ab":
        pile.add(name, 200, 1.0, START)
    old = pile.take(100)
    for name in "bcd":
        pile.add(name, 200, 3.0, START)
    pile.put_back(old)
    assert [(one["endpoint"], one["count"], one["latency"]) for one in told(pile)] == [
        ("b", 2, 2.0),
        ("c", 1, 3.0),
        ("d", 1, 3.0),
    ]
    assert pile.dropped == 1


# ---------------------------------------------------------------- on its way


async def test_outcomes_arrive_in_a_batch_under_a_name_and_a_token(desk: Desk) -> None:
    async with reporting(desk) as reporter:
        for _ in range(3):
            reporter.note("chat", status=503, latency=0.25)
        reporter.note("chat", category="unreachable")
        await until(lambda: desk.bodies)
    assert desk.bodies[0]["reporter"] == "checkout"
    assert desk.headers == ["Bearer t0ken"]
    assert sum(count for _, what, count in desk.lines(0) if what == 503) == 3
    assert ("chat", "unreachable", 1) in desk.lines(0)
    assert reporter.dropped == 0


async def test_nothing_is_sent_when_there_is_nothing(desk: Desk) -> None:
    async with reporting(desk):
        await asyncio.sleep(0.1)
    assert desk.bodies == []


async def test_what_is_left_is_sent_at_the_end(desk: Desk) -> None:
    async with reporting(desk, every=3600.0) as reporter:
        reporter._uniform = max
        await asyncio.sleep(0)
        reporter.note("chat", status=200)
    assert desk.lines() == [("chat", 200, 1)]


async def test_large_piles_are_sent_in_pieces(desk: Desk) -> None:
    async with reporting(desk) as reporter:
        for number in range(450):
            reporter.note(f"e{number}", status=200)
        await until(lambda: len(desk.bodies) == 3)
    assert [len(body["reports"]) for body in desk.bodies] == [200, 200, 50]


def problem(status: int, *pointers: str) -> web.Response:
    errors = [{"pointer": pointer, "detail": "no such endpoint"} for pointer in pointers]
    return web.json_response({"errors": errors}, status=status)


async def test_only_the_lines_that_are_named_are_dropped(desk: Desk) -> None:
    desk.answers = [problem(422, "#/reports/1/endpoint", "#/reports/3"), problem(422, "/reports/0")]
    async with reporting(desk) as reporter:
        for name in "abcde":
            reporter.note(name, status=200)
        await until(lambda: len(desk.bodies) == 3)
    assert [name for name, _, _ in desk.lines()] == ["c", "e"]
    assert reporter.dropped == 3


@pytest.mark.parametrize(
    "answer",
    [
        problem(422),
        problem(422, "#/reporter"),
        problem(422, "#/reports/99"),
        web.Response(status=422, text="<html>"),
        web.json_response({"errors": 7}, status=422),
        web.json_response({"errors": [7, {"pointer": 7}]}, status=422),
        web.Response(status=400),
        web.Response(status=404),
        web.Response(status=415),
    ],
)
async def test_a_batch_that_is_no_use_is_dropped_and_not_sent_again(
    desk: Desk, answer: web.Response
) -> None:
    desk.answers = [answer]
    async with reporting(desk) as reporter:
        reporter.note("a", status=200)
        await until(lambda: reporter.dropped == 1)
        reporter.note("b", status=200)
        await until(lambda: len(desk.bodies) == 2)
    assert [name for name, _, _ in desk.lines()] == ["b"]


async def test_a_batch_that_is_too_large_is_cut(desk: Desk) -> None:
    desk.answers = [web.Response(status=413), web.Response(status=413)]
    async with reporting(desk) as reporter:
        for name in "abcd":
            reporter.note(name, status=200)
        await until(lambda: len(desk.bodies) == 6)
    assert [len(body["reports"]) for body in desk.bodies] == [4, 2, 1, 1, 1, 1]
    assert reporter.dropped == 0


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_is_refused_ends_it_and_says_so(desk: Desk, status: int) -> None:
    desk.answers = [web.Response(status=status)]
    async with reporting(desk) as reporter:
        reporter.note("a", status=200)
        await until(lambda: reporter.stopped)
        for _ in range(5):
            reporter.note("b", status=200)
        await asyncio.sleep(0.1)
    assert reporter.stopped == f"the daemon refuses our reports ({status})"
    assert len(desk.bodies) == 1
    assert reporter.dropped == 6


@pytest.mark.parametrize("status", [429, 503])
async def test_who_cannot_take_them_now_gets_them_later(desk: Desk, status: int) -> None:
    desk.answers = [web.Response(status=status, headers={"Retry-After": "1"})]
    async with reporting(desk) as reporter:
        reporter.note("a", status=200)
        await until(lambda: len(desk.bodies) == 1)
        reporter.note("b", status=200)
        await until(lambda: len(desk.bodies) == 2)
        assert desk.at[1] - desk.at[0] >= 1.0
    assert [name for name, _, _ in desk.lines()] == ["a", "b"]
    assert reporter.dropped == 0


async def test_a_daemon_that_is_away_is_told_when_it_is_back(desk: Desk) -> None:
    await desk.stop()
    async with reporting(desk) as reporter:
        reporter.note("a", status=200)
        await asyncio.sleep(0.1)
        await desk.start()
        await until(lambda: desk.bodies)
    assert desk.lines() == [("a", 200, 1)]


async def test_the_longer_it_goes_wrong_the_longer_is_waited(desk: Desk) -> None:
    spans: list[tuple[float, float]] = []

    def note(low: float, high: float) -> float:
        spans.append((low, high))
        return 0.001

    await desk.stop()
    async with Reporter(desk.url, "checkout", uniform=note) as reporter:
        reporter.note("a", status=200)
        await until(lambda: len(spans) > 7)
    await desk.start()
    assert spans[:7] == [(1.0, 2.0), *((0.0, high) for high in (4.0, 8.0, 16.0, 32.0, 60.0, 60.0))]


async def test_closing_waits_for_nobody_and_leaves_nothing(desk: Desk) -> None:
    async def hang(request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError

    desk._take = hang  # type: ignore[method-assign]
    await desk.stop()
    await desk.start()
    async with asyncio.timeout(PATIENCE):
        async with reporting(desk) as reporter:
            reporter.note("a", status=200)
            await asyncio.sleep(0.05)
            session = reporter._session
    assert session is not None
    assert session.closed
    assert reporter.dropped == 1
    assert [task for task in asyncio.all_tasks() if task.get_name() == "reporter"] == []


async def test_an_outcome_that_says_nothing_is_dropped(desk: Desk) -> None:
    async with reporting(desk) as reporter:
        reporter.note("chat")
    assert (reporter.dropped, desk.bodies) == (1, [])


async def test_a_token_that_can_be_none_is_logged_and_ends_nothing(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    async with Reporter(desk.url, "checkout", token="a\nb", uniform=soon) as reporter:
        reporter.note("chat", status=200)
        await until(lambda: "reporting failed" in caplog.text)
        assert "a\nb" not in caplog.text


def test_a_url_that_can_be_none_is_refused() -> None:
    with pytest.raises(ValueError, match="http://"):
        Reporter("localhost:8080", "checkout")
