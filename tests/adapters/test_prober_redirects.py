"""Redirects are followed only when asked for, never for ever, and never with a secret elsewhere."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from monitor.adapters.credentials import Carried
from monitor.adapters.prober import AiohttpProber
from monitor.core.credential import shown
from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, Fault, NoReply, Reply
from tests.adapters.misbehaving import Misbehaving

PAT = {"pat": shown({"X-OCP-PERSONAL-ACCESS-TOKEN": "very-secret"}, "very-secret")}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Misbehaving]:
    async with Misbehaving() as server:
        yield server


@pytest_asyncio.fixture
async def prober() -> AsyncIterator[AiohttpProber]:
    async with AiohttpProber(Carried(PAT)) as prober:
        yield prober


def reply(exchange: Exchange) -> Reply:
    assert isinstance(exchange, Reply), exchange
    return exchange


async def test_a_redirect_is_an_answer_unless_it_is_to_be_followed(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    answer = reply(await prober.fetch(Request(server.url("chain-3"))))

    assert (answer.status, answer.body) == (301, b"gone")
    assert answer.headers["location"] == "/chain-2?x=1"


async def test_redirects_are_followed_as_often_as_allowed(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    assert reply(await prober.fetch(Request(server.url("chain-3"), redirects=3))).status == 200
    assert server.connections == 1, "the body of a redirect that came is no reason to disconnect"

    exchange = await prober.fetch(Request(server.url("chain-3"), redirects=2))
    assert isinstance(exchange, NoReply)
    assert (exchange.fault, exchange.detail) == (Fault.REDIRECTS, "more than 2 redirects")


@pytest.mark.parametrize(
    ("behaviour", "detail"),
    [
        ("loop", "a redirect loop"),
        ("ping", "a redirect loop"),
        ("nowhere", "a redirect without a location"),
        ("to-ftp", "a redirect to an address that is not http"),
        ("to-script", "a redirect to an address that is not http"),
        ("to-garbage", "a redirect to what is no address"),
        ("to-bytes", "a redirect to what is no address"),
        ("to-no-port", "a redirect to what is no address"),
        ("to-no-host", "a redirect to an address without a host"),
    ],
)
async def test_a_redirect_that_leads_nowhere_is_a_fault(
    server: Misbehaving, prober: AiohttpProber, behaviour: str, detail: str
) -> None:
    exchange = await prober.fetch(Request(server.url(behaviour), redirects=20))

    assert isinstance(exchange, NoReply)
    assert (exchange.fault, exchange.detail) == (Fault.REDIRECTS, detail)
    assert len(server.asked) <= 2


async def test_the_body_of_a_redirect_is_not_waited_for(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    request = Request(server.url("redirect-hanging-body"), redirects=1, timeout=30)

    assert reply(await prober.fetch(request)).status == 200


@pytest.mark.parametrize(
    ("behaviour", "method", "then"),
    [
        ("see-other", "POST", ("GET", b"")),
        ("see-other", "PUT", ("GET", b"")),
        ("found", "POST", ("GET", b"")),
        ("found", "PUT", ("PUT", b"data")),
        ("moved-temporarily", "POST", ("POST", b"data")),
    ],
)
async def test_the_method_after_a_redirect_is_as_http_says(
    server: Misbehaving, prober: AiohttpProber, behaviour: str, method: str, then: tuple[str, bytes]
) -> None:
    request = Request(server.url(behaviour), method=method, body=b"data", redirects=1)
    await prober.fetch(request)
    last = server.asked[-1]

    assert (last.method, last.body) == then
    assert ("content-type" in last.headers) is bool(last.body)


async def test_a_credential_goes_along_on_the_same_origin_and_stays_behind_elsewhere(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    headers = {"authorization": "Basic abc", "x-plain": "1"}
    async with Misbehaving() as stranger:
        server.elsewhere = stranger.url("echo")
        request = Request(server.url("elsewhere"), redirects=1, credential="pat", headers=headers)
        reply(await prober.fetch(request))
        strange = stranger.asked[0].headers
    request = Request(server.url("found"), redirects=1, credential="pat", headers=headers)
    reply(await prober.fetch(request))
    own = server.asked[-1].headers

    assert "x-ocp-personal-access-token" not in strange
    assert "authorization" not in strange
    assert strange["x-plain"] == "1"
    assert own["x-ocp-personal-access-token"] == "very-secret"
    assert own["authorization"] == "Basic abc"


async def test_a_name_and_password_in_a_location_are_not_used(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    server.elsewhere = server.url("echo").replace("//", "//user:pass@")
    reply(await prober.fetch(Request(server.url("elsewhere"), redirects=1)))

    assert "authorization" not in server.asked[-1].headers


async def test_the_time_limit_holds_for_the_whole_chain(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    server.elsewhere = "/silent"
    exchange = await prober.fetch(Request(server.url("elsewhere"), redirects=1, timeout=0.3))

    assert isinstance(exchange, NoReply)
    assert exchange.fault is Fault.TIMEOUT
