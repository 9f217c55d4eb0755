"""A one-way mirror of the verdicts into Redis, in the keys of stock pybreaker (an extra, `redis`).

Programs that keep their breakers in a shared Redis obey without a line of code. Nothing is read
back: our breakers live elsewhere. Keys, order and times are a recipe that was tested against
pybreaker 1.4 (docs/adr/0034-a-mirror-that-only-writes.md).
"""

import asyncio
import contextlib
import logging
import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from monitor.board import Board
from monitor.core.verdict import Verdict
from monitor.ports import Clock, News

log = logging.getLogger("omilia_monitor.mirror")

EVERY = 3.0
"""Seconds after which all is written again: a peer may write too, and a Redis may forget."""
PATIENCE = 1.0
"""Seconds that an answer of Redis may take. Nobody waits for it but the mirror itself."""
_PART = 100
"""Endpoints that are written at a time."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the mirror is: a URL that may hold a password, and what its keys begin with."""

    url: str
    namespace: str


Write = tuple[str, str | int]


def writes(verdict: Verdict, namespace: str, now: datetime) -> tuple[Write, ...]:
    """Return what tells a stock pybreaker to obey a verdict: keys and values, in this order.

    Open: `opened_at` goes first, for an open breaker without one lets a call through. It lies
    ahead: peers add their own open time, and so never come back before us. Half-open is still open
    to them, or their next call would be the trial. Closed: the count begins anew.
    """
    prefix = f"{namespace}:{verdict.endpoint}:pybreaker"
    if verdict.allow:
        return (f"{prefix}:fail_counter", 0), (f"{prefix}:state", "closed")
    wait = max(verdict.retry_after or 0.0, 2 * EVERY)  # until the next round, and one more
    until = math.ceil(now.timestamp() + wait)
    return (f"{prefix}:opened_at", until), (f"{prefix}:state", "open")


class Mirror:
    """Writes verdicts as they change, and all of them every few seconds. Off until it is placed."""

    def __init__(
        self, board: Board, clock: Clock, place: Place | None = None, *, patience: float = PATIENCE
    ) -> None:
        self.patience = patience
        self._board = board
        self._clock = clock
        self._place = place
        self._changed: set[str] = set()
        self._wake = asyncio.Event()
        self._client: Any = None
        self._is_at: Place | None = None
        self.failures = 0
        self.failing = False

    @property
    def is_on(self) -> bool:
        """Whether there is a mirror."""
        return self._place is not None

    def adopt(self, place: Place | None) -> None:
        """Go on there, or not at all. What was written elsewhere is left to itself."""
        self._place = place

    def hear(self, news: News) -> None:
        """Take note of news (a listener of the board): a quiet tick changes no verdict."""
        if self._place is not None and (news.moves or news.outcome is None):
            self._changed.add(news.endpoint.id)
            self._wake.set()

    async def beat(self) -> None:
        """Have everything written again; to be called every EVERY seconds."""
        if self._place is not None:
            self._changed.update(entry.endpoint.id for entry in self._board.entries())
            self._wake.set()

    async def run(self) -> None:
        """Write what changed, for ever. A bug is logged and does not end it."""
        while True:
            await self._wake.wait()
            try:
                await self.flush()
            except Exception:
                log.exception("mirror.bug")

    async def flush(self) -> None:
        """Write what changed. What fails is written with the next beat."""
        self._wake.clear()
        changed, self._changed = sorted(self._changed), set()
        place = self._place
        if place is None:
            return
        try:
            await self._move_to(place)
            for start in range(0, len(changed), _PART):
                await self._write(changed[start : start + _PART], place)
        except _troubles() as error:
            self._fail(error)
            await self._hang_up()  # who was given up on may still have something to say
        else:
            if self.failing:
                log.info("mirror.works")
            self.failing = False

    async def _write(self, names: list[str], place: Place) -> None:
        async with asyncio.timeout(self.patience), self._client.pipeline(transaction=False) as pipe:
            now = self._clock.now()
            for name in names:
                entry = self._board.entry(name)
                if entry is None:
                    continue  # no longer configured: nobody asserts it, and peers go on alone
                for key, value in writes(self._board.verdict(entry, now), place.namespace, now):
                    pipe.set(key, value)
            await pipe.execute()

    async def _move_to(self, place: Place) -> None:
        if place != self._is_at:
            await self._hang_up()
            self._client, self._is_at = _client(place.url, self.patience), place

    def _fail(self, error: BaseException) -> None:
        """Count a failure; say so once. The words of an error may repeat what is in the URL."""
        self.failures += 1
        if not self.failing:
            log.warning("mirror.failing", extra={"error": type(error).__name__})
        self.failing = True

    async def close(self) -> None:
        """Let go of Redis. The keys stay: peers come back by themselves when their time is over."""
        self._place = None
        await self._hang_up()

    async def _hang_up(self) -> None:
        client, self._client, self._is_at = self._client, None, None
        if client is not None:
            with contextlib.suppress(*_troubles()):
                async with asyncio.timeout(self.patience):
                    await client.aclose()


def _client(url: str, patience: float) -> Any:
    from redis.asyncio import Redis  # noqa: PLC0415  an extra: only who has a mirror has it
    from redis.asyncio.retry import Retry  # noqa: PLC0415
    from redis.backoff import NoBackoff  # noqa: PLC0415

    return Redis.from_url(
        url,
        socket_timeout=patience,
        socket_connect_timeout=patience,
        retry=Retry(NoBackoff(), 0),  # the next beat is the retry
    )


def _troubles() -> tuple[type[Exception], ...]:
    """Return what Redis may do to us; none of it is a bug."""
    from redis.exceptions import RedisError  # noqa: PLC0415  an extra

    return RedisError, OSError, TimeoutError
