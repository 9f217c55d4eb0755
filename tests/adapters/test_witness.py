"""Witnesses on loopback: whoever is there is heard, whoever is not is silent in time."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.adapters.witness import Kind, NetworkWitnesses, Witness
from monitor.core.sight import Heard
from tests.adapters.certificates import Authority

ENOUGH = 60.0


class Book(AbstractResolver):
    """A resolver that knows some names, and answers for others never."""

    def __init__(self, **known: str) -> None:
        self.known = {name.replace("_", "."): address for name, address in known.items()}
        self.asked: list[str] = []
        self.stuck = asyncio.Event()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        del family
        self.asked.append(host)
        if host == "stuck.test":
            await self.stuck.wait()
        if host not in self.known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0
            )
            for address in self.known[host].split()
        ]

    async def close(self) -> None: ...


@asynccontextmanager
async def listening(tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Somebody who takes connections, and says nothing."""

    async def take(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


@asynccontextmanager
async def answering(status: int) -> AsyncIterator[int]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": "http://nowhere.test/"})

    app = web.Application()
    app.router.add_get("/", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


async def hear(
    *witnesses: tuple[Kind, str], book: Book | None = None, timeout: float = 30.0
) -> Sequence[Heard]:
    asked = NetworkWitnesses(
        [Witness(*one) for one in witnesses],
        book or Book(localhost="127.0.0.1"),
        quorum=2,
        every=60.0,
        timeout=timeout,
    )
    return await asyncio.wait_for(asked.ask(), ENOUGH)


async def test_all_kinds_are_heard_when_they_are_there() -> None:
    async with listening() as port, answering(503) as page:
        heard = await hear(
            (Kind.DNS, "localhost"),
            (Kind.TCP, f"127.0.0.1:{port}"),
            (Kind.TCP, f"localhost:{port}"),
            (Kind.HTTP, f"http://localhost:{page}/"),
            book=Book(**{"localhost": "127.0.0.1", "127_0_0_1": "127.0.0.1"}),
        )
    assert [one.saw for one in heard] == [True] * 4
    assert heard[0].witness == "dns localhost"


@pytest.mark.parametrize("status", [204, 302, 404, 500])
async def test_any_answer_will_do_and_is_not_followed(status: int) -> None:
    async with answering(status) as port:
        (heard,) = await hear((Kind.HTTP, f"http://localhost:{port}/"))
    assert heard == Heard(f"http http://localhost:{port}/", saw=True)


async def test_whoever_is_not_there_is_silent_and_says_how() -> None:
    port = free_port()
    heard = await hear(
        (Kind.DNS, "nobody.test"),
        (Kind.TCP, f"localhost:{port}"),
        (Kind.TLS, f"localhost:{port}"),
        (Kind.HTTP, f"http://localhost:{port}/"),
    )
    assert [(one.saw, one.detail) for one in heard] == [
        (False, "gaierror"),
        (False, "ConnectionRefusedError"),
        (False, "ConnectionRefusedError"),
        (False, "ClientConnectorError"),
    ]


async def test_a_host_that_cannot_prove_its_name_is_not_that_host() -> None:
    """A hotel's login page takes every connection."""
    async with listening() as port:
        (heard,) = await hear((Kind.TLS, f"localhost:{port}"))
    assert not heard.saw


async def test_a_host_that_proves_its_name_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = Authority.made_in(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", authority.file)  # the system's, as OpenSSL finds them
    book = Book(good_test="127.0.0.1", other_test="127.0.0.1")
    async with listening(authority.context("good.test")) as port:
        heard = await hear(
            (Kind.TLS, f"good.test:{port}"), (Kind.TLS, f"other.test:{port}"), book=book
        )
    assert [one.saw for one in heard] == [True, False]


async def test_the_next_address_is_tried_when_one_is_dead() -> None:
    async with listening() as port:
        book = Book(two_test="127.0.0.2 127.0.0.1")
        (heard,) = await hear((Kind.TCP, f"two.test:{port}"), book=book)
    assert heard.saw


async def test_the_timeout_holds_and_a_look_up_that_hangs_is_not_made_again() -> None:
    book = Book()
    asked = NetworkWitnesses(
        [Witness(Kind.DNS, "stuck.test")], book, quorum=2, every=60.0, timeout=0.01
    )
    heard = Heard("", saw=False)
    for _ in range(3):
        (heard,) = await asyncio.wait_for(asked.ask(), ENOUGH)
        assert heard == Heard("dns stuck.test", saw=False, detail="no answer within 0.01 s")
    assert book.asked == ["stuck.test"]
    book.known["stuck.test"] = "127.0.0.1"
    book.stuck.set()
    while not heard.saw:
        (heard,) = await asyncio.wait_for(asked.ask(), ENOUGH)
    assert len(book.asked) <= 3
