"""Names are looked up without holding anybody up."""

import asyncio
import socket
import threading

import pytest

from monitor.adapters.prober import AiohttpProber, resolver
from monitor.adapters.prober.resolver import ThreadPerNameResolver, addresses
from monitor.core.endpoint import Request
from monitor.core.exchange import Reply
from tests.adapters.misbehaving import Misbehaving, turns


async def test_a_name_has_addresses() -> None:
    found = await ThreadPerNameResolver().resolve("localhost", 80, socket.AF_INET)

    assert {(address["host"], address["port"]) for address in found} == {("127.0.0.1", 80)}


async def test_a_name_without_addresses_raises() -> None:
    with pytest.raises(OSError, match=r".") as caught:
        await ThreadPerNameResolver().resolve("does-not-exist.invalid")

    assert isinstance(caught.value, socket.gaierror)


def test_a_numeric_address_is_its_own() -> None:
    (found,) = addresses("127.0.0.1", 80, socket.AF_UNSPEC)

    assert (found["host"], found["port"], found["hostname"]) == ("127.0.0.1", 80, "127.0.0.1")


async def test_names_that_hang_hold_up_neither_other_names_nor_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    let_go, lost = threading.Event(), threading.Event()

    def look_up(host: str, port: int, family: socket.AddressFamily) -> list[object]:
        if host == "localhost":
            return list(addresses(host, port, family))
        let_go.wait(60)
        lost.set()
        return []

    monkeypatch.setattr(resolver, "addresses", look_up)
    async with Misbehaving() as server, AiohttpProber() as prober:
        hanging = [
            asyncio.create_task(prober.fetch(Request(f"http://name-{n}.test/", timeout=60)))
            for n in range(50)  # more than the threads of asyncio's own pool
        ]
        await turns()
        try:
            answer = await prober.fetch(Request(server.url("ok", host="localhost"), timeout=10))
        finally:
            for task in hanging:
                task.cancel()
            await asyncio.gather(*hanging, return_exceptions=True)
            let_go.set()

    assert isinstance(answer, Reply)
    # Answers that nobody waits for any more harm nobody.
    assert await asyncio.to_thread(lost.wait, 30)
    await asyncio.sleep(0)
