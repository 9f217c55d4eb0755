"""WebSockets as the prober opens them: a line whose every fault is a value."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from monitor.adapters.credentials import Carried
from monitor.adapters.prober import AiohttpProber
from monitor.adapters.prober.line import SocketLine
from monitor.core.credential import bearer
from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, Fault, HungUp, NoReply, Phase, Reply
from tests.adapters.certificates import FAR, Authority
from tests.adapters.misbehaving import Misbehaving
from tests.adapters.talking import Talking

KEY = 'key/9"x+41aaZ'
PATIENCE = 60.0


@pytest_asyncio.fixture
async def prober() -> AsyncIterator[AiohttpProber]:
    async with AiohttpProber(Carried({"chat": bearer(KEY)}), parting=PATIENCE) as prober:
        yield prober


def asking(server: Talking, **more: object) -> Request:
    return Request(server.url, credential="chat", timeout=PATIENCE, **more)  # type: ignore[arg-type]


def line_of(found: SocketLine | Exchange) -> SocketLine:
    assert isinstance(found, SocketLine), found
    return found


async def heard(line: SocketLine) -> str | HungUp:
    return await asyncio.wait_for(line.receive(), PATIENCE)


async def echo(socket: web.WebSocketResponse, _: web.BaseRequest) -> None:
    async for message in socket:
        await socket.send_str(f"you said {message.data}")


async def test_a_line_carries_texts_both_ways_and_ends_with_a_good_bye(
    prober: AiohttpProber,
) -> None:
    async with Talking(echo) as server:
        line = line_of(await prober.connect(asking(server)))
        await line.send("hello")
        assert await heard(line) == "you said hello"
        latency, phases, expiry = line.measured()
        await line.close()
        assert await asyncio.wait_for(server.closed, PATIENCE) == 1000
    assert expiry is None
    assert phases.connect is not None
    assert phases.first_byte is not None
    assert phases.transfer is not None
    assert latency >= phases.transfer


async def test_the_secret_is_handed_out_but_not_shown_in_the_handshake(
    prober: AiohttpProber,
) -> None:
    async with Talking(echo) as server:
        line = line_of(await prober.connect(asking(server)))
        await line.close()
    assert line.key == KEY
    assert "authorization" not in server.headers[0]
    assert KEY not in str(server.headers)
    assert server.headers[0]["user-agent"].startswith("omilia-monitor/")


async def test_a_secret_that_comes_back_is_hidden(prober: AiohttpProber) -> None:
    async def tell(socket: web.WebSocketResponse, _: web.BaseRequest) -> None:
        await socket.send_str(f"no such key: {KEY}")
        await socket.send_bytes(KEY.encode())
        await socket.close(code=4001, message=KEY.encode())

    async with Talking(tell) as server:
        line = line_of(await prober.connect(asking(server)))
        told = [await heard(line) for _ in range(3)]
        await line.close()
    assert told == ["no such key: ***", "***", HungUp(4001, "***")]


@pytest.mark.parametrize(
    ("status", "headers"), [(403, {}), (401, {}), (503, {"Retry-After": "7"}), (200, {})]
)
async def test_a_refused_handshake_is_a_reply_that_was_read(
    prober: AiohttpProber, status: int, headers: dict[str, str]
) -> None:
    async def refuse() -> web.Response:
        return web.Response(status=status, text=f"No available licenses, {KEY}", headers=headers)

    async with Talking(answer=refuse) as server:
        reply = await prober.connect(asking(server))
    assert isinstance(reply, Reply)
    assert (reply.status, reply.body) == (status, b"No available licenses, ***")
    assert reply.headers.get("retry-after") == headers.get("Retry-After")
    assert reply.phases.first_byte is not None


async def test_a_redirect_of_a_handshake_is_not_followed(prober: AiohttpProber) -> None:
    async def elsewhere() -> web.Response:
        return web.Response(status=301, headers={"Location": "/elsewhere"})

    async with Talking(answer=elsewhere) as server:
        reply = await prober.connect(asking(server))
    assert isinstance(reply, Reply)
    assert reply.status == 301
    assert len(server.headers) == 1


@pytest.mark.parametrize(
    ("behaviour", "fault"),
    [
        ("bad-status-line", Fault.PROTOCOL),
        ("close-before-head", Fault.DISCONNECTED),
        ("reset-before-head", Fault.DISCONNECTED),
    ],
)
async def test_what_is_no_handshake_is_a_fault(
    prober: AiohttpProber, behaviour: str, fault: Fault
) -> None:
    async with Misbehaving() as server:
        url = server.url(behaviour).replace("http", "ws", 1)
        found = await prober.connect(Request(url, timeout=PATIENCE))
    assert isinstance(found, NoReply)
    assert (found.fault, found.phase) == (fault, Phase.FIRST_BYTE)


async def test_a_handshake_that_nobody_answers_takes_its_time_and_no_more(
    prober: AiohttpProber,
) -> None:
    async with Misbehaving() as server:
        url = server.url("silent").replace("http", "ws", 1)
        found = await prober.connect(Request(url, timeout=1.0))
    assert isinstance(found, NoReply)
    assert (found.fault, found.phase) == (Fault.TIMEOUT, Phase.FIRST_BYTE)


async def test_nobody_at_home_is_a_fault(prober: AiohttpProber) -> None:
    async with Talking() as server:
        url = server.url
    found = await prober.connect(Request(url, timeout=PATIENCE))
    assert isinstance(found, NoReply)
    assert (found.fault, found.phase) == (Fault.CONNECT, Phase.CONNECT)


async def test_tls_is_held_to_the_same_rules(prober: AiohttpProber, tmp_path: Path) -> None:
    authority = Authority.made_in(tmp_path)
    async with Talking(echo, tls=authority.context(not_after=FAR)) as server:
        line = line_of(await prober.connect(asking(server, ca_file=authority.file)))
        await line.send("hello")
        assert await heard(line) == "you said hello"
        _, phases, expiry = line.measured()
        await line.close()
        untrusted = await prober.connect(asking(server))
    assert phases.tls is not None
    assert expiry is not None
    assert datetime.fromtimestamp(expiry, UTC) == FAR
    assert isinstance(untrusted, NoReply)
    assert untrusted.fault is Fault.TLS


async def test_a_line_that_is_closed_says_why(prober: AiohttpProber) -> None:
    async def leave(socket: web.WebSocketResponse, _: web.BaseRequest) -> None:
        await socket.close(message=b"no session\x07 established")

    async with Talking(leave) as server:
        line = line_of(await prober.connect(asking(server)))
        assert await heard(line) == HungUp(1000, "no session established")
        await line.close()


async def test_a_line_that_is_dropped_is_a_fault_and_swallows_what_is_sent(
    prober: AiohttpProber,
) -> None:
    async def drop(_: web.WebSocketResponse, request: web.BaseRequest) -> None:
        assert request.transport is not None
        request.transport.abort()

    async with Talking(drop) as server:
        line = line_of(await prober.connect(asking(server)))
        end = await heard(line)
        assert isinstance(end, HungUp)
        assert (end.code, end.fault) == (None, Fault.DISCONNECTED)
        await line.send("is anybody there?")
        again = await heard(line)
        assert isinstance(again, HungUp)
        await line.close()


@pytest.mark.parametrize(
    ("frame", "fault"),
    [(b"\x8f\x00", Fault.PROTOCOL), (b"\x81\x7e\x10\x00" + b"x" * 4096, Fault.TOO_LARGE)],
)
async def test_a_frame_that_is_none_or_too_large_ends_the_line(
    prober: AiohttpProber, frame: bytes, fault: Fault
) -> None:
    async def send(_: web.WebSocketResponse, request: web.BaseRequest) -> None:
        assert request.transport is not None
        request.transport.write(frame)

    async with Talking(send) as server:
        line = line_of(await prober.connect(asking(server, max_body=1024)))
        end = await heard(line)
        await line.close()
    assert isinstance(end, HungUp)
    assert (end.code, end.fault) == (None, fault)


async def test_whoever_gives_up_listening_can_go_on_and_take_leave_properly(
    prober: AiohttpProber,
) -> None:
    go_on = asyncio.Event()

    async def late(socket: web.WebSocketResponse, _: web.BaseRequest) -> None:
        await go_on.wait()
        await socket.send_str("sorry")

    async with Talking(late) as server:
        line = line_of(await prober.connect(asking(server)))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.receive(), 0.05)
        go_on.set()
        assert await heard(line) == "sorry"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(line.receive(), 0.05)
        await line.close()
        assert await asyncio.wait_for(server.closed, PATIENCE) == 1000


async def test_a_server_that_never_says_good_bye_is_left_all_the_same() -> None:
    left = asyncio.Event()

    async def deaf(_: web.WebSocketResponse, request: web.BaseRequest) -> None:
        assert request.transport is not None
        request.transport.pause_reading()
        await left.wait()
        request.transport.abort()

    async with (
        Talking(deaf) as server,
        AiohttpProber(Carried({"chat": bearer(KEY)}), parting=0.1) as prober,
    ):
        line = line_of(await prober.connect(asking(server)))
        async with asyncio.timeout(PATIENCE):
            await line.close()
        left.set()


async def test_a_credential_that_nobody_defined_is_a_bug(prober: AiohttpProber) -> None:
    with pytest.raises(LookupError):
        await prober.connect(Request("ws://127.0.0.1:1/", credential="nobody"))
