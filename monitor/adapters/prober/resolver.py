"""Names to addresses, each look-up in a thread of its own that nobody waits for.

asyncio's own look-ups share a small pool of threads: a few names whose servers do not answer would
hold up every other probe, and the end of the process too. aiohttp asks for one name only once at a
time, so there are never more threads than names.
"""

import asyncio
import contextlib
import socket
from threading import Thread

from aiohttp.abc import AbstractResolver, ResolveResult

_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV


class ThreadPerNameResolver(AbstractResolver):
    """Asks the system's resolver."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Return the addresses of a host, in the system's order of preference.

        Raises OSError (`socket.gaierror`) when there are none, UnicodeError when it is not a name.
        """
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[list[ResolveResult]] = loop.create_future()

        def look_up() -> None:
            try:
                found: list[ResolveResult] | Exception = addresses(host, port, family)
            except Exception as error:  # noqa: BLE001  raised again where it is awaited
                found = error
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                loop.call_soon_threadsafe(_settle, answer, found)

        Thread(target=look_up, name="resolve", daemon=True).start()
        return await answer

    async def close(self) -> None:
        """Nothing is held open."""


def addresses(host: str, port: int, family: socket.AddressFamily) -> list[ResolveResult]:
    """Ask the system, and wait for its answer. Raises like `resolve`."""
    found = socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
    return [
        ResolveResult(
            hostname=host,
            host=_with_scope(sockaddr),
            port=port,
            family=kind,
            proto=protocol,
            flags=_NUMERIC,
        )
        for kind, _, protocol, _, sockaddr in found
    ]


def _with_scope(sockaddr: tuple[object, ...]) -> str:
    """Return a numeric address; a link-local one keeps the interface that it belongs to."""
    host, *rest = sockaddr
    scope = rest[2] if len(rest) > 2 else 0  # noqa: PLR2004  (host, port, flow, scope) of IPv6
    return f"{host}%{scope}" if scope else str(host)


def _settle(
    answer: asyncio.Future[list[ResolveResult]], found: list[ResolveResult] | Exception
) -> None:
    """Hand an answer to whoever still waits for it."""
    if answer.done():
        return
    if isinstance(found, Exception):
        answer.set_exception(found)
    else:
        answer.set_result(found)
