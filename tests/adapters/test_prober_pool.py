"""Connections are kept, but a kept one that went stale is nobody's outage."""

from collections.abc import AsyncIterator
from itertools import count

import aiohttp
import pytest
import pytest_asyncio

from monitor.adapters.prober import AiohttpProber
from monitor.core.endpoint import Request
from monitor.core.exchange import Fault, NoReply, Reply
from tests.adapters.misbehaving import Misbehaving


@pytest_asyncio.fixture
async def prober() -> AsyncIterator[AiohttpProber]:
    async with AiohttpProber() as prober:
        yield prober


async def test_a_connection_is_used_again(prober: AiohttpProber) -> None:
    async with Misbehaving() as server:
        for _ in range(5):
            assert isinstance(await prober.fetch(Request(server.url("ok"))), Reply)

        assert server.connections == 1


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_stale_connection_is_replaced_by_a_new_one(
    prober: AiohttpProber, method: str
) -> None:
    async with Misbehaving(close_after=1) as server:
        for _ in range(2):
            answer = await prober.fetch(Request(server.url("ok"), method=method))
            assert isinstance(answer, Reply)

        assert [asked.connection for asked in server.asked] == [1, 1, 2]


async def test_the_second_try_is_the_last(prober: AiohttpProber) -> None:
    async with Misbehaving() as server:
        await prober.fetch(Request(server.url("ok")))
        exchange = await prober.fetch(Request(server.url("close-before-head")))

        assert isinstance(exchange, NoReply)
        assert exchange.fault is Fault.DISCONNECTED
        assert [asked.connection for asked in server.asked] == [1, 1, 2]


async def test_a_reply_that_had_begun_is_not_asked_for_again(prober: AiohttpProber) -> None:
    async with Misbehaving() as server:
        await prober.fetch(Request(server.url("ok")))
        exchange = await prober.fetch(Request(server.url("half-headers-close")))

        assert isinstance(exchange, NoReply)
        assert server.counts["/half-headers-close"] == 1


async def test_what_may_not_be_repeated_is_sent_on_a_connection_of_its_own(
    prober: AiohttpProber,
) -> None:
    async with Misbehaving(close_after=1) as server:
        for method in ("GET", "POST", "POST"):
            answer = await prober.fetch(Request(server.url("ok"), method=method))
            assert isinstance(answer, Reply)

        assert [asked.connection for asked in server.asked] == [1, 2, 3]


async def test_a_post_that_dies_is_not_sent_twice(prober: AiohttpProber) -> None:
    async with Misbehaving() as server:
        exchange = await prober.fetch(Request(server.url("reset-before-head"), method="POST"))

        assert isinstance(exchange, NoReply)
        assert len(server.asked) == 1


async def test_a_connection_is_opened_anew_when_it_is_too_old() -> None:
    ticks = count(step=10)
    async with (
        Misbehaving() as server,
        AiohttpProber(measure=lambda: float(next(ticks)), max_age=100.0) as prober,
    ):
        for _ in range(10):
            await prober.fetch(Request(server.url("ok")))

        assert 2 <= server.connections <= 5


async def test_aiohttp_by_itself_would_ask_twice_on_new_connections_too() -> None:
    """A pin: this is why the prober takes the decision away from it."""
    async with Misbehaving() as server, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.ServerDisconnectedError):
            await session.get(server.url("close-before-head"))

        assert [asked.connection for asked in server.asked] == [1, 2]


async def test_the_belated_end_of_one_reply_is_not_taken_for_the_next(
    prober: AiohttpProber,
) -> None:
    async with Misbehaving() as server:
        await prober.fetch(Request(server.url("body-after-no-content")))
        answer = await prober.fetch(Request(server.url("ok")))

        assert isinstance(answer, Reply)
        assert server.connections == 2
