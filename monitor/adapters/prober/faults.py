"""The border table: every exception that the network can cause, and the fault that it is."""

import socket
import ssl
from collections.abc import Callable, Mapping
from types import MappingProxyType

import aiohttp
from aiohttp import http_exceptions

from monitor.adapters.prober import words
from monitor.adapters.prober.errors import (
    BodyBrokenError,
    BodyTooLargeError,
    FindingError,
    RedirectError,
    TrustError,
)
from monitor.core.exchange import Fault, Phase

LONGEST = 200
"""Characters of detail."""

TABLE: Mapping[type[BaseException], Fault] = MappingProxyType(
    {
        # our own findings
        TrustError: Fault.TLS,
        RedirectError: Fault.REDIRECTS,
        BodyTooLargeError: Fault.TOO_LARGE,
        BodyBrokenError: Fault.PROTOCOL,
        # a connection that was not made
        aiohttp.ClientConnectorDNSError: Fault.DNS,
        aiohttp.ClientSSLError: Fault.TLS,
        aiohttp.ServerFingerprintMismatch: Fault.TLS,
        aiohttp.ClientConnectorError: Fault.CONNECT,
        # a connection that was
        aiohttp.ServerTimeoutError: Fault.TIMEOUT,
        aiohttp.ClientConnectionError: Fault.DISCONNECTED,
        aiohttp.UploadAbortedError: Fault.DISCONNECTED,
        aiohttp.EofStream: Fault.DISCONNECTED,
        # what came is not HTTP, or not all of it
        http_exceptions.LineTooLong: Fault.TOO_LARGE,
        http_exceptions.ContentLengthError: Fault.TRUNCATED,
        http_exceptions.TransferEncodingError: Fault.TRUNCATED,
        http_exceptions.HttpProcessingError: Fault.PROTOCOL,
        aiohttp.ClientPayloadError: Fault.TRUNCATED,
        aiohttp.WSMessageTypeError: Fault.PROTOCOL,
        aiohttp.WebSocketError: Fault.PROTOCOL,
        # what was asked for is not an address
        aiohttp.InvalidUrlRedirectClientError: Fault.REDIRECTS,
        aiohttp.NonHttpUrlRedirectClientError: Fault.REDIRECTS,
        aiohttp.RedirectClientError: Fault.REDIRECTS,
        aiohttp.TooManyRedirects: Fault.REDIRECTS,
        aiohttp.InvalidURL: Fault.DNS,
        aiohttp.NonHttpUrlClientError: Fault.DNS,
        aiohttp.ClientError: Fault.PROTOCOL,
        # what lies below aiohttp
        socket.gaierror: Fault.DNS,
        socket.herror: Fault.DNS,
        ssl.SSLError: Fault.TLS,
        TimeoutError: Fault.TIMEOUT,
        UnicodeError: Fault.DNS,
        OSError: Fault.CONNECT,
        EOFError: Fault.DISCONNECTED,
        ValueError: Fault.PROTOCOL,
    }
)
"""The nearest class in the exception's own ancestry counts."""

CAUGHT: tuple[type[BaseException], ...] = tuple(TABLE)


def fault_of(error: BaseException) -> Fault:
    """Look an exception up. Raises LookupError for one that the table does not know."""
    for kind in type(error).__mro__:
        if kind in TABLE:
            return TABLE[kind]
    raise LookupError(type(error).__name__)


def explain(error: BaseException, phase: Phase | None) -> tuple[Fault, str]:
    """Return the fault that an exception is, and one short line about it for people."""
    root = _root(error)
    fault = fault_of(root)
    if fault is Fault.CONNECT and phase is Phase.TLS:
        fault = Fault.TLS  # the TCP connection stood; the handshake on it did not
    elif _too_many_headers(root):
        fault = Fault.TOO_LARGE
    elif fault is Fault.TRUNCATED and _malformed(root):
        fault = Fault.PROTOCOL
    line = " ".join(_words(root, fault, phase).split())
    return fault, line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


_WORDS: Mapping[Fault, Callable[[BaseException], str]] = MappingProxyType(
    {
        Fault.DNS: words.of_name,
        Fault.CONNECT: words.of_connecting,
        Fault.TLS: words.of_tls,
        Fault.DISCONNECTED: words.of_connection,
        Fault.PROTOCOL: words.of_message,
        Fault.TRUNCATED: words.of_truncation,
        Fault.TOO_LARGE: words.of_message,
        Fault.REDIRECTS: words.of_redirect,
    }
)


def _words(error: BaseException, fault: Fault, phase: Phase | None) -> str:
    """Find the words for a fault."""
    if isinstance(error, FindingError):
        return str(error)
    if fault is Fault.TIMEOUT:
        return words.TIMED_OUT[phase]
    return _WORDS[fault](error)


_TELLING = (http_exceptions.HttpProcessingError, ssl.SSLError, aiohttp.ClientConnectionError)
"""Causes that say more than what wraps them."""


def _root(error: BaseException) -> BaseException:
    """Find the cause that says most: what the parser or the TLS layer raised, below wrappers."""
    if isinstance(error, FindingError):
        return error
    cause: BaseException | None = error
    best = error
    while cause is not None and not isinstance(best, aiohttp.ClientConnectorError):
        if isinstance(cause, _TELLING):
            best = cause
        cause = cause.__cause__
    return best


def _too_many_headers(error: BaseException) -> bool:
    """Tell whether the parser gave up on the number of headers; it has no class for that."""
    return getattr(error, "message", "") == "Too many headers received"


def _malformed(error: BaseException) -> bool:
    """Tell a bad chunk from a missing one; aiohttp's parser in Python has one class for both."""
    message = getattr(error, "message", "")
    chunks = isinstance(error, http_exceptions.TransferEncodingError)
    return chunks and not message.startswith("Not enough data")
