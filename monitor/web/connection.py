"""One connection: limits against slow and greedy clients, and tidy answers to broken ones."""

import asyncio
from collections.abc import Callable, Mapping
from types import MappingProxyType

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from monitor.web.problems import Problem

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Server": "omilia-monitor",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    }
)
"""On every answer. Without ours, aiohttp's `Server` tells its version and Python's."""
CONNECTIONS = 1000
"""Connections at a time; one more is closed at once."""
IDLE = 75.0
"""Seconds without a complete request until a connection is closed; proxies reuse for 60."""
LINGER = 2.0
"""Seconds for which an unwanted request body is read before the connection is closed."""
READ_WITHIN = 30.0
"""Seconds within which a client must have taken its answer."""
MAX_BODY = 65_536
"""Bytes of a request body that are read."""


class Connection(web.RequestHandler):
    """aiohttp's connection, with our limits.

    `streams` counts the connections that are event streams: those have a limit of their own.
    `on_lost` is called when the other side is gone, for who does nothing but wait.
    """

    __slots__ = ("_server", "_streams", "on_lost")

    def __init__(
        self, server: web.Server, *, loop: asyncio.AbstractEventLoop, streams: Callable[[], int]
    ) -> None:
        super().__init__(
            server,
            loop=loop,
            keepalive_timeout=IDLE,
            lingering_time=LINGER,
            access_log=None,  # type: ignore[arg-type]  # None is how it is switched off
        )
        self._server = server
        self._streams = streams
        self.on_lost: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, unless there are too many already."""
        super().connection_made(transport)
        if len(self._server.connections) - self._streams() > CONNECTIONS:
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """End, and tell who waits."""
        super().connection_lost(exc)
        if self.on_lost is not None:
            self.on_lost()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer what is not HTTP. Nothing of the question is repeated or logged."""
        del exc, message
        if request.writer.output_size > 0:
            raise ConnectionError("an answer has begun already")
        problem = Problem(status, "bad-request", "This is not a request that can be read.")
        response = problem.response("")
        response.headers.update(HEADERS)
        response.force_close()
        return response


def add_headers() -> Middleware:
    """Make the middleware for headers that every answer has."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        response = await handler(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store")
        return await _sent(request, response)

    return middleware


async def _sent(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    """Send the answer here, where a client that does not take it can be given up."""
    try:
        async with asyncio.timeout(READ_WITHIN):
            await response.prepare(request)
            await response.write_eof()
    except TimeoutError:
        if request.transport is not None:
            request.transport.abort()
    return response
