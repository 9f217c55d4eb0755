"""Whatever the network does, the prober returns a value that says so."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.adapters.prober import AiohttpProber
from monitor.adapters.prober.errors import BodyBrokenError
from monitor.adapters.prober.received import Received
from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, Fault, NoReply, Phase, Reply
from tests.adapters.behaviours import Then, says
from tests.adapters.misbehaving import Misbehaving, closed_port, turns

SHORT = 0.4
"""Seconds: for what hangs for ever, however slow the machine."""
LONG = 30.0
"""Seconds: for what must be noticed, not timed out."""


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Misbehaving]:
    async with Misbehaving() as server:
        yield server


@pytest_asyncio.fixture
async def prober() -> AsyncIterator[AiohttpProber]:
    async with AiohttpProber() as prober:
        yield prober


def no_reply(exchange: Exchange) -> NoReply:
    assert isinstance(exchange, NoReply), exchange
    assert len(exchange.detail) <= 200
    assert exchange.detail.isprintable()
    return exchange


def reply(exchange: Exchange) -> Reply:
    assert isinstance(exchange, Reply), exchange
    return exchange


@pytest.mark.parametrize(
    ("behaviour", "phase"),
    [
        ("silent", Phase.FIRST_BYTE),
        ("half-status-line", Phase.FIRST_BYTE),
        ("half-headers", Phase.FIRST_BYTE),
        ("only-head", Phase.TRANSFER),
        ("half-body", Phase.TRANSFER),
        ("half-chunks", Phase.TRANSFER),
    ],
)
async def test_a_server_that_hangs_is_timed_out_in_the_phase_in_which_it_hangs(
    server: Misbehaving, prober: AiohttpProber, behaviour: str, phase: Phase
) -> None:
    await prober.fetch(Request(server.url("ok")))  # what is slow only once is out of the way
    exchange = no_reply(await prober.fetch(Request(server.url(behaviour), timeout=SHORT)))

    assert exchange.fault is Fault.TIMEOUT
    assert exchange.phase is phase
    assert exchange.detail.startswith("timed out while")
    assert exchange.latency >= SHORT * 0.9
    spent = getattr(exchange.phases, phase)
    assert spent is not None
    assert spent > 0
    later = list(Phase)[list(Phase).index(phase) + 1 :]
    assert all(getattr(exchange.phases, name) is None for name in later)


async def test_a_handshake_that_is_never_answered_is_timed_out_in_its_phase() -> None:
    async with Misbehaving(greeting=says(then=Then.HANG)) as silent, AiohttpProber() as prober:
        exchange = no_reply(await prober.fetch(Request(silent.url("ok"), timeout=SHORT)))

    assert (exchange.fault, exchange.phase) == (Fault.TIMEOUT, Phase.TLS)
    assert exchange.detail == "timed out in the TLS handshake"
    assert exchange.phases.connect is not None


class SilentNameServer(AbstractResolver):
    async def resolve(self, *_: object, **__: object) -> list[ResolveResult]:
        await asyncio.Event().wait()
        raise AssertionError

    async def close(self) -> None:
        pass


async def test_a_name_server_that_does_not_answer_is_timed_out_while_resolving() -> None:
    async with AiohttpProber(resolver=SilentNameServer()) as prober:
        exchanges = await asyncio.gather(
            *(prober.fetch(Request("http://omilia.test/", timeout=SHORT)) for _ in range(2))
        )

    for exchange in map(no_reply, exchanges):  # the second waits for the first one's look-up
        assert (exchange.fault, exchange.phase) == (Fault.TIMEOUT, Phase.RESOLVE)
        assert exchange.phases.connect is None


@pytest.mark.parametrize(
    ("behaviour", "fault", "detail"),
    [
        (
            "close-before-head",
            Fault.DISCONNECTED,
            "the server closed the connection without a reply",
        ),
        ("reset-before-head", Fault.DISCONNECTED, "connection reset"),
        ("half-status-line-close", Fault.DISCONNECTED, "within the head of its reply"),
        ("half-headers-close", Fault.DISCONNECTED, "within the head of its reply"),
        ("half-headers-reset", Fault.DISCONNECTED, "connection reset"),
        ("truncated", Fault.TRUNCATED, "the body ends too early: received 3 of 10 bytes"),
        ("truncated-at-once", Fault.TRUNCATED, "received 3 of 10 bytes"),
        ("truncated-by-reset", Fault.TRUNCATED, "the body ends too early"),
        ("truncated-chunks", Fault.TRUNCATED, "the body ends too early"),
        ("truncated-chunk", Fault.TRUNCATED, "the body ends too early"),
        ("longer-than-announced", Fault.PROTOCOL, "bad status line"),
        ("huge-header", Fault.TOO_LARGE, "a header is too long"),
        ("many-headers", Fault.TOO_LARGE, "too many headers"),
        ("gzip-bomb", Fault.TOO_LARGE, "larger than 1048576 bytes"),
        ("endless", Fault.TOO_LARGE, "larger than 1048576 bytes"),
        ("bad-status-line", Fault.PROTOCOL, "not HTTP: bad status line"),
        ("bad-status", Fault.PROTOCOL, "not HTTP: bad status line"),
        ("bad-header", Fault.PROTOCOL, "not HTTP: invalid header token"),
        ("header-without-name", Fault.PROTOCOL, "not HTTP: invalid header token"),
        ("null-in-header", Fault.PROTOCOL, "not HTTP: invalid http header"),
        ("two-lengths", Fault.PROTOCOL, "not HTTP: duplicate content-length"),
        ("negative-length", Fault.PROTOCOL, "not HTTP: invalid character in content-length"),
        ("bad-chunk-at-once", Fault.PROTOCOL, "not HTTP: invalid character in chunk size"),
        ("bad-chunk", Fault.PROTOCOL, "the body is malformed"),
        ("bad-second-chunk", Fault.PROTOCOL, "the body is malformed"),
        ("bad-gzip", Fault.PROTOCOL, "the body cannot be unpacked"),
    ],
)
async def test_every_fault_of_a_server_has_a_kind_and_a_sentence(
    server: Misbehaving, prober: AiohttpProber, behaviour: str, fault: Fault, detail: str
) -> None:
    exchange = no_reply(await prober.fetch(Request(server.url(behaviour), timeout=LONG)))

    assert exchange.fault is fault
    assert detail in exchange.detail
    assert exchange.phase in {Phase.FIRST_BYTE, Phase.TRANSFER}
    assert server.counts == {f"/{behaviour}": 1}, "a new connection that dies is not tried again"


async def test_a_port_on_which_nobody_listens_refuses(prober: AiohttpProber) -> None:
    url = f"http://127.0.0.1:{closed_port()}/"
    exchange = no_reply(await prober.fetch(Request(url, timeout=LONG)))

    assert (exchange.fault, exchange.phase) == (Fault.CONNECT, Phase.CONNECT)
    assert exchange.detail == "connection refused"
    assert exchange.phases.connect is not None
    assert exchange.phases.resolve is None, "a numeric address is not resolved"


async def test_a_server_that_resets_whoever_connects_is_disconnected(
    prober: AiohttpProber,
) -> None:
    async with Misbehaving(greeting=says(then=Then.RESET)) as server:
        url = f"http://127.0.0.1:{server.port}/"
        exchange = no_reply(await prober.fetch(Request(url, timeout=LONG)))

    assert exchange.fault is Fault.DISCONNECTED
    assert server.connections == 1


@pytest.mark.parametrize(
    ("url", "detail"),
    [
        ("http://does-not-exist.invalid/", "name does not resolve"),
        (f"http://{'a' * 70}.invalid/", "not a valid host name"),
        ("http://a..b/", "not a valid host name"),
        ("http://[::1", "not a valid address"),
        ("http://127.0.0.1:99999/", "not a valid address"),
        ("http://", "not a valid address"),
        ("http:///path", "not a valid address"),
        ("nonsense", "not a valid address"),
        ("", "not a valid address"),
        ("ftp://127.0.0.1/", "not an http address"),
        ("http://127.1/", "not a valid address"),
    ],
)
async def test_what_is_no_address_is_a_fault_of_the_name(
    prober: AiohttpProber, url: str, detail: str
) -> None:
    exchange = await prober.fetch(Request(url, timeout=LONG))

    assert no_reply(exchange).fault is Fault.DNS
    if "does-not-exist" in url:  # without a name server the system says so instead
        assert no_reply(exchange).detail in {detail, "the name server does not answer"}
    else:
        assert no_reply(exchange).detail == detail


@pytest.mark.parametrize(
    "request_",
    [Request("", headers={"x": "a\r\nb: c"}), Request("", method="GET IT"), Request("", body=b"")],
)
async def test_a_request_that_cannot_be_sent_is_a_value_too(
    server: Misbehaving, prober: AiohttpProber, request_: Request
) -> None:
    request = Request(
        server.url("ok"), method=request_.method, headers=request_.headers, body=request_.body
    )
    exchange = await prober.fetch(request)

    if request.body is not None:
        assert reply(exchange).status == 200
    else:
        assert no_reply(exchange).fault is Fault.PROTOCOL
        assert no_reply(exchange).detail == "the request cannot be sent as it is configured"


@pytest.mark.parametrize(
    ("behaviour", "status", "body"),
    [
        ("throttled-hanging", 429, b"slow down"),
        ("throttled-bodiless", 429, b""),
        ("error-truncated", 503, b"sorry"),
        ("error-reset", 503, b"sorry"),
        ("error-bad-chunk", 502, b"sorry"),
        ("error-bad-gzip", 403, b""),
    ],
)
async def test_an_error_status_is_the_answer_whatever_becomes_of_its_body(
    server: Misbehaving, prober: AiohttpProber, behaviour: str, status: int, body: bytes
) -> None:
    hangs = behaviour.startswith("throttled")
    request = Request(server.url(behaviour), timeout=SHORT * 3 if hangs else LONG)
    answer = reply(await prober.fetch(request))

    assert (answer.status, answer.body) == (status, body)
    if status in {429, 503}:
        assert answer.headers["retry-after"] == "7"


async def test_an_errors_body_is_cut_where_it_exceeds_the_limit(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    request = Request(server.url("error-bomb"), timeout=LONG, max_body=1000)
    answer = reply(await prober.fetch(request))

    assert (answer.status, len(answer.body)) == (500, 1000)


async def test_a_body_of_exactly_the_limit_is_read(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    url = server.url("ok-in-parts")

    assert reply(await prober.fetch(Request(url, max_body=6))).body == b"abcdef"
    exchange = no_reply(await prober.fetch(Request(url, max_body=5)))
    assert (exchange.fault, exchange.detail) == (Fault.TOO_LARGE, "the body is larger than 5 bytes")


async def test_a_bomb_is_not_unpacked_further_than_the_limit(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    request = Request(server.url("gzip-bomb"), timeout=LONG, max_body=10_000)

    assert no_reply(await prober.fetch(request)).fault is Fault.TOO_LARGE


async def test_cancellation_is_neither_a_reply_nor_a_fault(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    task = asyncio.create_task(prober.fetch(Request(server.url("half-body"), timeout=LONG)))
    await server.arrived.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_after_any_fault_the_next_probe_is_served_as_if_nothing_had_been(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    for behaviour in (
        "truncated",
        "longer-than-announced",
        "body-after-no-content",
        "bad-chunk",
        "endless",
        "throttled-hanging",
        "ok-once",
    ):
        await prober.fetch(Request(server.url(behaviour), timeout=1.0))
        assert reply(await prober.fetch(Request(server.url("ok"), timeout=LONG))).status == 200


async def test_a_body_that_broke_before_it_was_looked_at_is_noticed_too() -> None:
    async with (
        Misbehaving() as server,
        aiohttp.ClientSession() as session,
        session.get(server.url("bad-chunk")) as response,
    ):
        await turns()
        await turns()
        with pytest.raises(BodyBrokenError):
            await Received(1000).take(response)
