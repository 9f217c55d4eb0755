"""The web server: starts and stops with the daemon."""

import asyncio
from typing import cast

from aiohttp import web

from monitor.web.access import guarded
from monitor.web.availability import Availability
from monitor.web.connection import MAX_BODY, Connection, add_headers
from monitor.web.context import Context
from monitor.web.index import Index
from monitor.web.problems import problem_middleware
from monitor.web.routes import routes
from monitor.web.stream.followers import Limits
from monitor.web.stream.stream import EventStream

GRACE = 2.0
"""Seconds that requests in flight may take to finish when the server stops."""


class WebServer:
    """Serves the interface on one address."""

    def __init__(self, context: Context, limits: Limits | None = None) -> None:
        self._context = context
        self._availability = Availability(
            context.board, context.clock, context.history, context.patience
        )
        self.events = EventStream(context, limits)
        self._runner: web.AppRunner | None = None
        self._listening: asyncio.Server | None = None

    async def start(self, host: str, port: int) -> None:
        """Listen. Port 0 takes a free one. Raises OSError when the address cannot be had."""
        runner = web.AppRunner(self._application(), shutdown_timeout=GRACE)
        await runner.setup()
        self._runner = runner
        server = cast("web.Server", runner.server)  # None only before setup
        loop = asyncio.get_running_loop()
        try:
            self._listening = await loop.create_server(
                lambda: Connection(server, loop=loop, streams=lambda: len(self.events.followers)),
                host,
                port,
            )
        except OSError:
            await self.stop()
            raise
        self._availability.start()
        self.events.start()

    @property
    def port(self) -> int:
        """The port that is listened on. Raises RuntimeError before the start."""
        if self._listening is None or not self._listening.sockets:
            raise RuntimeError("the web server is not listening")
        port: int = self._listening.sockets[0].getsockname()[1]
        return port

    async def stop(self) -> None:
        """Take no more requests, and let those in flight finish for a moment."""
        if self._listening is not None:
            self._listening.close()
            self._listening = None
        await self._availability.stop()
        await self.events.stop()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def _application(self) -> web.Application:
        # the first middleware is the outermost
        app = web.Application(
            middlewares=[add_headers(), problem_middleware(self._context)],
            client_max_size=MAX_BODY,
        )
        for route in Index(
            self._context, routes(self._context, self._availability, self.events)
        ).routes:
            handler = route.handler
            if route.scope is not None:
                handler = guarded(handler, route.scope, self._context)
            if route.method == "GET":
                app.router.add_get(route.path, handler)
            else:
                app.router.add_route(route.method, route.path, handler)
        return app
