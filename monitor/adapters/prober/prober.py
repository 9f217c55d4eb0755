"""Makes one request and says what came of it: fits `monitor.ports.Prober`."""

import asyncio
import ssl
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from monitor import __version__
from monitor.adapters.prober.connector import MAX_AGE, WatchedConnector, trust
from monitor.adapters.prober.errors import NotRepeatedError, RedirectError
from monitor.adapters.prober.faults import CAUGHT, explain
from monitor.adapters.prober.handshake import refusals, upgrade
from monitor.adapters.prober.line import PARTING, SocketLine
from monitor.adapters.prober.received import ERROR, Received
from monitor.adapters.prober.redirects import Hop, follow, redirects
from monitor.adapters.prober.resolver import ThreadPerNameResolver
from monitor.adapters.prober.trace import traceparents
from monitor.adapters.prober.watch import WATCH, Watch
from monitor.adapters.prober.words import head_had_begun
from monitor.core.credential import NOTHING, Shown
from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange, NoReply, NotSent, Phase, Reply
from monitor.ports import Credentials

_REPEATABLE = frozenset({"GET", "HEAD"})
"""Methods that may use a pooled connection, because they may be sent again when it was stale."""
_NEVER = aiohttp.ClientTimeout(total=None, connect=None, sock_read=None, sock_connect=None)
"""aiohttp's own time limits are off: there is one, around everything."""
_UNAUTHORIZED = 401


class AiohttpProber:
    """Fetches over pooled connections. Make one per event loop, and close it.

    `credentials` has what requests show; without it only requests that show nothing can be made.
    `measure` returns seconds that only grow. `max_age` is how many of them a connection is used,
    `parting` how many a WebSocket may take to be closed.
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        measure: Callable[[], float] = time.perf_counter,
        user_agent: str = f"omilia-monitor/{__version__}",
        max_age: float = MAX_AGE,
        resolver: AbstractResolver | None = None,
        parting: float = PARTING,
    ) -> None:
        self._measure = measure
        self._user_agent = user_agent
        self._traces = traceparents()
        self._max_age = max_age
        self._parting = parting
        self._resolver = resolver or ThreadPerNameResolver()
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._trust: dict[str | None, ssl.SSLContext] = {}
        self._credentials = credentials

    def renew_trust(self) -> None:
        """Read the trusted certificates anew. Requests in flight end as they began."""
        self._trust.clear()

    async def fetch(self, request: Request) -> Exchange:
        """Make one request, following redirects as far as the request allows.

        Every fault of the network is returned as `NoReply`. A credential may take as long as the
        request itself to be had, before the request's own time begins; what then rejects it is
        asked once more when there is a newer one. Raises CancelledError, and LookupError for a
        credential that nobody defined.
        """
        shown = await self._to_show(request)
        if isinstance(shown, NotSent):
            return shown
        exchange = await self._fetch(request, shown)
        name, credentials = request.credential, self._credentials
        rejected = isinstance(exchange, Reply) and exchange.status == _UNAUTHORIZED
        if rejected and name is not None and credentials is not None:
            newer = await credentials.renew(name, shown, request.url, request.timeout)
            if newer is not None:
                return await self._fetch(request, newer)
        return exchange

    async def _to_show(self, request: Request) -> Shown | NotSent:
        """Have what a request shows. Raises LookupError."""
        if request.credential is None:
            return NOTHING
        if self._credentials is None:
            raise LookupError(request.credential)
        return await self._credentials.show(request.credential, request.timeout)

    async def _fetch(self, request: Request, shown: Shown) -> Reply | NoReply:
        """Make one request that shows this."""
        watch = Watch(self._measure)
        received = Received(request.max_body)
        token = WATCH.set(watch)
        try:
            async with asyncio.timeout(request.timeout):
                await self._chain(request, shown, watch, received)
        except CAUGHT as error:
            if received.status < ERROR:
                return _no_reply(error, watch, shown)
        finally:
            WATCH.reset(token)
        return received.reply(watch.stop(), watch, shown.redaction)

    async def connect(self, request: Request) -> SocketLine | Exchange:
        """Open a WebSocket, without the credential's headers: its protocol carries the secret.

        A handshake that is refused is a `Reply`, every fault a `NoReply`. Raises like `fetch`.
        """
        shown = await self._to_show(request)
        if isinstance(shown, NotSent):
            return shown
        watch = Watch(self._measure)
        received = Received(request.max_body)
        token = WATCH.set(watch)
        try:
            async with asyncio.timeout(request.timeout):
                hop = self._first(request, NOTHING)
                trusted = self._trusted(request.ca_file) if hop.url.scheme == "wss" else True
                session = self._sessions.get(False) or self._open(pooled=False)
                socket = await upgrade(
                    session, hop, watch, received, trusted=trusted, parting=self._parting
                )
                if socket is not None:
                    watch.enter(Phase.TRANSFER)
                    return SocketLine(socket, watch, shown, self._parting)
        except CAUGHT as error:
            if received.status < ERROR:
                return _no_reply(error, watch, shown)
        finally:
            WATCH.reset(token)
        return received.reply(watch.stop(), watch, shown.redaction)

    async def _chain(
        self, request: Request, shown: Shown, watch: Watch, received: Received
    ) -> None:
        """Ask, and ask again where redirects lead, until there is something to receive."""
        hop = self._first(request, shown)
        followed = 0
        while True:
            response = await self._answer(hop, request.ca_file, watch)
            try:
                if request.redirects and redirects(response.status):
                    if followed == request.redirects:
                        raise RedirectError(f"more than {followed} redirects")
                    location = response.headers.get("location")
                    hop = follow(hop, response.status, location, shown.names)
                    followed += 1
                    response.release()
                    continue
                watch.enter(Phase.TRANSFER)
                await received.take(response)
                return
            finally:
                if not response.closed:
                    watch.abort()
                    response.close()

    def _first(self, request: Request, shown: Shown) -> Hop:
        """Compose the request as it is configured. Raises InvalidURL for what is no address."""
        try:
            url = URL(request.url)
        except ValueError as error:
            raise aiohttp.InvalidURL("") from error
        headers = CIMultiDict({"User-Agent": self._user_agent, "traceparent": next(self._traces)})
        headers.update(request.headers)
        headers.update(shown.headers)
        return Hop(request.method.upper(), url, headers, request.body)

    async def _answer(self, hop: Hop, ca_file: str | None, watch: Watch) -> aiohttp.ClientResponse:
        """Send one request, and wait for the head of its response.

        A server may close an idle connection at the very moment in which we use it, and the reply
        before may have a belated end that nobody announced. Neither says anything about this
        request, so it is sent once more, on a new connection.
        """
        pooled = hop.method in _REPEATABLE
        if pooled:
            try:
                return await self._ask(hop, ca_file, watch, pooled=True)
            except (NotRepeatedError, aiohttp.ClientResponseError) as error:
                begun = isinstance(error, NotRepeatedError) and not error.silent
                if begun or not watch.reused:
                    raise
        return await self._ask(hop, ca_file, watch, pooled=False)

    async def _ask(
        self, hop: Hop, ca_file: str | None, watch: Watch, *, pooled: bool
    ) -> aiohttp.ClientResponse:
        """Hand one request to aiohttp."""
        session = self._sessions.get(pooled) or self._open(pooled=pooled)
        watch.cut = None
        try:
            return await session.request(
                hop.method,
                hop.url,
                headers=hop.headers,
                data=hop.body,
                allow_redirects=False,
                ssl=self._trusted(ca_file) if hop.url.scheme == "https" else True,
            )
        except BaseException:
            watch.abort()
            raise

    def _trusted(self, ca_file: str | None) -> ssl.SSLContext:
        """Return the TLS context of a CA file. Connections are pooled per context."""
        context = self._trust.get(ca_file)
        if context is None:
            context = self._trust[ca_file] = trust(ca_file)
        return context

    def _open(self, *, pooled: bool) -> aiohttp.ClientSession:
        """Open a session on the running loop."""
        connector = WatchedConnector(
            measure=self._measure,
            resolver=self._resolver,
            pooled=pooled,
            max_age=self._max_age,
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=_NEVER,
            middlewares=(_once, refusals),
        )
        self._sessions[pooled] = session
        return session

    async def close(self) -> None:
        """Close all connections."""
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()
        await self._resolver.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from repeating a request that died; see NotRepeatedError."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise NotRepeatedError(silent=not head_had_begun(error)) from error


def _no_reply(error: BaseException, watch: Watch, shown: Shown) -> NoReply:
    """Say what went wrong, and in which phase."""
    latency = watch.stop()
    fault, detail = explain(error, watch.phase)
    return NoReply(fault, shown.redaction.text(detail), watch.phase, latency, watch.phases())
