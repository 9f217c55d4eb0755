"""A daemon's end of the wire, that says what a test wants said: real sockets, no daemon."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from tests.adapters.following import PATIENCE

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def verdict(endpoint: str = "chat", *, allow: bool = True, **more: Any) -> dict[str, Any]:
    """Make a verdict as the interface shows it."""
    return {
        "endpoint": endpoint,
        "allow": allow,
        "state": "closed" if allow else "open",
        "mode": "auto",
        "unknown": False,
        "reason": "" if allow else "3 failures in a row",
        "retry_after": None if allow else 30.0,
        "evidence_age": 2.0,
        "valid_for": 60.0,
        "epoch": 0 if allow else 1,
        "evidence": "enough",
        **more,
    }


def event(kind: str, data: Any, number: int | None = None) -> bytes:
    place = "" if number is None else f"id: {number}\n"
    return f"event: {kind}\n{place}data: {json.dumps(data)}\n\n".encode()


def snapshot(*verdicts: dict[str, Any], number: int = 1) -> bytes:
    names = [one["endpoint"] for one in verdicts]
    said = [event("verdict", one) for one in verdicts]
    return b"retry: 100\n\n" + b"".join(said) + event("config", {"endpoints": names}, number)


class Daemon:
    """What stands at the other end. `answer` decides about `/v1/events`, `listing` is the rest."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[web.Request] = []
        self.answer: Handler = self.stream
        self.listing: Handler = self._listed
        self.said: list[bytes] = [snapshot()]
        """What each stream begins with; the last goes on and on."""
        self.verdicts: list[dict[str, Any]] = []
        self.tag = '"1"'
        self.pauses: list[asyncio.Event] = []
        self._streams: list[asyncio.Queue[bytes | None]] = []
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def asked(self) -> list[str]:
        return [request.path for request in self.requests]

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/v1/events", self._events)
        app.router.add_get("/v1/verdicts", self._verdicts)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.url = f"http://127.0.0.1:{self.port}"

    async def stop(self) -> None:
        if self._runner is not None:
            self.end()
            await self._runner.cleanup()
            self._runner = None

    def say(self, text: bytes) -> None:
        """Say it to whoever follows."""
        for stream in self._streams:
            stream.put_nowait(text)

    def end(self) -> None:
        """End every stream."""
        for stream in self._streams:
            stream.put_nowait(None)

    async def followed(self, count: int = 1) -> None:
        """Wait until so many requests for a stream have come."""
        await until(lambda: self.asked.count("/v1/events") >= count)

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """Answer with a stream that says what it is told to."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._streams.append(queue)
        try:
            await response.write(self.said.pop(0) if len(self.said) > 1 else self.said[0])
            while (text := await queue.get()) is not None:
                await response.write(text)
        except ConnectionError:
            pass
        finally:
            self._streams.remove(queue)
        return response

    async def _events(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        return await self.answer(request)

    async def _verdicts(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        return await self.listing(request)

    async def _listed(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("If-None-Match") == self.tag:
            return web.Response(status=304)
        return web.json_response({"verdicts": self.verdicts}, headers={"ETag": self.tag})


def refusing(status: int, **headers: str) -> Handler:
    """Make a handler that refuses."""

    async def handler(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, headers=named)

    return handler


async def until(holds: Callable[[], object]) -> None:
    """Look again and again until something holds."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110  nobody sets an event for a test
            await asyncio.sleep(0.005)


@asynccontextmanager
async def speaking(*verdicts: dict[str, Any]) -> AsyncIterator[Daemon]:
    """Bring it up, beginning each stream with a snapshot, and take it down."""
    daemon = Daemon()
    daemon.said = [snapshot(*verdicts)]
    daemon.verdicts = list(verdicts)
    await daemon.start()
    try:
        yield daemon
    finally:
        await daemon.stop()
