"""Connections: opened with a stopwatch in hand, kept for reuse, and not kept for ever."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import lru_cache
from ipaddress import ip_address
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from aiohttp import AddrInfoType, ClientRequest, ClientTimeout, TCPConnector
from aiohttp.abc import AbstractResolver
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

from monitor.adapters.prober.errors import TrustError
from monitor.adapters.prober.watch import WATCH
from monitor.core.exchange import Phase

KEEPALIVE = 75.0
"""Seconds that an idle connection is kept: longer than the usual cadence of 60 s with some
lateness, so that a probe reuses what the one before it opened."""

MAX_AGE = 300.0
"""Seconds after which a connection is opened anew. Name, route and certificate are only seen when
connecting; a connection that is kept for days would hide that nobody new could get in."""


class StampedContext(ssl.SSLContext):
    """A TLS context that notes when a handshake begins.

    asyncio asks for the TLS object right after the TCP connection stands, in the context of the
    task that connects.
    """

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """Begin a handshake."""
        WATCH.get().enter(Phase.TLS)
        return super().wrap_bio(*args, **kwargs)


def trust(ca_file: str | None) -> ssl.SSLContext:
    """Trust the certificates in a file (PEM), or the system's when there is none.

    Raises TrustError when the file cannot be used.
    """
    context = StampedContext(ssl.PROTOCOL_TLS_CLIENT)  # checks the chain and the host name
    context.set_alpn_protocols(["http/1.1"])
    if ca_file is None:
        context.load_default_certs()
        return context
    try:
        context.load_verify_locations(ca_file)
    except ssl.SSLError as error:
        raise TrustError("the CA file holds no certificates") from error
    except OSError as error:
        raise TrustError(f"the CA file cannot be read: {error.strerror}") from error
    return context


class _Opened(NamedTuple):
    """What is remembered of a connection: when it was opened, when its certificate expires."""

    at: float
    expiry: float | None


class WatchedConnector(TCPConnector):
    """A pool that tells the request's `Watch` what it did, and closes what is too old.

    `pooled=False` opens a connection per request. There is no limit on connections: a limit would
    make probes wait for each other, and the wait would look like Omilia's.
    """

    def __init__(
        self,
        *,
        measure: Callable[[], float],
        resolver: AbstractResolver,
        pooled: bool = True,
        max_age: float = MAX_AGE,
    ) -> None:
        keeping: dict[str, Any] = {"keepalive_timeout": KEEPALIVE} if pooled else {}
        super().__init__(
            limit=0,
            resolver=resolver,
            socket_factory=_open_socket,
            force_close=not pooled,
            **keeping,
        )
        self._measure = measure
        self._max_age = max_age
        self._known = WeakKeyDictionary[asyncio.BaseProtocol, _Opened]()

    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout
    ) -> Connection:
        """Take a connection from the pool, or open one."""
        watch = WATCH.get()
        first = Phase.CONNECT if is_address(req.host) else Phase.RESOLVE
        while True:
            watch.enter(first)
            connection = await super().connect(req, traces, timeout)
            protocol, transport = connection.protocol, connection.transport
            assert protocol is not None  # noqa: S101  a connection just acquired has both
            assert transport is not None  # noqa: S101
            watch.cut = transport.abort
            known = self._known.get(protocol)
            if known is None:
                watch.expiry = certificate_expiry(transport)
                watch.reused = False
                watch.enter(Phase.FIRST_BYTE)
                self._known[protocol] = _Opened(self._measure(), watch.expiry)
                return connection
            watch.drop()  # nothing was resolved
            if self._measure() - known.at > self._max_age:
                connection.close()
                continue
            watch.expiry = known.expiry
            watch.reused = True
            watch.enter(Phase.FIRST_BYTE)
            return connection


@lru_cache(maxsize=1024)
def is_address(host: str) -> bool:
    """Tell a numeric address from a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _open_socket(address: AddrInfoType) -> socket.socket:
    """Open a socket for one address: the name is resolved, connecting begins."""
    watch = WATCH.get()
    if watch.phase is not Phase.CONNECT:  # a host may have several addresses
        watch.enter(Phase.CONNECT)
    family, kind, protocol, _, _ = address
    return socket.socket(family, kind, protocol)


def certificate_expiry(transport: asyncio.Transport) -> float | None:
    """Return when the certificate of a TLS connection expires, Unix seconds; None without TLS."""
    tls = transport.get_extra_info("ssl_object")
    if tls is None:
        return None
    return float(ssl.cert_time_to_seconds(tls.getpeercert()["notAfter"]))
