"""Certificates: whom the prober trusts, when they expire, and what it says of bad ones."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from monitor.adapters.prober import AiohttpProber
from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, Fault, NoReply, Phase, Reply
from tests.adapters.behaviours import Says, Then, says
from tests.adapters.certificates import EXPIRED, FAR, LONG_AGO, Authority, self_signed
from tests.adapters.misbehaving import Misbehaving


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.made_in(tmp_path)


@pytest_asyncio.fixture
async def prober() -> AsyncIterator[AiohttpProber]:
    async with AiohttpProber() as prober:
        yield prober


def reply(exchange: Exchange) -> Reply:
    assert isinstance(exchange, Reply), exchange
    return exchange


async def refused(prober: AiohttpProber, tls: ssl.SSLContext, ca_file: str | None) -> NoReply:
    async with Misbehaving(tls=tls) as server:
        exchange = await prober.fetch(Request(server.url("ok"), ca_file=ca_file, timeout=30))
    assert isinstance(exchange, NoReply), exchange
    assert (exchange.fault, exchange.phase) == (Fault.TLS, Phase.TLS)
    assert not server.asked
    return exchange


async def test_a_trusted_server_is_answered_and_its_certificates_end_is_known(
    prober: AiohttpProber, authority: Authority
) -> None:
    async with Misbehaving(tls=authority.context(not_after=FAR)) as server:
        fresh, pooled = [
            reply(await prober.fetch(Request(server.url("ok"), ca_file=authority.file)))
            for _ in range(2)
        ]

    assert server.connections == 1
    assert fresh.certificate_expiry == pooled.certificate_expiry == FAR.timestamp()
    assert fresh.phases.connect is not None
    assert fresh.phases.tls is not None
    assert pooled.phases.tls is None


async def test_an_expired_certificate_is_named(prober: AiohttpProber, authority: Authority) -> None:
    tls = authority.context(not_before=LONG_AGO, not_after=EXPIRED)

    assert (await refused(prober, tls, authority.file)).detail == "certificate has expired"


async def test_a_certificate_of_the_future_is_named(
    prober: AiohttpProber, authority: Authority
) -> None:
    tls = authority.context(not_before=FAR, not_after=datetime(2038, 1, 1, tzinfo=UTC))

    assert (await refused(prober, tls, authority.file)).detail == "certificate is not valid yet"


async def test_a_certificate_of_another_host_is_named(
    prober: AiohttpProber, authority: Authority
) -> None:
    for other in ("other.test", "127.0.0.2"):
        exchange = await refused(prober, authority.context(other), authority.file)
        assert exchange.detail == "certificate is not valid for '127.0.0.1'"


async def test_an_unknown_authority_is_named(prober: AiohttpProber, authority: Authority) -> None:
    exchange = await refused(prober, authority.context(), None)

    assert exchange.detail in {  # the server sends the chain or not
        "certificate of an unknown authority",
        "self-signed certificate in the chain",
    }


async def test_a_self_signed_certificate_is_named(
    prober: AiohttpProber, authority: Authority, tmp_path: Path
) -> None:
    exchange = await refused(prober, self_signed(tmp_path), authority.file)

    assert exchange.detail == "self-signed certificate"


async def test_a_trust_of_one_endpoint_is_not_the_trust_of_another(
    prober: AiohttpProber, authority: Authority
) -> None:
    async with Misbehaving(tls=authority.context()) as server:
        reply(await prober.fetch(Request(server.url("ok"), ca_file=authority.file)))
        exchange = await prober.fetch(Request(server.url("ok")))

    assert isinstance(exchange, NoReply), "the connection that another one trusts is not reused"


@pytest.mark.parametrize(
    ("greeting", "detail"),
    [
        (says(b"220 smtp ready\r\n", then=Then.HANG), "not TLS: "),
        (says(b"HTTP/1.1 400 Bad Request\r\n\r\n", then=Then.CLOSE), "not TLS: "),
        (says(bytes(range(1, 200)), then=Then.HANG), "not TLS: "),
        (says(then=Then.CLOSE), "connection closed in the TLS handshake"),
        (says(then=Then.RESET), "connection closed in the TLS handshake"),
    ],
)
async def test_what_is_not_tls_is_said_to_be_none(
    prober: AiohttpProber, greeting: Says, detail: str
) -> None:
    async with Misbehaving(greeting=greeting) as server:
        exchange = await prober.fetch(Request(server.url("ok"), timeout=30))

    assert isinstance(exchange, NoReply)
    assert (exchange.fault, exchange.phase) == (Fault.TLS, Phase.TLS)
    assert exchange.detail.startswith(detail)


@pytest.mark.parametrize("behaviour", ["silent", "half-body"])
async def test_a_tls_connection_that_hangs_is_cut(
    prober: AiohttpProber, authority: Authority, behaviour: str
) -> None:
    """A server that hears nothing any more does not take its leave either."""
    async with Misbehaving(tls=authority.context()) as server:
        request = Request(server.url(behaviour), ca_file=authority.file, timeout=30)
        probe = asyncio.create_task(prober.fetch(request))
        await server.arrived.wait()
        left = asyncio.create_task(server.is_left())
        await server.deaf.wait()
        probe.cancel()

        assert await left


async def test_plain_http_on_a_tls_port_is_no_reply(
    prober: AiohttpProber, authority: Authority
) -> None:
    async with Misbehaving(tls=authority.context()) as server:
        url = server.url("ok").replace("https", "http")
        exchange = await prober.fetch(Request(url, timeout=30))

    assert isinstance(exchange, NoReply)
    assert exchange.fault in {Fault.DISCONNECTED, Fault.PROTOCOL}


@pytest.mark.parametrize("content", [None, "nothing to trust"])
async def test_a_ca_file_that_cannot_be_used_is_said_so(
    prober: AiohttpProber, tmp_path: Path, content: str | None
) -> None:
    path = tmp_path / "trusted.pem"
    if content is not None:
        path.write_text(content)
    exchange = await prober.fetch(Request("https://127.0.0.1:1/", ca_file=str(path)))

    assert isinstance(exchange, NoReply)
    assert exchange.fault is Fault.TLS
    assert exchange.detail.startswith("the CA file")
    assert str(tmp_path) not in exchange.detail


async def test_a_ca_file_that_was_replaced_is_read_anew_when_configuration_is(
    prober: AiohttpProber, authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "new").mkdir()
    new = Authority.made_in(tmp_path / "new")
    async with Misbehaving(tls=new.context()) as server:
        request = Request(server.url("ok"), ca_file=authority.file)
        assert isinstance(await prober.fetch(request), NoReply)
        new.ca.cert_pem.write_to_path(authority.file)
        prober.renew_trust()
        assert isinstance(await prober.fetch(request), Reply)


async def test_a_post_on_a_tls_connection_of_its_own_leaves_nothing_open(
    prober: AiohttpProber, authority: Authority
) -> None:
    async with Misbehaving(tls=authority.context()) as server:
        request = Request(server.url("echo"), method="POST", body=b"x", ca_file=authority.file)
        assert reply(await prober.fetch(request)).certificate_expiry is not None
