"""The client against a daemon that says what a test wants: following, losing, finding again."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from monitor.client import Verdict, VerdictClient, Why
from tests.adapters.following import PATIENCE
from tests.client.speaking import Daemon, event, refusing, snapshot, speaking, until, verdict


def soon(low: float, high: float) -> float:
    """Dice that make nobody wait long."""
    return min(high, max(low, 0.02), 0.02)


def follow(daemon: Daemon, **options: Any) -> VerdictClient:
    return VerdictClient(daemon.url, **({"uniform": soon} | options))


@pytest.fixture
async def daemon() -> AsyncIterator[Daemon]:
    async with speaking(verdict("chat"), verdict("bots", allow=False)) as daemon:
        yield daemon


# ---------------------------------------------------------------- following


async def test_who_has_entered_knows_the_verdicts(daemon: Daemon) -> None:
    async with follow(daemon) as verdicts:
        assert verdicts.allows("chat")
        assert not verdicts.allows("bots")
        assert verdicts.verdict("bots").reason == "3 failures in a row"
        assert verdicts.endpoints() == ["chat", "bots"]
        assert verdicts.trouble == ""
        await verdicts.ready(timeout=PATIENCE)


async def test_a_change_is_known_when_it_is_said(daemon: Daemon) -> None:
    told: list[Verdict] = []
    async with follow(daemon, on_change=told.append) as verdicts:
        told.clear()
        daemon.say(event("verdict", verdict("chat", allow=False), 2))
        await until(lambda: not verdicts.allows("chat"))
        daemon.say(event("health", {"endpoint": "chat"}, 3) + b": ping\nid: 4\n\n")
        daemon.say(event("config", {"endpoints": ["chat"]}, 5))
        await until(lambda: verdicts.endpoints() == ["chat"])
    assert [(one.endpoint, one.allow, one.why) for one in told] == [
        ("chat", False, Why.VERDICT),
        ("bots", True, Why.UNKNOWN_ENDPOINT),
    ]


async def test_who_loses_the_stream_goes_on_where_it_was(daemon: Daemon) -> None:
    daemon.said = [*daemon.said, event("verdict", verdict("chat", allow=False), 8)]
    async with follow(daemon) as verdicts:
        assert verdicts.allows("chat")
        daemon.say(b": ping\nid: 7\n\n")
        daemon.end()
        await until(lambda: not verdicts.allows("chat"))
    assert [r.headers.get("Last-Event-ID") for r in daemon.requests] == [None, "7"]
    assert daemon.asked == ["/v1/events"] * 2


async def test_between_two_streams_what_is_known_holds(daemon: Daemon) -> None:
    async with follow(daemon) as verdicts:
        daemon.answer = refusing(503, Retry_After="9")
        daemon.end()
        await until(lambda: verdicts.trouble.startswith("the daemon answers 503"))
        assert not verdicts.allows("bots")
        assert verdicts.verdict("bots").why is Why.VERDICT


async def test_what_a_snapshot_does_not_have_is_forgotten(daemon: Daemon) -> None:
    reset = event("reset", {"reason": "restart"})
    daemon.said = [*daemon.said, reset + snapshot(verdict("chat"), number=99)]
    async with follow(daemon) as verdicts:
        daemon.end()
        await until(lambda: verdicts.endpoints() == ["chat"])
        assert verdicts.allows("bots")
        assert verdicts.verdict("bots").why is Why.UNKNOWN_ENDPOINT


async def test_token_and_endpoints_are_sent(daemon: Daemon) -> None:
    async with follow(daemon, token="s3cret", endpoints=["chat", "bots", "chat"]):
        (request,) = daemon.requests
    assert request.headers["Authorization"] == "Bearer s3cret"
    assert request.query.getall("endpoint") == ["bots", "chat"]


async def test_who_follows_some_endpoints_keeps_only_these_when_it_asks(daemon: Daemon) -> None:
    daemon.answer = refusing(404)
    async with follow(daemon, endpoints=["bots"]) as verdicts:
        await verdicts.ready(timeout=PATIENCE)
        assert verdicts.endpoints() == ["bots"]


@pytest.mark.parametrize("broken", [b"data: {\n\n", b"event: verdict\ndata: {\n\n"])
async def test_who_does_not_understand_begins_again(daemon: Daemon, broken: bytes) -> None:
    async with follow(daemon) as verdicts:
        daemon.say(b"id: 5\nevent: config\n" + broken)
        await daemon.followed(2)
        assert "Last-Event-ID" not in daemon.requests[1].headers
        await until(lambda: verdicts.trouble == "")


async def test_a_daemon_that_has_vanished_is_given_up(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.client.wire.LIVE", 0.2)
    async with follow(daemon):
        await daemon.followed(3)


@pytest.mark.parametrize("url", ["127.0.0.1:8080", "ftp://host", "http://", "", "/v1/events"])
def test_a_url_that_can_be_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="http://"):
        VerdictClient(url)


async def test_a_path_before_ours_is_kept() -> None:
    asked: list[str] = []

    async def everything(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path:.*}", everything)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = "http://{}:{}/omilia/".format(*runner.addresses[0][:2])
        async with VerdictClient(url, uniform=soon):
            await until(lambda: len(asked) > 1)
    finally:
        await runner.cleanup()
    assert asked[:2] == ["/omilia/v1/events", "/omilia/v1/verdicts"]


# ---------------------------------------------------------------- without a daemon


async def test_without_a_daemon_everything_is_allowed_and_it_is_found_later(
    daemon: Daemon,
) -> None:
    await daemon.stop()
    async with follow(daemon) as verdicts:
        assert verdicts.allows("bots")
        assert verdicts.verdict("bots").why is Why.NO_DAEMON
        assert "cannot be heard" in verdicts.trouble
        with pytest.raises(TimeoutError):
            await verdicts.ready(timeout=0.05)
        await daemon.start()
        await verdicts.ready(timeout=PATIENCE)
        assert not verdicts.allows("bots")
        await until(lambda: verdicts.trouble == "")


async def test_a_refusal_of_a_daemon_that_is_gone_lapses() -> None:
    async with speaking(verdict(allow=False, valid_for=0.3)) as daemon, follow(daemon) as verdicts:
        assert not verdicts.allows("chat")
        await daemon.stop()
        await until(lambda: verdicts.allows("chat"))
        assert verdicts.verdict("chat").why is Why.STALE


async def test_trouble_is_said_once_and_its_end_too(
    daemon: Daemon, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "monitor.client")
    await daemon.stop()
    async with follow(daemon) as verdicts:
        await asyncio.sleep(0.2)
        await daemon.start()
        await until(lambda: verdicts.trouble == "")
    (lost, found) = (record.getMessage() for record in caplog.records)
    assert lost.startswith("verdicts are not followed: the daemon cannot be heard")
    assert found == "verdicts are followed"


# ---------------------------------------------------------------- without a stream


@pytest.mark.parametrize("status", [404, 405, 500, 501, 503])
async def test_without_a_stream_the_verdicts_are_asked_for(daemon: Daemon, status: int) -> None:
    daemon.answer = refusing(status)
    async with follow(daemon) as verdicts:
        assert not verdicts.allows("bots")
        daemon.verdicts, daemon.tag = [verdict("chat", allow=False)], '"2"'
        await until(lambda: not verdicts.allows("chat"))
        assert verdicts.endpoints() == ["chat"]
        await until(lambda: daemon.asked.count("/v1/verdicts") > 3)
        tags = [r.headers.get("If-None-Match") for r in daemon.requests if "verdicts" in r.path]
        assert tags[0] is None
        assert tags[-1] == '"2"'
        daemon.answer = daemon.stream
        await until(lambda: verdicts.trouble == "")
        assert verdicts.endpoints() == ["chat", "bots"]


async def test_what_a_stream_said_is_not_hidden_by_an_older_tag(daemon: Daemon) -> None:
    daemon.answer = refusing(404)
    async with follow(daemon) as verdicts:
        assert verdicts.allows("chat")
        daemon.said = [snapshot(verdict("chat", allow=False))]
        daemon.answer = daemon.stream
        await until(lambda: not verdicts.allows("chat"))
        daemon.answer = refusing(404)
        daemon.end()
        await until(lambda: verdicts.allows("chat"))


async def test_an_answer_that_is_no_stream_is_none(daemon: Daemon) -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<html>log in</html>", content_type="text/html")

    daemon.answer = page
    async with follow(daemon) as verdicts:
        assert verdicts.trouble == "the daemon answers with text/html"
        assert not verdicts.allows("bots")


async def test_a_stream_that_is_kept_back_on_its_way_is_none(
    daemon: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.client.wire.FIRST_WORD", 0.05)
    daemon.said = [b""]
    async with follow(daemon) as verdicts:
        await verdicts.ready(timeout=PATIENCE)
        assert "kept back" in verdicts.trouble
        assert not verdicts.allows("bots")


@pytest.mark.parametrize("listing", ["[]", "{}", "no", '{"verdicts": 7}'])
async def test_a_listing_that_is_none_is_trouble(daemon: Daemon, listing: str) -> None:
    async def odd(request: web.Request) -> web.Response:
        return web.Response(text=listing, content_type="application/json")

    daemon.answer, daemon.listing = refusing(404), odd
    async with follow(daemon) as verdicts:
        await until(lambda: "listing" in verdicts.trouble)
        assert verdicts.verdict("bots").why is Why.NO_DAEMON


async def test_a_daemon_that_is_lost_while_it_is_asked_is_found_again(daemon: Daemon) -> None:
    daemon.answer = refusing(404)
    async with follow(daemon) as verdicts:
        await daemon.stop()
        await until(lambda: "cannot be heard" in verdicts.trouble)
        daemon.answer = daemon.stream
        await daemon.start()
        await until(lambda: verdicts.trouble == "")


# ---------------------------------------------------------------- kindness


async def test_a_token_that_is_refused_is_not_tried_again_and_again(daemon: Daemon) -> None:
    for status in (401, 403):
        daemon.requests.clear()
        daemon.answer = refusing(status)
        async with follow(daemon, token="s3cret") as verdicts:
            await asyncio.sleep(0.2)
            assert verdicts.trouble == f"the daemon refuses our token ({status})"
            assert verdicts.allows("bots")
        assert daemon.asked == ["/v1/events"]


async def test_a_short_retry_after_is_waited_for_and_nothing_is_asked_meanwhile(
    daemon: Daemon,
) -> None:
    at: list[float] = []

    async def starting(request: web.Request) -> web.StreamResponse:
        at.append(asyncio.get_running_loop().time())
        return await (refusing(503, Retry_After="1") if len(at) == 1 else daemon.stream)(request)

    daemon.answer = starting
    async with follow(daemon) as verdicts:
        await verdicts.ready(timeout=PATIENCE)
    assert at[1] - at[0] >= 1.0
    assert daemon.asked == ["/v1/events"] * 2


async def test_in_a_long_retry_after_the_verdicts_are_asked_for(daemon: Daemon) -> None:
    daemon.answer = refusing(503, Retry_After="3600")
    async with follow(daemon) as verdicts:
        assert not verdicts.allows("bots")
        await until(lambda: daemon.asked.count("/v1/verdicts") > 5)
    assert daemon.asked.count("/v1/events") == 1


async def test_a_daemon_that_wants_to_be_asked_later_is(daemon: Daemon) -> None:
    daemon.answer, daemon.listing = refusing(404), refusing(429, Retry_After="3600")
    async with follow(daemon) as verdicts:
        await until(lambda: "429" in verdicts.trouble)
        await asyncio.sleep(0.1)
    assert daemon.asked == ["/v1/events", "/v1/verdicts"]


async def test_attempts_are_spread_over_a_time_that_grows_to_its_limit(daemon: Daemon) -> None:
    spans: list[tuple[float, float]] = []

    def note(low: float, high: float) -> float:
        spans.append((low, high))
        return 0.001

    await daemon.stop()
    async with follow(daemon, uniform=note):
        await until(lambda: len(spans) >= 7)
    assert spans[:7] == [(0.0, high) for high in (6.0, 12.0, 24.0, 30.0, 30.0, 30.0, 30.0)]


# ---------------------------------------------------------------- waiting


async def test_who_waits_goes_on_when_the_call_is_allowed(daemon: Daemon) -> None:
    async with follow(daemon) as verdicts:
        await verdicts.wait_until_allowed("chat")
        waiting = [asyncio.create_task(verdicts.wait_until_allowed("bots")) for _ in range(3)]
        daemon.say(event("verdict", verdict("bots", allow=False, reason="still"), 2))
        await until(lambda: verdicts.verdict("bots").reason == "still")
        assert not any(task.done() for task in waiting)
        daemon.say(event("verdict", verdict("bots"), 3))
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(*waiting)


async def test_who_waits_is_told_when_it_took_too_long(daemon: Daemon) -> None:
    async with follow(daemon) as verdicts:
        with pytest.raises(TimeoutError):
            await verdicts.wait_until_allowed("bots", 0.05)


async def test_who_waits_goes_on_when_the_refusal_lapses() -> None:
    async with speaking(verdict(allow=False, valid_for=0.3)) as daemon, follow(daemon) as verdicts:
        await daemon.stop()
        await verdicts.wait_until_allowed("chat", PATIENCE)


async def test_those_who_wait_can_be_spread(daemon: Daemon) -> None:
    spans: list[tuple[float, float]] = []

    def note(low: float, high: float) -> float:
        spans.append((low, high))
        return 0.01

    async with follow(daemon, uniform=note) as verdicts:
        waiting = asyncio.create_task(verdicts.wait_until_allowed("bots", PATIENCE, spread=5.0))
        await asyncio.sleep(0)
        daemon.say(event("verdict", verdict("bots"), 3))
        await waiting
        assert (0.0, 5.0) in spans


# ---------------------------------------------------------------- closing


@pytest.mark.parametrize("state", ["following", "asking", "backing off", "waiting"])
async def test_closing_leaves_nothing_behind(daemon: Daemon, state: str) -> None:
    before = asyncio.all_tasks()
    options: dict[str, Any] = {}
    match state:
        case "asking":
            daemon.answer = refusing(404)
        case "backing off":
            await daemon.stop()
            options["uniform"] = max
        case "waiting":
            daemon.answer = refusing(401)
        case _:
            pass
    async with follow(daemon, **options) as verdicts:
        await asyncio.sleep(0.02)
        session = verdicts._wire._session
    assert session is not None
    assert session.closed
    await until(lambda: verdicts._task is None)
    mine = {task for task in asyncio.all_tasks() - before if task.get_name() == "verdicts"}
    assert mine == set()


async def test_it_can_be_entered_again(daemon: Daemon) -> None:
    verdicts = follow(daemon)
    for _ in range(2):
        async with verdicts:
            await verdicts.ready(timeout=PATIENCE)
            assert not verdicts.allows("bots")


async def test_a_session_that_was_given_is_used_without_its_middlewares_and_stays_open(
    daemon: Daemon,
) -> None:
    async def never(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
        raise AssertionError("who asks whether to ask?")

    async with aiohttp.ClientSession(
        middlewares=[never], headers={"X-Ours": "1"}, raise_for_status=True
    ) as session:
        async with follow(daemon, session=session) as verdicts:
            assert not verdicts.allows("bots")
        assert not session.closed
    assert daemon.requests[0].headers["X-Ours"] == "1"


async def test_who_has_not_entered_is_told(daemon: Daemon) -> None:
    verdicts = follow(daemon)
    assert verdicts.allows("bots")
    with pytest.raises(RuntimeError, match="async with"):
        await verdicts._wire.verdicts()
