"""What following costs: a look-up in the client, a quiet tick, and telling many followers.

Only ratios mean something. Three comparisons, each in one run, medians of alternating rounds:

  asking    what `VerdictClient.allows` does beside a bare look-up in a dictionary, for an endpoint
            that may be called and for one that may not.
  a tick    one good outcome after another, published on a board with the event stream beside it and
            on one without. Of a whole tick this is a small part: see `make bench`.
  telling   a verdict that changes, told to N followers over real connections, beside a bare server
            that writes the same bytes to as many. The followers are in a process of their own.

    python -m benchmarks.follow [--rounds 5] [--followers 1 100 400]

Exit code 1 when asking for who may call costs more than --most look-ups.
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.tick import settings_for
from monitor.adapters.clock import SystemClock
from monitor.app.daemon import Daemon
from monitor.app.logs import set_up
from monitor.board import Board
from monitor.client.book import Book
from monitor.core.breaker import Snapshot, State
from monitor.core.category import Category, Effect
from monitor.core.endpoint import Endpoint, Request
from monitor.core.health import Health
from monitor.core.outcome import Outcome
from monitor.core.standing import Standing
from monitor.ports import Clock, News
from monitor.web.stream.source import Source

NUMBER = 50_000
EVENTS = 20


def news_of(clock: Clock, *, epoch: int) -> News:
    """Make news of an endpoint that works, or of one whose breaker has just moved."""
    now = clock.now()
    outcome = Outcome("chat", now, now, Category.OK, Effect.SUCCESS, 200)
    breaker = Snapshot(State.CLOSED if epoch % 2 == 0 else State.OPEN, epoch=epoch, reason="shown")
    health = Health.OPERATIONAL if epoch % 2 == 0 else Health.DOWN
    standing = Standing("chat", breaker, health, now, "", outcome, evidence_at=now)
    return News(Endpoint("chat", Request("https://omilia.example/")), standing, outcome)


def asking(rounds: int) -> tuple[float, float, float]:
    """Return nanoseconds per look-up: bare, of who may call, of who may not."""
    book = Book(time.perf_counter, None)
    said = {"allow": True, "state": "closed", "valid_for": 1e6}
    book.say({**said, "endpoint": "chat"})
    book.say({**said, "endpoint": "bots", "allow": False})
    plain = {"chat": True}
    found: tuple[list[float], ...] = ([], [], [])
    for _ in range(rounds):
        for costs, do in zip(
            found,
            (
                lambda: plain.get("chat"),
                lambda: book.allows("chat"),
                lambda: book.allows("bots"),
            ),
            strict=True,
        ):
            costs.append(timeit.timeit(do, number=NUMBER) / NUMBER * 1e9)
    bare, allowed, refused = map(statistics.median, found)
    return bare, allowed, refused


def quiet(rounds: int) -> tuple[float, float]:
    """Return nanoseconds per publication of one more good outcome: without the stream, and with."""
    clock = SystemClock()
    without, beside = Board(), Board()
    beside.listen(Source(beside, clock, print).publish)
    news = news_of(clock, epoch=0)
    found: tuple[list[float], ...] = ([], [])
    for _ in range(rounds):
        for costs, board in zip(found, (without, beside), strict=True):
            took = timeit.timeit(partial(board.publish, news), number=NUMBER)
            costs.append(took / NUMBER * 1e9)
    one, other = map(statistics.median, found)
    return one, other


class Bare(asyncio.Protocol):
    """A server that says nothing by itself."""

    def __init__(self, transports: set[Any]) -> None:
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take one more."""
        self._transports.add(transport)


async def telling(followers: int, rounds: int) -> tuple[float, float]:
    """Return microseconds of CPU per event and follower: bare, and of the stream."""
    loop, transports = asyncio.get_running_loop(), set[Any]()
    bare = await loop.create_server(lambda: Bare(transports), "127.0.0.1", 0)
    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{Path(folder) / 'bench.db'}"
        settings = settings_for("http://127.0.0.1:1", 1, "1h")
        daemon = Daemon(settings.model_copy(update={"store": store}))
        await daemon.start()
        await daemon.metronome.stop(within=0.0)  # nothing is probed meanwhile
        # What else listens (metrics, alerts, the ledger) has a cost of its own.
        daemon.board._listeners[:] = [daemon.web.events.source.publish]  # noqa: SLF001
        ports = (str(bare.sockets[0].getsockname()[1]), str(daemon.web.port))
        words = ("-m", "benchmarks.follow", "--crowd", str(followers), *ports)
        crowd = await asyncio.create_subprocess_exec(sys.executable, *words)
        found: tuple[list[float], list[float]] = ([], [])
        try:
            there = daemon.web.events.followers
            await _until(lambda: len(transports) == len(there) == followers)
            for number in range(rounds):
                found[0].append(await _written(transports))
                found[1].append(await _told(daemon, 2 * EVENTS * number))
        finally:
            crowd.terminate()
            await crowd.wait()
            bare.close()
            await daemon.stop()
    return statistics.median(found[0]), statistics.median(found[1])


async def _written(transports: set[Any]) -> float:
    text = b"x" * 450  # what a verdict and a health are long
    began = time.process_time()
    for _ in range(EVENTS):
        for transport in transports:
            transport.write(text)
        await asyncio.sleep(0)
    return (time.process_time() - began) / EVENTS / len(transports) * 1e6


async def _told(daemon: Daemon, epoch: int) -> float:
    ring, followers = daemon.web.events.source.ring, daemon.web.events.followers
    began = time.process_time()
    for number in range(1, EVENTS + 1):
        head = ring.head
        daemon.board.publish(news_of(daemon.clock, epoch=epoch + number))
        await _until(lambda head=head: followers.slowest > head)  # type: ignore[misc]
    return (time.process_time() - began) / EVENTS / len(followers) * 1e6


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not holds():  # noqa: ASYNC110  it is the loop's work that is waited for
            await asyncio.sleep(0.005)


async def crowd(followers: int, ports: list[str]) -> None:
    """Follow, and read."""

    async def read(port: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(port))
        writer.write(b"GET /v1/events HTTP/1.1\r\nHost: a\r\n\r\n")
        while await reader.read(65_536):
            pass

    await asyncio.gather(*(read(port) for port in ports for _ in range(followers)))


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--followers", type=int, nargs="+", default=[1, 100, 400])
    parser.add_argument("--most", type=float, default=10.0, help="look-ups that asking may cost")
    parser.add_argument("--crowd", nargs="+", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.crowd:
        asyncio.run(crowd(int(options.crowd[0]), options.crowd[1:]))
        return 0
    set_up("critical")
    bare, allowed, refused = asking(options.rounds)
    print(f"asking    a dictionary {bare:.0f} ns; who may call {allowed:.0f} ns", end="")
    print(f" ({allowed / bare:.1f}); who may not {refused:.0f} ns ({refused / bare:.1f})")
    without, beside = quiet(options.rounds)
    print(f"a tick    published in {without:.0f} ns, with the stream beside it {beside:.0f} ns")
    for followers in options.followers:
        plain, told = asyncio.run(telling(followers, options.rounds))
        print(f"telling   {followers} followers: {plain:.1f} us each to write", end="")
        print(f", {told:.1f} us to be told ({told / plain:.1f})", flush=True)
    return 0 if allowed / bare <= options.most else 1


if __name__ == "__main__":
    sys.exit(main())
