"""A server on loopback that does wrong whatever a server can do wrong.

What it does is chosen by the path. It speaks from bytes, without an HTTP library, since no library
would say such things. Nothing sleeps: what hangs, hangs until the server is closed; what must come
separately waits a few turns of the loop, which client and server share.
"""

import asyncio
import contextlib
import select
import socket
import ssl
import struct
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tests.adapters.behaviours import BEHAVIOURS, CHUNKED, Says, Then, head, says, whole

TURNS = 30


@dataclass
class Asked:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass
class Misbehaving:
    """`async with Misbehaving() as server: server.url("half-body")`."""

    tls: ssl.SSLContext | None = None
    greeting: Says | None = None
    """Sent to whoever connects, instead of waiting for a request."""
    elsewhere: str = ""
    """Where /elsewhere redirects to."""
    close_after: int | None = None
    """How many requests a connection may make before the next one on it gets no reply."""
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self.arrived = asyncio.Event()
        self.deaf = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self.tls)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._writers:
            writer.transport.abort()
        await turns()

    def url(self, behaviour: str, host: str = "127.0.0.1") -> str:
        scheme = "https" if self.tls or self.greeting else "http"
        return f"{scheme}://{host}:{self.port}/{behaviour}"

    @property
    def counts(self) -> Counter[str]:
        """How often each path was asked for."""
        return Counter(asked.path for asked in self.asked)

    async def is_left(self) -> bool:
        """Stop to read on the only connection, TLS or not, and tell whether the client leaves it.

        Waits for that, but less than the half minute that asyncio waits for a farewell.
        """
        (writer,) = self._writers
        writer.transport._ssl_protocol._transport.pause_reading()  # type: ignore[attr-defined]
        self.deaf.set()
        poll = select.poll()
        poll.register(writer.get_extra_info("socket").fileno(), select.POLLRDHUP)
        return bool(await asyncio.to_thread(poll.poll, 15_000))

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        self._tasks.add(asyncio.create_task(self._serve(reader, writer, self.connections)))

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, connection: int
    ) -> None:
        with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
            if self.greeting is not None:
                await self._say(writer, self.greeting)
                return
            served = 0
            while True:
                asked = await read_request(reader, connection)
                self.asked.append(asked)
                self.arrived.set()
                if self.close_after is not None and served >= self.close_after:
                    break
                served += 1
                if not await self._answer(asked, writer):
                    return
        writer.close()

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Answer one request. Returns whether the connection goes on."""
        name = asked.path.strip("/").partition("?")[0]
        if asked.method == "HEAD":
            writer.write(head(b"200 OK", b"Content-Length: 999"))
            return True
        if name == "endless":
            await endless(writer)
        answer = BEHAVIOURS.get(name) or self._of_request(name, asked)
        return await self._say(writer, answer)

    def _of_request(self, name: str, asked: Asked) -> Says:
        """Answer with what was asked."""
        if name == "elsewhere":
            return says(
                whole(b"307 Temporary Redirect", b"", b"Location: " + self.elsewhere.encode())
            )
        lines = [f"{asked.method} {asked.path}"]
        lines += [f"{key}: {value}" for key, value in asked.headers.items()]
        text = "\n".join(lines).encode() + b"\n\n" + asked.body
        back = [b"X-Echo: " + value.encode() for value in asked.headers.values()]
        return says(whole(b"200 OK", text, *back))

    async def _say(self, writer: asyncio.StreamWriter, answer: Says) -> bool:
        for part in answer.parts:
            writer.write(part)
            await writer.drain()
            await turns()
        if answer.then is Then.KEEP:
            return True
        if answer.then is Then.HANG:
            await asyncio.Event().wait()
        if answer.then is Then.RESET:
            reset(writer)
        else:
            writer.close()
        return False


async def turns() -> None:
    """Let everybody on the loop act."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


async def read_request(reader: asyncio.StreamReader, connection: int) -> Asked:
    raw = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = raw.strip().split("\r\n")
    method, path, _ = first.split(" ")
    headers = {key.lower(): value.strip() for key, _, value in (x.partition(":") for x in lines)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return Asked(method, path, headers, body, connection)


async def endless(writer: asyncio.StreamWriter) -> None:
    writer.write(head(b"200 OK", CHUNKED))
    while True:
        writer.write(b"400\r\n" + bytes(0x400) + b"\r\n")
        await writer.drain()
        await asyncio.sleep(0)


def reset(writer: asyncio.StreamWriter) -> None:
    """Close with a reset instead of an end."""
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
