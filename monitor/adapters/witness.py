"""Witnesses: names, addresses and pages of other people, to know whether our own network works.

Each round asks all of them at once, over fresh connections, for as long as the timeout. Names are
looked up by a resolver that is handed in and holds no threads of the loop's; a look-up that hangs
is waited for by the next round instead of being made again.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from monitor.core.sight import Heard

_LOST = (TimeoutError, OSError, aiohttp.ClientError, UnicodeError, ValueError)
"""How a witness stays silent."""


class Kind(StrEnum):
    """What a witness is asked."""

    DNS = "dns"
    """Does the name resolve?"""
    TCP = "tcp"
    """Does somebody take a connection there?"""
    TLS = "tls"
    """Does whoever takes it prove to be that host?"""
    HTTP = "http"
    """Is there any answer? Its status does not matter."""


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness: a name, `host:port`, or a URL, as its kind has it."""

    kind: Kind
    where: str


class NetworkWitnesses:
    """Fits `monitor.engine.lookout.Witnesses`. Times are in seconds."""

    def __init__(
        self,
        witnesses: Sequence[Witness],
        resolver: AbstractResolver,
        *,
        quorum: int,
        every: float,
        timeout: float,
    ) -> None:
        self.quorum = quorum
        self.every = every
        self._witnesses = tuple(witnesses)
        self._timeout = timeout
        self._names = _Names(resolver)
        self._trust = ssl.create_default_context()
        self._ways: Mapping[Kind, Callable[[str], Awaitable[None]]] = {
            Kind.DNS: self._resolve,
            Kind.TCP: partial(self._connect, trust=None),
            Kind.TLS: partial(self._connect, trust=self._trust),
            Kind.HTTP: self._fetch,
        }

    async def ask(self) -> Sequence[Heard]:
        """Ask all of them at once, for as long as the timeout. Raises only CancelledError."""
        return await asyncio.gather(*map(self._hear, self._witnesses))

    async def _hear(self, witness: Witness) -> Heard:
        name = f"{witness.kind} {witness.where}"
        try:
            async with asyncio.timeout(self._timeout):
                await self._ways[witness.kind](witness.where)
        except TimeoutError:
            return Heard(name, saw=False, detail=f"no answer within {self._timeout:g} s")
        except _LOST as error:
            return Heard(name, saw=False, detail=type(error).__name__)
        return Heard(name, saw=True)

    async def _resolve(self, name: str) -> None:
        if not await self._names.resolve(name, 0):
            raise OSError("no address")

    async def _connect(self, where: str, *, trust: ssl.SSLContext | None) -> None:
        """Connect to one of a host's addresses, each of which gets its share of the time."""
        host, _, port = where.rpartition(":")
        host = host.strip("[]")
        found = await self._names.resolve(host, int(port))
        lost: BaseException = OSError("no address")
        for one in found:
            try:
                async with asyncio.timeout(self._timeout / len(found)):
                    transport, _ = await asyncio.get_running_loop().create_connection(
                        asyncio.Protocol,
                        one["host"],
                        int(port),
                        ssl=trust,
                        server_hostname=host if trust else None,
                    )
            except OSError as error:  # a TimeoutError is one, too
                lost = error
            else:
                transport.abort()
                return
        raise lost

    async def _fetch(self, url: str) -> None:
        connector = aiohttp.TCPConnector(resolver=self._names, force_close=True, ssl=self._trust)
        jar = aiohttp.DummyCookieJar()
        async with (
            aiohttp.ClientSession(connector=connector, cookie_jar=jar) as session,
            session.get(url, allow_redirects=False),
        ):
            pass  # whatever it answers, it is there


class _Names(AbstractResolver):
    """Looks each name up once at a time, whoever else gave up waiting for it."""

    def __init__(self, resolver: AbstractResolver) -> None:
        self._resolver = resolver
        self._asked: dict[str, asyncio.Task[list[ResolveResult]]] = {}

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        """Return the addresses of a host. Raises like the resolver."""
        del family
        asked = self._asked.get(host)
        if asked is None:
            asked = asyncio.ensure_future(self._resolver.resolve(host, port))
            asked.add_done_callback(partial(self._answered, host))
            self._asked[host] = asked
        return [{**one, "port": port} for one in await asyncio.shield(asked)]

    def _answered(self, host: str, asked: asyncio.Task[list[ResolveResult]]) -> None:
        del self._asked[host]
        if not asked.cancelled():
            asked.exception()  # seen, also when nobody waits any more

    async def close(self) -> None:
        """Nothing is held open."""
