"""What the prober sends, and what it makes of an answer."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import astuple
from itertools import count, islice

import pytest
import pytest_asyncio

from monitor import __version__
from monitor.adapters.credentials import Carried
from monitor.adapters.prober import AiohttpProber
from monitor.adapters.prober.trace import traceparents
from monitor.core.credential import Shown, bearer, shown
from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, NotSent, Phases, Reply
from tests.adapters.misbehaving import Misbehaving

TOKEN = 'tk/9"x+41aaZ'
BASIC = "Basic cHJvYmU6aHVudGVyMjIy"  # probe:hunter222
CREDENTIALS = {
    "pat": shown({"X-OCP-PERSONAL-ACCESS-TOKEN": TOKEN}, TOKEN),
    "chat": bearer(TOKEN),
    "basic": shown({"Authorization": BASIC}, BASIC),
}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[Misbehaving]:
    async with Misbehaving() as server:
        yield server


@pytest_asyncio.fixture
async def prober() -> AsyncIterator[AiohttpProber]:
    async with AiohttpProber(Carried(CREDENTIALS)) as prober:
        yield prober


def reply(exchange: Exchange) -> Reply:
    assert isinstance(exchange, Reply), exchange
    return exchange


@pytest.mark.parametrize(
    ("behaviour", "status", "body"),
    [
        ("ok", 200, b'{"version": "1.17.0"}'),
        ("ok-in-parts", 200, b"abcdef"),
        ("ok-chunked", 200, b"abcdef"),
        ("ok-until-close", 200, b"abcdef"),
        ("ok-gzip", 200, b"abcdef"),
        ("ok-once", 200, b"abcdef"),
        ("no-content", 204, b""),
        ("unheard-of", 799, b"?"),
        ("not-modified", 304, b""),
    ],
)
async def test_a_reply_is_read_to_its_end(
    server: Misbehaving, prober: AiohttpProber, behaviour: str, status: int, body: bytes
) -> None:
    answer = reply(await prober.fetch(Request(server.url(behaviour))))

    assert (answer.status, answer.body) == (status, body)
    assert answer.certificate_expiry is None


async def test_a_head_request_has_no_body_whatever_length_is_announced(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    answer = reply(await prober.fetch(Request(server.url("ok"), method="head")))

    assert (answer.status, answer.body) == (200, b"")
    assert server.asked[0].method == "HEAD"


async def test_header_names_are_lower_case_and_repeated_ones_joined(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    headers = reply(await prober.fetch(Request(server.url("odd-headers")))).headers

    assert headers["x-twice"] == "one, two"
    assert headers["x-latin"] == "caf\N{REPLACEMENT CHARACTER}", "what nobody can store is replaced"
    assert type(headers) is dict


async def test_a_request_says_who_asks_and_by_which_trace(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    for _ in range(2):
        await prober.fetch(Request(server.url("echo"), headers={"accept": "application/json"}))
    first, second = (asked.headers for asked in server.asked)

    assert first["user-agent"] == f"omilia-monitor/{__version__}"
    assert first["accept"] == "application/json"
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", first["traceparent"])
    assert first["traceparent"] != second["traceparent"]


async def test_configured_headers_win_over_our_own_however_they_are_spelt(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    await prober.fetch(Request(server.url("echo"), headers={"USER-AGENT": "me", "Accept": "*/*"}))

    assert server.asked[0].headers["user-agent"] == "me"


async def test_a_body_is_sent(server: Misbehaving, prober: AiohttpProber) -> None:
    request = Request(server.url("echo"), method="POST", body=b'{"a": 1}')
    answer = reply(await prober.fetch(request))

    assert answer.body.endswith(b'{"a": 1}')
    assert server.asked[0].method == "POST"


@pytest.mark.parametrize(
    ("name", "header", "value"),
    [
        ("pat", "x-ocp-personal-access-token", TOKEN),
        ("chat", "authorization", f"Bearer {TOKEN}"),
    ],
)
async def test_a_credential_is_sent_and_does_not_come_back(
    server: Misbehaving, prober: AiohttpProber, name: str, header: str, value: str
) -> None:
    answer = reply(await prober.fetch(Request(server.url("echo"), credential=name)))

    assert server.asked[0].headers[header] == value
    assert TOKEN not in repr(answer)
    assert b"***" in answer.body
    assert "***" in answer.headers["x-echo"]


async def test_a_password_behind_a_basic_authorization_does_not_come_back_either(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    request = Request(server.url("echo"), method="POST", body=b"hunter222", credential="basic")
    answer = reply(await prober.fetch(request))

    assert b"hunter222" not in answer.body
    assert b"cHJvYmU6aHVudGVyMjIy" not in answer.body


async def test_other_credentials_are_adopted_without_a_restart(server: Misbehaving) -> None:
    credentials = Carried(CREDENTIALS)
    async with AiohttpProber(credentials) as prober:
        another = shown({"X-OCP-PERSONAL-ACCESS-TOKEN": "another"}, "another")
        credentials.adopt({"pat": another})
        await prober.fetch(Request(server.url("echo"), credential="pat"))

        assert server.asked[0].headers["x-ocp-personal-access-token"] == "another"
        with pytest.raises(LookupError):
            await prober.fetch(Request(server.url("echo"), credential="chat"))


class Renewable:
    """Fits `monitor.ports.Credentials`: one token after the other, as long as there are some."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)
        self.renewals: list[str] = []

    async def show(self, name: str, within: float) -> Shown | NotSent:
        del within
        if not self.tokens:
            return NotSent(f"credential {name}", "there is none")
        return bearer(self.tokens[0])

    async def renew(self, name: str, rejected: Shown, url: str, within: float) -> Shown | None:
        del name, url, within
        self.renewals.append(rejected.secret)
        self.tokens.pop(0)
        return bearer(self.tokens[0]) if self.tokens else None


async def test_without_what_it_has_to_show_nothing_is_sent(server: Misbehaving) -> None:
    async with AiohttpProber(Renewable()) as prober:
        exchange = await prober.fetch(Request(server.url("ok"), credential="iam"))

    assert exchange == NotSent("credential iam", "there is none")
    assert server.asked == []


async def test_what_is_rejected_is_renewed_and_asked_once_more(server: Misbehaving) -> None:
    credentials = Renewable("first", "second", "third")
    async with AiohttpProber(credentials) as prober:
        answer = reply(await prober.fetch(Request(server.url("unauthorized"), credential="iam")))

    assert answer.status == 401
    assert [asked.headers["authorization"] for asked in server.asked] == [
        "Bearer first",
        "Bearer second",
    ]
    assert credentials.renewals == ["first"]


async def test_what_is_rejected_and_cannot_be_renewed_is_the_answer(server: Misbehaving) -> None:
    async with AiohttpProber(Renewable("only")) as prober:
        answer = reply(await prober.fetch(Request(server.url("unauthorized"), credential="iam")))

    assert (answer.status, len(server.asked)) == (401, 1)


async def test_a_prober_without_credentials_knows_none(server: Misbehaving) -> None:
    async with AiohttpProber() as prober:
        with pytest.raises(LookupError):
            await prober.fetch(Request(server.url("ok"), credential="pat"))


async def test_no_cookie_is_kept(server: Misbehaving, prober: AiohttpProber) -> None:
    await prober.fetch(Request(server.url("cookie", host="localhost")))
    await prober.fetch(Request(server.url("ok", host="localhost")))

    assert "cookie" not in server.asked[1].headers


async def test_phases_are_measured_and_a_pooled_connection_has_none_of_connecting(
    server: Misbehaving,
) -> None:
    ticks = count()
    async with AiohttpProber(measure=lambda: float(next(ticks))) as prober:
        fresh = reply(await prober.fetch(Request(server.url("ok", host="localhost"))))
        pooled = reply(await prober.fetch(Request(server.url("ok", host="localhost"))))

    assert fresh.phases.tls is None
    for phase in ("resolve", "connect", "first_byte", "transfer"):
        assert getattr(fresh.phases, phase) >= 1.0, phase
    assert pooled.phases == Phases(first_byte=1.0, transfer=1.0)
    spent = [seconds for seconds in astuple(fresh.phases) if seconds is not None]
    assert sum(spent) <= fresh.latency


async def test_many_probes_do_not_wait_for_each_other(
    server: Misbehaving, prober: AiohttpProber
) -> None:
    """More than the 100 connections, and the executor's threads, that are a default somewhere."""
    request = Request(server.url("silent", host="localhost"), timeout=300)
    hanging = [asyncio.create_task(prober.fetch(request)) for _ in range(150)]
    async with asyncio.timeout(60):
        while server.connections < len(hanging):
            server.arrived.clear()
            await server.arrived.wait()
    answer = reply(await prober.fetch(Request(server.url("ok"), timeout=30)))
    for task in hanging:
        task.cancel()
    await asyncio.gather(*hanging, return_exceptions=True)

    assert answer.status == 200


async def test_a_closed_prober_leaves_nothing_open(server: Misbehaving) -> None:
    prober = AiohttpProber()
    await prober.fetch(Request(server.url("ok")))
    await prober.close()
    await prober.close()


def test_no_two_traces_are_the_same_however_many_are_drawn() -> None:
    drawn = list(islice(traceparents(), 1000))
    assert len(set(drawn)) == 1000
    assert all(re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", one) for one in drawn)
