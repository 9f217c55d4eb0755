"""A WebSocket server on loopback that does what a test tells it, and remembers how it ended."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from aiohttp import web

Behave = Callable[[web.WebSocketResponse, web.BaseRequest], Awaitable[None]]
Answer = Callable[[], Awaitable[web.Response]]


class Talking:
    """`async with Talking(behave) as server: server.url`. An `answer` refuses the handshake."""

    def __init__(
        self,
        behave: Behave | None = None,
        *,
        answer: Answer | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.url = ""
        self.headers: list[dict[str, str]] = []
        self.closed: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._behave = behave
        self._answer = answer
        self._tls = tls

    async def __aenter__(self) -> Self:
        server = web.Server(self._handle, handler_cancellation=True, access_log=None)
        self._runner = web.ServerRunner(server, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._tls).start()
        scheme = "wss" if self._tls else "ws"
        self.url = f"{scheme}://127.0.0.1:{self._runner.addresses[0][1]}/chat/ws/session"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.headers.append({name.lower(): value for name, value in request.headers.items()})
        if self._answer is not None:
            return await self._answer()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        try:
            if self._behave is not None:
                await self._behave(socket, request)
            async for _ in socket:
                pass
        finally:
            if not self.closed.done():
                self.closed.set_result(socket.close_code)
        return socket
