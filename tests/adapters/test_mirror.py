"""The mirror in Redis: what is written, in which order, and that a stock pybreaker obeys."""

import logging
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.adapters.clock import SystemClock
from monitor.adapters.mirror import EVERY, Mirror, Place, writes
from monitor.board import Board
from monitor.core.breaker import Snapshot
from monitor.core.order import Mode, Order
from monitor.core.outcome import Category
from monitor.core.verdict import Verdict, verdict_of
from monitor.ports import News
from tests.clock import START, FakeClock
from tests.examples import CLOSED, HALF_OPEN, OPEN, a_standing, an_endpoint
from tests.redis_server import Peer, RedisServer, peer, redis_server

KEYS = "omilia:chat:pybreaker"


def verdict(breaker: Snapshot, order: Order | None = None) -> Verdict:
    standing = replace(a_standing(Category.OK, replace(breaker, taken_at=START)), order=order)
    return verdict_of(standing, an_endpoint(), now=START, next_in=2.0)


# ---------------------------------------------------------------- what is written


def test_open_is_written_time_first_and_lies_ahead() -> None:
    long = replace(OPEN, retry_after=10.25)
    until = int(START.timestamp()) + 11
    expected = ((f"{KEYS}:opened_at", until), (f"{KEYS}:state", "open"))
    assert writes(verdict(long), "omilia", START) == expected


def test_half_open_is_still_open_to_others_until_after_the_next_round() -> None:
    (_, until), (_, state) = writes(verdict(HALF_OPEN), "omilia", START)
    assert (until, state) == (int(START.timestamp()) + 2 * EVERY, "open")


def test_closed_begins_the_count_anew_before_it_says_so() -> None:
    expected = ((f"{KEYS}:fail_counter", 0), (f"{KEYS}:state", "closed"))
    assert writes(verdict(CLOSED), "omilia", START) == expected


@pytest.mark.parametrize(
    ("mode", "breaker", "state"),
    [
        (Mode.FORCED_OPEN, CLOSED, "open"),
        (Mode.FORCED_CLOSED, OPEN, "closed"),
        (Mode.SHADOW, OPEN, "closed"),
    ],
)
def test_orders_are_obeyed_as_the_verdict_does(mode: Mode, breaker: Snapshot, state: str) -> None:
    assert writes(verdict(breaker, Order(mode, by="ops")), "omilia", START)[-1][1] == state


# ---------------------------------------------------------------- a real Redis, a stock pybreaker


class Mirrored:
    """A mirror of one endpoint, at the machine's own time: the peer knows no other."""

    def __init__(self, redis: RedisServer) -> None:
        self.clock = FakeClock(SystemClock().now())
        self.board = Board()
        self.mirror = Mirror(self.board, self.clock, patience=30.0)
        self.mirror.adopt(Place(redis.url, "omilia"))
        self.board.listen(self.mirror.hear)

    async def becomes(self, breaker: Snapshot) -> None:
        """Publish another breaker; what follows from that is written."""
        # Whatever is derived from it lies an hour ahead: no peer is ever too late to obey.
        self.clock.wall = SystemClock().now() + timedelta(hours=1)
        taken = replace(breaker, taken_at=self.clock.wall)
        self.board.publish(News(an_endpoint(), a_standing(Category.OK, taken)))
        await self.mirror.flush()

    async def beats(self) -> None:
        await self.mirror.beat()
        await self.mirror.flush()


@pytest.fixture
async def redis() -> AsyncIterator[RedisServer]:
    async with redis_server() as server:
        yield server


@pytest.fixture
async def mirrored(redis: RedisServer) -> AsyncIterator[Mirrored]:
    made = Mirrored(redis)
    try:
        yield made
    finally:
        await made.mirror.close()


@pytest.fixture
async def other(redis: RedisServer) -> AsyncIterator[Peer]:
    async with peer(redis, "omilia:chat") as program:
        yield program


async def test_a_stock_pybreaker_elsewhere_obeys(
    redis: RedisServer, mirrored: Mirrored, other: Peer
) -> None:
    assert await other.does() == "went"
    await mirrored.becomes(replace(OPEN, retry_after=3600.0))
    assert await other.does() == "rejected"
    await mirrored.becomes(HALF_OPEN)
    assert await other.does() == "rejected", "its call is never the trial"
    await mirrored.becomes(CLOSED)
    assert await other.does() == "went"
    written = [one.split()[1:] for one in await redis.commands() if "opened_at" in one]
    assert len(written) == 2
    sets = [one for one in await redis.commands() if "fail_counter 0" not in one]
    places = [n for n, one in enumerate(sets) if one.endswith("state open")]
    assert all("opened_at" in sets[n - 1] for n in places), "the time first"


async def test_what_a_peer_breaks_is_mended_with_the_next_beat(
    redis: RedisServer, mirrored: Mirrored, other: Peer
) -> None:
    await mirrored.becomes(CLOSED)
    assert [await other.does("fail"), await other.does("fail")] == ["failed", "failed"]
    assert await redis.get(f"{KEYS}:state") == "open", "its own failures trip it for all"
    await mirrored.beats()
    assert (await redis.get(f"{KEYS}:state"), await redis.get(f"{KEYS}:fail_counter")) == (
        "closed",
        "0",
    )
    assert await other.does() == "went"


async def test_the_reverse_order_would_let_a_call_through(redis: RedisServer, other: Peer) -> None:
    """This pins pybreaker: why `opened_at` goes first."""
    from redis.asyncio import Redis  # noqa: PLC0415  the fixture has its name

    assert await other.does() == "went"
    async with Redis.from_url(redis.url) as client:
        await client.set(f"{KEYS}:state", "open")
    assert await other.does() == "went"


async def test_a_redis_that_hangs_or_dies_costs_nobody_anything_and_is_told_once(
    redis: RedisServer, mirrored: Mirrored, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "omilia_monitor.mirror")
    await mirrored.becomes(CLOSED)
    assert (mirrored.mirror.failures, mirrored.mirror.failing) == (0, False)
    redis.server.signal(signal.SIGSTOP)
    mirrored.mirror.patience = 0.2
    await mirrored.mirror.close()
    mirrored.mirror.adopt(Place(redis.url, "omilia"))
    await mirrored.becomes(replace(OPEN, retry_after=3600.0))
    await mirrored.beats()
    assert (mirrored.mirror.failures, mirrored.mirror.failing) == (2, True)
    redis.server.signal(signal.SIGCONT)
    mirrored.mirror.patience = 30.0
    await redis.ready()
    await mirrored.beats()
    assert caplog.messages[-1] == "mirror.works"
    await redis.server.end()
    await mirrored.beats()
    assert mirrored.mirror.failing
    await redis.server.start()  # with nothing in it
    await redis.ready()
    await mirrored.beats()
    assert await redis.get(f"{KEYS}:state") == "open"
    assert caplog.messages == ["mirror.failing", "mirror.works"] * 2


async def test_without_a_place_nothing_is_kept_or_written() -> None:
    board = Board()
    mirror = Mirror(board, FakeClock())
    board.listen(mirror.hear)
    board.publish(News(an_endpoint(), a_standing(Category.OK, OPEN)))
    await mirror.beat()
    await mirror.flush()
    assert (mirror.is_on, mirror.failures, mirror._changed) == (False, 0, set())
    await mirror.close()


async def test_a_quiet_tick_is_no_change() -> None:
    mirror = Mirror(Board(), FakeClock())
    mirror.adopt(Place("redis://127.0.0.1:1/0", "omilia"))
    standing = a_standing(Category.OK)
    assert standing.last is not None
    mirror.hear(News(an_endpoint(), standing, standing.last))
    assert mirror._changed == set()
    mirror.hear(News(an_endpoint(), standing))
    assert mirror._changed == {"chat"}
