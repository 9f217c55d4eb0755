"""The border table is complete, and the traps that it guards against are still there."""

import asyncio
import inspect
import socket
import ssl
from collections.abc import Iterator

import aiohttp
import pytest
from aiohttp import client_exceptions, http_exceptions

from monitor.adapters.prober.errors import (
    BodyBrokenError,
    BodyTooLargeError,
    RedirectError,
    TrustError,
)
from monitor.adapters.prober.faults import CAUGHT, TABLE, explain, fault_of
from monitor.core.exchange import Fault, Phase
from tests.adapters.misbehaving import Misbehaving


def exceptions_of_aiohttp() -> Iterator[type[BaseException]]:
    """Yield whatever the client side of aiohttp exports and could raise."""
    found = {
        name: thing
        for module in (aiohttp, client_exceptions, http_exceptions)
        for name, thing in vars(module).items()
        if inspect.isclass(thing) and issubclass(thing, BaseException)
    }
    for name in sorted(found):
        ours = found[name].__module__.startswith("aiohttp")
        if ours and not issubclass(found[name], Warning):
            yield found[name]


BELOW = [
    OSError,
    TimeoutError,
    ConnectionResetError,
    ConnectionRefusedError,
    BrokenPipeError,
    socket.gaierror,
    socket.herror,
    ssl.SSLError,
    ssl.SSLCertVerificationError,
    ssl.SSLEOFError,
    ssl.CertificateError,
    UnicodeError,
    UnicodeEncodeError,
    ValueError,
    EOFError,
]


def test_there_are_exceptions_to_be_complete_about() -> None:
    assert len(list(exceptions_of_aiohttp())) > 35


@pytest.mark.parametrize("kind", [*exceptions_of_aiohttp(), *BELOW])
def test_every_exception_that_aiohttp_exports_is_a_fault(kind: type[BaseException]) -> None:
    error = kind.__new__(kind)

    assert isinstance(error, CAUGHT)
    assert fault_of(error) in Fault


@pytest.mark.parametrize("kind", [KeyError, TypeError, AttributeError, ZeroDivisionError])
def test_a_bug_is_not_a_fault_of_the_network(kind: type[Exception]) -> None:
    assert not isinstance(kind(), CAUGHT)
    with pytest.raises(LookupError):
        fault_of(kind())


KEY = aiohttp.client_reqrep.ConnectionKey(
    "host", 1, is_ssl=True, ssl=True, proxy=None, proxy_auth=None, proxy_headers_hash=None
)
SECRET = "very\nsecret"
MADE: dict[type[BaseException], BaseException] = {
    aiohttp.TooManyRedirects: aiohttp.TooManyRedirects(None, (), message=SECRET),  # type: ignore[arg-type]
    aiohttp.ServerFingerprintMismatch: aiohttp.ServerFingerprintMismatch(b"a", b"b", "host", 1),
    aiohttp.WebSocketError: aiohttp.WebSocketError(1, SECRET),
    http_exceptions.HttpProcessingError: http_exceptions.HttpProcessingError(message=SECRET),
}


def made(kind: type[BaseException]) -> BaseException:
    if issubclass(kind, aiohttp.ClientConnectorError):
        return kind(KEY, OSError(111, SECRET))
    return MADE.get(kind) or kind(SECRET)


FOUND = {TrustError, RedirectError, BodyTooLargeError, BodyBrokenError}  # they speak for themselves


@pytest.mark.parametrize("phase", [None, *Phase])
@pytest.mark.parametrize("kind", [kind for kind in TABLE if kind not in FOUND])
def test_whatever_was_caught_has_words_that_give_nothing_away(
    kind: type[BaseException], phase: Phase | None
) -> None:
    fault, detail = explain(made(kind), phase)

    assert fault in Fault
    assert 0 < len(detail) <= 200
    assert "\n" not in detail
    assert "secret" not in detail


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (101, "network is unreachable"),
        (104, "connection reset"),
        (110, "no answer from the host"),
        (111, "connection refused"),
        (113, "no route to host"),
        (24, "too many open files on this machine"),
        (None, "cannot connect"),
    ],
)
def test_the_systems_error_numbers_have_words(code: int | None, words: str) -> None:
    error = aiohttp.ClientConnectorError(KEY, OSError(code, "?") if code else OSError("?"))

    assert explain(error, Phase.CONNECT) == (Fault.CONNECT, words)


def test_a_name_server_that_fails_is_told_from_a_name_that_does_not_exist() -> None:
    again = aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_AGAIN, "later"))
    never = aiohttp.ClientConnectorDNSError(KEY, socket.gaierror(socket.EAI_NONAME, "unknown"))

    assert explain(again, Phase.RESOLVE) == (Fault.DNS, "the name server does not answer")
    assert explain(never, Phase.RESOLVE) == (Fault.DNS, "name does not resolve")


def test_a_tls_alert_after_the_handshake_is_a_fault_of_tls() -> None:
    """TLS 1.3 refuses a client without a certificate only after its handshake."""
    alert = ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] ...")
    alert.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    error = aiohttp.ClientOSError(*alert.args)
    error.__cause__ = alert

    fault, detail = explain(error, Phase.FIRST_BYTE)
    assert (fault, detail) == (Fault.TLS, "TLS failed: tlsv13 alert certificate required")


@pytest.mark.parametrize(
    ("message", "fault"),
    [("Not enough data to satisfy transfer length header.", Fault.TRUNCATED),
     ("zz is not a length", Fault.PROTOCOL)],
)  # fmt: skip
def test_a_missing_chunk_is_told_from_a_bad_one(message: str, fault: Fault) -> None:
    error = aiohttp.ClientPayloadError("Response payload is not completed")
    error.__cause__ = http_exceptions.TransferEncodingError(message)

    assert explain(error, Phase.TRANSFER)[0] is fault


# ---------------------------------------------------------------- pins: aiohttp as it is


def test_a_server_that_disconnects_is_not_an_os_error() -> None:
    assert not issubclass(aiohttp.ServerDisconnectedError, OSError)


async def test_a_truncated_body_looks_whole_to_a_single_read() -> None:
    async with (
        Misbehaving() as server,
        aiohttp.ClientSession() as session,
        session.get(server.url("truncated")) as response,
    ):
        assert await response.content.read(1000) == b"abc"
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.read(1000)


async def test_an_over_long_host_name_is_not_a_client_error() -> None:
    async with aiohttp.ClientSession() as session:
        with pytest.raises(UnicodeError) as caught:
            await session.get(f"http://{'a' * 70}.invalid/")

    assert not isinstance(caught.value, aiohttp.ClientError)


async def test_a_bad_chunk_leaves_a_reader_waiting_for_ever() -> None:
    """aiohttp closes the connection, and tells nobody who reads."""
    async with (
        Misbehaving() as server,
        aiohttp.ClientSession() as session,
        session.get(server.url("bad-chunk")) as response,
    ):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(response.content.readany(), 0.3)


async def test_what_is_unpacked_is_no_more_than_what_is_read() -> None:
    async with (
        Misbehaving() as server,
        aiohttp.ClientSession() as session,
        session.get(server.url("gzip-bomb")) as response,
    ):
        first = await response.content.readany()

    assert len(first) <= 2 * 2**20
