"""The middleware on real requests: asks first, and reports what happened and nothing else."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from monitor.client import CallRefused, Verdict, Why
from monitor.client.middleware import VerdictMiddleware, by_prefix
from tests.adapters.following import PATIENCE


class Opinion:
    """Fits what the middleware asks: refuses what it is told to."""

    def __init__(self, *refused: str) -> None:
        self.refused = refused

    def allows(self, endpoint: str) -> bool:
        return endpoint not in self.refused

    def verdict(self, endpoint: str) -> Verdict:
        allow = self.allows(endpoint)
        return Verdict(endpoint, allow, Why.VERDICT, "3 failures in a row", retry_after=3.14)


class Notes:
    """Fits what the middleware tells."""

    def __init__(self) -> None:
        self.noted: list[tuple[str, int | str | None]] = []

    def note(
        self,
        endpoint: str,
        *,
        status: int | None = None,
        category: str | None = None,
        latency: float | None = None,
    ) -> None:
        assert latency is not None
        assert 0 <= latency < PATIENCE
        self.noted.append((endpoint, status if status is not None else category))


class Omilia:
    """A server that behaves as its path says."""

    def __init__(self) -> None:
        self.url = ""
        self.asked = 0
        self.hold = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        match request.path.rpartition("/")[2]:
            case "moved":
                raise web.HTTPFound(f"{self.url}/chat/200")
            case "reset":
                assert request.transport is not None
                request.transport.abort()
            case "reset-once" if self.asked == 1:
                assert request.transport is not None
                request.transport.abort()
            case "hang":
                await self.hold.wait()
            case "read":
                await request.read()
            case digits if digits.isdigit():
                return web.Response(status=int(digits))
            case _:
                pass
        return web.Response()


@pytest.fixture
async def omilia() -> AsyncIterator[Omilia]:
    made = Omilia()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", made.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        made.url = "http://{}:{}".format(*runner.addresses[0][:2])
        yield made
    finally:
        made.hold.set()
        await runner.cleanup()


@asynccontextmanager
async def session_of(
    omilia: Omilia, *refused: str, **options: Any
) -> AsyncIterator[tuple[aiohttp.ClientSession, VerdictMiddleware, Notes]]:
    notes = Notes()
    obey = VerdictMiddleware(
        Opinion(*refused), {f"{omilia.url}/chat": "chat"}, reporter=notes, **options
    )
    async with aiohttp.ClientSession(middlewares=[obey]) as session:
        yield session, obey, notes


# ---------------------------------------------------------------- asking


async def test_a_refused_call_is_not_made_and_says_until_when(omilia: Omilia) -> None:
    async with session_of(omilia, "chat") as (session, obey, notes):
        with pytest.raises(aiohttp.ClientError, match=r"chat .* again in 3\.1 s: 3 fail") as caught:
            await session.get(f"{omilia.url}/chat/200")
        assert isinstance(caught.value, CallRefused)
        assert (caught.value.endpoint, caught.value.retry_after) == ("chat", 3.14)
        assert caught.value.reason == "3 failures in a row"
        assert (omilia.asked, obey.refused, notes.noted) == (0, 1, [])


async def test_who_only_watches_calls_and_counts(omilia: Omilia) -> None:
    async with session_of(omilia, "chat", mode="watch") as (session, obey, notes):
        async with session.get(f"{omilia.url}/chat/503") as response:
            assert response.status == 503
        assert (omilia.asked, obey.refused, notes.noted) == (1, 1, [("chat", 503)])


async def test_what_is_nobodys_passes_and_is_not_reported(omilia: Omilia) -> None:
    async with session_of(omilia, "chat") as (session, obey, notes):
        async with session.get(f"{omilia.url}/chats/200") as response:
            assert response.status == 200
        assert (obey.refused, notes.noted) == (0, [])


async def test_without_a_reporter_nothing_is_reported(omilia: Omilia) -> None:
    obey = VerdictMiddleware(Opinion(), lambda _: "chat")
    async with (
        aiohttp.ClientSession(middlewares=[obey]) as session,
        session.get(omilia.url) as response,
    ):
        assert response.status == 200


PREFIXES = {
    "https://us1-m.ocp.ai/": "all",
    "https://us1-m.ocp.ai/chat": "chat",
    "https://us1-m.ocp.ai/chat/v2/": "chat-two",
    "http://127.0.0.1:8080": "local",
}


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("https://us1-m.ocp.ai/", "all"),
        ("https://us1-m.ocp.ai:443/x?a=1", "all"),
        ("https://US1-m.ocp.ai/chat", "chat"),
        ("https://us1-m.ocp.ai/chat/v1", "chat"),
        ("https://us1-m.ocp.ai/chatter", "all"),
        ("https://us1-m.ocp.ai/chat/v2/x#y", "chat-two"),
        ("http://us1-m.ocp.ai/chat", None),
        ("https://us1-m.ocp.ai:8443/chat", None),
        ("https://ocp.ai/chat", None),
        ("http://127.0.0.1:8080/anything", "local"),
    ],
)
async def test_the_longest_prefix_that_fits_names_the_endpoint(
    url: str, endpoint: str | None
) -> None:
    loop = asyncio.get_running_loop()
    request = aiohttp.ClientRequest("GET", URL(url), loop=loop)
    assert by_prefix(PREFIXES)(request) == endpoint


@pytest.mark.parametrize("prefix", ["/chat", "us1-m.ocp.ai", "ws://a/", "http://a/?b=1", "http://"])
def test_a_prefix_that_can_fit_nothing_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="prefix"):
        VerdictMiddleware(Opinion(), {prefix: "chat"})


# ---------------------------------------------------------------- reporting


@pytest.mark.parametrize("status", [200, 204, 400, 401, 429, 503])
async def test_every_status_is_reported_once(omilia: Omilia, status: int) -> None:
    async with session_of(omilia) as (session, _, notes):
        async with session.post(f"{omilia.url}/chat/{status}", data=b"x"):
            pass
        assert notes.noted == [("chat", status)]


async def test_of_a_redirect_the_end_counts(omilia: Omilia) -> None:
    async with session_of(omilia) as (session, _, notes):
        async with session.get(f"{omilia.url}/chat/moved"):
            pass
        assert notes.noted == [("chat", 200)]


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_connection_that_breaks_is_reported_once(omilia: Omilia, method: str) -> None:
    async with session_of(omilia) as (session, _, notes):
        for count in (1, 2):
            with pytest.raises(aiohttp.ClientError):
                await session.request(method, f"{omilia.url}/chat/reset")
            assert notes.noted == [("chat", "unreachable")] * count


async def test_what_aiohttp_repeats_by_itself_is_one_outcome(omilia: Omilia) -> None:
    async with session_of(omilia) as (session, _, notes):
        async with session.get(f"{omilia.url}/chat/reset-once") as response:
            assert response.status == 200
        assert omilia.asked == 2, "aiohttp did it again"
        assert notes.noted == [("chat", 200)]


async def test_nobody_there_is_reported(omilia: Omilia) -> None:
    notes = Notes()
    obey = VerdictMiddleware(Opinion(), lambda _: "chat", reporter=notes)
    async with aiohttp.ClientSession(middlewares=[obey]) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("http://127.0.0.1:1/")
    assert notes.noted == [("chat", "unreachable")]


TIMEOUTS = [
    aiohttp.ClientTimeout(total=0.1),
    aiohttp.ClientTimeout(sock_read=0.1),
]


@pytest.mark.parametrize("timeout", TIMEOUTS)
@pytest.mark.parametrize("body", [None, b"x"])
async def test_no_answer_in_time_is_reported(
    omilia: Omilia, timeout: aiohttp.ClientTimeout, body: bytes | None
) -> None:
    async with session_of(omilia) as (session, _, notes):
        with pytest.raises(TimeoutError):
            await session.post(f"{omilia.url}/chat/hang", data=body, timeout=timeout)
        assert notes.noted == [("chat", "unreachable")]


async def test_a_total_timeout_while_connecting_is_reported_too() -> None:
    """It reaches a middleware as a cancellation: aiohttp's own timer tells the two apart."""
    notes = Notes()
    obey = VerdictMiddleware(Opinion(), lambda _: "chat", reporter=notes)

    async def never(request: aiohttp.ClientRequest, handler: Any) -> aiohttp.ClientResponse:
        await asyncio.Event().wait()
        raise AssertionError

    async with aiohttp.ClientSession(middlewares=[obey, never]) as session:
        with pytest.raises(TimeoutError):
            await session.get("http://127.0.0.1:1/", timeout=aiohttp.ClientTimeout(total=0.05))
    assert notes.noted == [("chat", "unreachable")]


async def test_an_answer_that_is_no_http_is_reported() -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
        await writer.drain()
        writer.close()

    notes = Notes()
    obey = VerdictMiddleware(Opinion(), lambda _: "chat", reporter=notes)
    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    async with server, aiohttp.ClientSession(middlewares=[obey]) as session:
        with pytest.raises(aiohttp.ClientError):
            await session.post(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    assert notes.noted == [("chat", "unreachable")]


async def test_a_cancellation_is_no_outcome(omilia: Omilia) -> None:
    async with session_of(omilia) as (session, _, notes):
        task = asyncio.create_task(session.get(f"{omilia.url}/chat/hang"))
        async with asyncio.timeout(PATIENCE):
            while not omilia.asked:  # noqa: ASYNC110  the server is in this loop
                await asyncio.sleep(0.005)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await session.get(f"{omilia.url}/chat/hang")
        assert notes.noted == []


class BodyError(Exception):
    """What goes wrong in the caller's own code."""


@pytest.mark.parametrize(
    "wrong",
    [
        BodyError("mine"),
        OSError(5, "Input/output error"),
        FileNotFoundError(2, "No such file"),
        ConnectionResetError(104, "reset by the peer of somebody else"),
        TimeoutError("mine too"),
        aiohttp.ClientPayloadError("of another response"),
        aiohttp.ServerDisconnectedError("of another response"),
        aiohttp.ClientOSError(104, "of another response"),
        ValueError("mine"),
    ],
    ids=lambda wrong: type(wrong).__name__,
)
async def test_a_body_of_the_callers_that_fails_says_nothing_about_omilia(
    omilia: Omilia, wrong: Exception
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"half of it"
        raise wrong

    async with session_of(omilia) as (session, _, notes):
        with pytest.raises((aiohttp.ClientError, OSError)):
            await session.post(f"{omilia.url}/chat/read", data=body())
        assert notes.noted == []


@pytest.mark.parametrize("body", [b"x" * 900_000, io.BytesIO(b"x" * 20_000_000)])
async def test_a_connection_that_breaks_under_a_long_body_is_reported(
    omilia: Omilia, body: bytes | io.BytesIO
) -> None:
    async with session_of(omilia) as (session, _, notes):
        with pytest.raises(aiohttp.ClientError):
            await session.post(f"{omilia.url}/chat/reset", data=body)
        assert notes.noted == [("chat", "unreachable")]


async def test_a_session_that_is_closed_says_nothing_about_omilia(omilia: Omilia) -> None:
    connector = aiohttp.TCPConnector()
    notes = Notes()
    obey = VerdictMiddleware(Opinion(), lambda _: "chat", reporter=notes)
    async with aiohttp.ClientSession(connector=connector, middlewares=[obey]) as session:
        await connector.close()
        with pytest.raises((aiohttp.ClientError, RuntimeError)):
            await session.get(omilia.url)
    assert notes.noted == []


async def test_what_an_inner_middleware_raises_is_not_omilias(omilia: Omilia) -> None:
    notes = Notes()
    outer = VerdictMiddleware(Opinion(), lambda _: "outer", reporter=notes)
    inner = VerdictMiddleware(Opinion("inner"), lambda _: "inner", reporter=notes)
    async with aiohttp.ClientSession(middlewares=[outer, inner]) as session:
        with pytest.raises(CallRefused):
            await session.get(omilia.url)
    assert notes.noted == []


def test_a_refusal_says_what_it_knows() -> None:
    known: Mapping[float | None, str] = {None: "now: why", 0.0: "again in 0.0 s: why"}
    for wait, words in known.items():
        assert words in str(CallRefused("chat", wait, "why"))
