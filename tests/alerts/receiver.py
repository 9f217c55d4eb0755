"""A receiver of webhooks on loopback that checks what it gets, and misbehaves on cue."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from multidict import CIMultiDictProxy
from standardwebhooks import Webhook

KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Got:
    """One message as it came over the wire."""

    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """`answers` first, then 200. `closing` ends what hangs."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    came: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.got.append(Got(request.headers, await request.read()))
        async with self.came:
            self.came.notify_all()
        if self.answers:
            return await self.answers.pop(0)(request)
        return web.Response(text="ok")

    async def until(self, count: int) -> None:
        """Return when so many messages have come."""
        async with asyncio.timeout(60), self.came:
            await self.came.wait_for(lambda: len(self.got) >= count)

    async def hang(self, _: web.Request) -> web.StreamResponse:
        await self.closing.wait()
        return web.Response()

    async def hang_in_the_body(self, request: web.Request) -> web.StreamResponse:
        assert isinstance(request.transport, asyncio.Transport)
        request.transport.write(b"HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\n")
        await self.closing.wait()
        return web.Response()


def status(code: int, text: str = "", **headers: str) -> Answer:
    async def answer(_: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=code, text=text, headers=named)

    return answer


async def reset(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def garbage(request: web.Request) -> web.StreamResponse:
    assert isinstance(request.transport, asyncio.Transport)
    request.transport.write(b"this is not HTTP\r\n\r\n")
    request.transport.close()
    return web.Response()


async def slowly(request: web.Request) -> web.StreamResponse:
    """Say 200 at once, and the rest never."""
    response = web.StreamResponse(headers={"Content-Length": "1000000"})
    await response.prepare(request)
    await response.write(b"o")
    await asyncio.sleep(0)
    return response


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """Run a receiver."""
    receiver = Receiver()
    app = web.Application()
    app.router.add_post("/hooks/{token}", receiver.handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=1.0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    receiver.url = f"http://127.0.0.1:{port}/hooks/s3cr3t-t0ken?key=an0ther-s3cret"
    try:
        yield receiver
    finally:
        receiver.closing.set()
        await runner.cleanup()


def verify(got: Got, key: str = KEY) -> None:
    """Check the signature as receivers do, with the library of the standard."""
    Webhook(key).verify(got.body, dict(got.headers))
