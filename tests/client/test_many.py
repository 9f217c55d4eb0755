"""Many clients at once: a thousand on a hurried clock, and two hundred on real connections."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator
from typing import Any, Self

import aiohttp

from monitor.client import VerdictClient, Why
from monitor.client.errors import NoStreamError
from monitor.client.sse import Event, Reader
from monitor.web.stream.followers import Limits
from tests.adapters.stories import healthy, tripped
from tests.adapters.web_world import World
from tests.client.hurried import hurried
from tests.client.speaking import until, verdict

CROWD = 1000
REAL = 200


class Station:
    """A daemon without sockets: what its clients see of it, and when they come."""

    def __init__(self) -> None:
        self.state = "up"
        self.asked: Counter[tuple[str, int]] = Counter()
        self.followers = 0
        self.gone = asyncio.Event()

    def ask(self, what: str) -> None:
        self.asked[what, int(asyncio.get_running_loop().time())] += 1
        if self.state == "down":
            raise aiohttp.ClientConnectionError("nobody there")

    def fall(self) -> None:
        self.state = "down"
        self.gone.set()
        self.gone = asyncio.Event()

    def most(self, what: str, after: int = 0) -> int:
        """The most questions of a kind that came in one second."""
        counts = (n for (asked, at), n in self.asked.items() if asked == what and at >= after)
        return max(counts, default=0)

    def total(self, what: str, after: int) -> int:
        return sum(n for (asked, at), n in self.asked.items() if asked == what and at >= after)


class Thread:
    """Fits `Wire`: what one client has of the station."""

    def __init__(self, station: Station) -> None:
        self._station = station

    def open(self) -> None: ...

    async def close(self) -> None: ...

    async def follow(self, reader: Reader) -> AsyncGenerator[list[Event], None]:
        del reader
        station = self._station
        station.ask("stream")
        if station.state == "starting":
            raise NoStreamError("starting", 1.0)
        if station.state == "full":
            raise NoStreamError("too many", 30.0)
        gone = station.gone
        station.followers += 1
        try:
            yield [
                Event("verdict", json.dumps(verdict("chat", allow=False, valid_for=20.0))),
                Event("config", '{"endpoints":["chat"]}'),
            ]
            while True:
                try:
                    async with asyncio.timeout(15.0):
                        await gone.wait()
                except TimeoutError:
                    yield []
                else:
                    raise aiohttp.ClientPayloadError("the stream broke")
        finally:
            station.followers -= 1

    async def verdicts(self) -> list[Any] | None:
        self._station.ask("list")
        return [verdict("chat", allow=False)]


class Dice:
    """Even throws, the same in each run: multiples of the golden ratio."""

    def __init__(self) -> None:
        self._thrown = 0

    def uniform(self, low: float, high: float) -> float:
        self._thrown += 1
        return low + (high - low) * (self._thrown * 0.6180339887498949 % 1.0)


class Crowd:
    """A thousand clients of one station."""

    def __init__(self, station: Station) -> None:
        self.dice = Dice()
        self.clients = [self._client(station) for _ in range(CROWD)]

    def _client(self, station: Station) -> VerdictClient:
        clock = asyncio.get_running_loop().time
        made = VerdictClient("http://station", monotonic=clock, uniform=self.dice.uniform)
        made._wire = Thread(station)  # type: ignore[assignment]
        return made

    async def __aenter__(self) -> Self:
        await asyncio.gather(*(client.__aenter__() for client in self.clients))
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(c.__aexit__(None, None, None) for c in self.clients))

    def refusing(self) -> int:
        return sum(not client.allows("chat") for client in self.clients)


def test_a_thousand_come_back_after_a_restart_without_a_stampede() -> None:
    async def story() -> None:
        station = Station()
        async with Crowd(station) as crowd:
            assert station.followers == CROWD
            await asyncio.sleep(99.5)
            station.fall()
            await asyncio.sleep(3.0)
            station.state = "starting"
            await asyncio.sleep(2.0)
            assert crowd.refusing() == CROWD, "what was known holds over a restart"
            station.state = "up"
            await asyncio.sleep(60.0)
            assert station.followers == CROWD
            assert station.most("stream", after=99) <= CROWD / 2
            assert station.total("stream", after=99) <= 4 * CROWD
            assert station.total("list", after=0) == 0
            assert all(client.trouble == "" for client in crowd.clients)

    hurried(story())


def test_a_thousand_without_a_daemon_ask_seldom_and_fail_open() -> None:
    async def story() -> None:
        station = Station()
        async with Crowd(station) as crowd:
            await asyncio.sleep(99.5)
            station.fall()
            assert crowd.refusing() == CROWD
            await asyncio.sleep(60.0)
            assert crowd.refusing() == 0
            assert crowd.clients[0].verdict("chat").why is Why.STALE
            await asyncio.sleep(300.0)
            asked = station.total("stream", after=160)
            assert CROWD * 300 / 30 <= asked <= CROWD * 300 / 10, "every 15 s on average"
            assert station.most("stream", after=160) <= CROWD / 5

    hurried(story())


def test_a_thousand_that_find_no_place_ask_for_the_verdicts_meanwhile() -> None:
    async def story() -> None:
        station = Station()
        station.state = "full"
        async with Crowd(station) as crowd:
            await asyncio.sleep(240.0)
            assert crowd.refusing() == CROWD
            assert station.most("list", after=60) <= CROWD / 5
            assert station.total("stream", after=60) <= CROWD * 180 / 30
            station.state = "up"
            await asyncio.sleep(120.0)
            assert station.followers == CROWD

    hurried(story())


async def test_two_hundred_real_ones_hear_of_a_trip_and_survive_a_restart() -> None:
    limits = Limits(retry=0.3)
    dice = Dice()
    world = World(limits=limits)
    world.board.publish(healthy())
    await world.server.start("127.0.0.1", 0)
    port = world.server.port
    clients = [VerdictClient(f"http://127.0.0.1:{port}", uniform=dice.uniform) for _ in range(REAL)]
    try:
        await asyncio.gather(*(client.__aenter__() for client in clients))
        await until(lambda: len(world.server.events.followers) == REAL)
        assert all(client.allows("chat") for client in clients)
        world.board.publish(tripped())
        await until(lambda: not any(client.allows("chat") for client in clients))
        await world.server.stop()
        assert not any(client.allows("chat") for client in clients)
        world = World(limits=limits)
        world.clock.advance(60)
        world.board.publish(healthy(at=world.clock.now()))
        await world.server.start("127.0.0.1", port)
        await until(lambda: all(client.allows("chat") for client in clients))
        await until(lambda: all(client.trouble == "" for client in clients))
        assert {client.verdict("chat").why for client in clients} == {Why.VERDICT}
    finally:
        await asyncio.gather(*(client.__aexit__(None, None, None) for client in clients))
        await world.server.stop()
    assert len(world.server.events.followers) == 0
