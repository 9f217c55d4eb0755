"""What went wrong on the network, in a few words for people.

Only words of our own and of the libraries, numbers and the host's name: never an address with its
query, never what the server sent, never an object's representation.
"""

import errno
import os
import re
import socket
import ssl
from collections.abc import Mapping
from types import MappingProxyType

import aiohttp
from aiohttp import http_exceptions

from monitor.core.exchange import Phase

TIMED_OUT: Mapping[Phase | None, str] = MappingProxyType(
    {
        None: "timed out",
        Phase.RESOLVE: "timed out while the name was resolved",
        Phase.CONNECT: "timed out while connecting",
        Phase.TLS: "timed out in the TLS handshake",
        Phase.FIRST_BYTE: "timed out while waiting for the reply",
        Phase.TRANSFER: "timed out while reading the body",
    }
)

_ERRNO: Mapping[int, str] = MappingProxyType(
    {
        errno.ECONNREFUSED: "connection refused",
        errno.ECONNRESET: "connection reset",
        errno.ECONNABORTED: "connection aborted",
        errno.EPIPE: "connection closed while the request was sent",
        errno.EHOSTUNREACH: "no route to host",
        errno.ENETUNREACH: "network is unreachable",
        errno.ETIMEDOUT: "no answer from the host",
        errno.EMFILE: "too many open files on this machine",
        errno.ENFILE: "too many open files on this machine",
        errno.EADDRNOTAVAIL: "no local port is free",
    }
)

# X509_V_ERR_* of OpenSSL's x509_vfy.h
_VERIFY: Mapping[int, str] = MappingProxyType(
    {
        9: "certificate is not valid yet",
        10: "certificate has expired",
        18: "self-signed certificate",
        19: "self-signed certificate in the chain",
        20: "certificate of an unknown authority",
        21: "certificate of an unknown authority",
        23: "certificate has been revoked",
    }
)
_MISMATCH = frozenset({62, 64})  # host name, IP address

_NOT_TLS = frozenset(
    {
        "WRONG_VERSION_NUMBER",
        "RECORD_LAYER_FAILURE",
        "UNKNOWN_PROTOCOL",
        "HTTP_REQUEST",
        "PACKET_LENGTH_TOO_LONG",
        "BAD_RECORD_TYPE",
        "UNEXPECTED_MESSAGE",
        "UNEXPECTED_RECORD",
    }
)

_RECEIVED = re.compile(r"received \d{1,20} of \d{1,20} bytes")
_PARSER_SAYS = re.compile(r"[A-Za-z][A-Za-z ',/-]{0,78}")
"""The parser's own words are letters up to the first colon; what the server sent comes after."""


def of_name(error: BaseException) -> str:
    """Say why a name does not lead anywhere."""
    if isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
        return "the name server does not answer"
    if isinstance(error, UnicodeError):
        return "not a valid host name"
    if isinstance(error, aiohttp.NonHttpUrlClientError):
        return "not an http address"
    if isinstance(error, ValueError):
        return "not a valid address"
    return "name does not resolve"


def of_connecting(error: BaseException) -> str:
    """Say why a connection could not be made."""
    return _of_code(error) or "cannot connect"


def of_connection(error: BaseException) -> str:
    """Say why a connection does not stand any more."""
    if head_had_begun(error):
        return "the server closed the connection within the head of its reply"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the server closed the connection without a reply"
    return _of_code(error) or "connection lost"


def head_had_begun(error: BaseException) -> bool:
    """Tell whether a connection ended within the head of a reply, and not before it."""
    # aiohttp puts the unfinished head where the message belongs.
    return isinstance(error, aiohttp.ServerDisconnectedError) and not isinstance(error.message, str)


def _of_code(error: BaseException) -> str | None:
    """Put the system's error number into words."""
    code = error.errno if isinstance(error, OSError) else None
    if code is None:
        return None
    return _ERRNO.get(code) or os.strerror(code).lower()


def of_tls(error: BaseException) -> str:
    """Say why a handshake failed."""
    host = error.host if isinstance(error, aiohttp.ClientConnectorError) else ""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        error = error.certificate_error
    elif isinstance(error, aiohttp.ClientConnectorError):
        error = error.os_error
    if isinstance(error, ssl.SSLCertVerificationError):
        return _of_certificate(error, host)
    if isinstance(error, ssl.SSLEOFError | ConnectionError):
        return "connection closed in the TLS handshake"
    reason = getattr(error, "reason", None) or ""
    said = reason.replace("_", " ").lower()
    if reason in _NOT_TLS:
        return f"not TLS: {said}"
    return f"TLS failed: {said}" if said else "TLS failed"


def _of_certificate(error: ssl.SSLCertVerificationError, host: str) -> str:
    """Say what is wrong with a certificate."""
    code = error.verify_code
    if code in _MISMATCH:
        return f"certificate is not valid for '{host}'"
    return _VERIFY.get(code) or f"certificate is not trusted: {error.verify_message}"


def of_message(error: BaseException) -> str:
    """Say in which way what came is not HTTP."""
    if isinstance(error, http_exceptions.BadStatusLine):
        return "not HTTP: bad status line"
    if isinstance(error, http_exceptions.LineTooLong):
        return "a header is too long"
    if isinstance(error, http_exceptions.ContentEncodingError):
        return "the body cannot be unpacked"
    if isinstance(error, ValueError):
        return "the request cannot be sent as it is configured"
    said = _PARSER_SAYS.match(getattr(error, "message", ""))
    return f"not HTTP: {said[0].strip().lower()}" if said else "not HTTP"


def of_truncation(error: BaseException) -> str:
    """Say where a body broke off."""
    received = _RECEIVED.search(str(error))
    return "the body ends too early" + (f": {received[0]}" if received else "")


def of_redirect(_: BaseException) -> str:
    """Say that a redirect was no good. The prober's own findings say more."""
    return "a redirect that leads nowhere"
