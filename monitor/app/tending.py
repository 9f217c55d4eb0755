"""Small loops that tend the daemon: each does one thing at an interval, and survives its bugs."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from monitor.ports import Clock

_REMEMBERED = 64
"""So many of the last stalls are remembered."""

log = logging.getLogger(__name__)


async def periodically(every: float, what: str, do: Callable[[], Awaitable[None]]) -> None:
    """Do something every so many seconds, for ever. A bug is logged and does not end it."""
    while True:
        await asyncio.sleep(every)
        try:
            await do()
        except Exception:
            log.exception("tending.bug", extra={"what": what})


class Heartbeat:
    """Proves that the event loop turns, and measures how late it is.

    `beat` is called ten times a second by the loop itself; `alive` is asked by /livez. A wait of
    many seconds between two beats means that something blocked the loop, or that it has stopped.
    `limit` says how many seconds late a beat must be to count as a stall.
    """

    EVERY = 0.1
    LOST = 15.0

    def __init__(self, clock: Clock, limit: Callable[[], float] = lambda: 0.25) -> None:
        self._clock = clock
        self._limit = limit
        self._last = clock.monotonic()
        self._stalls: deque[tuple[float, float]] = deque(maxlen=_REMEMBERED)
        self.lag = 0.0

    async def beat(self) -> None:
        """Note that the loop came round."""
        now = self._clock.monotonic()
        self.lag = max(now - self._last - self.EVERY, 0.0)
        self._last = now
        if self.lag > self._limit():
            self._stalls.append((now, self.lag))

    def stalled(self, start: float, end: float) -> float:
        """Return for how many seconds the loop stood still between two monotonic times.

        0 when that was too little to count. A beat that is overdue at the end counts, too.
        """
        overdue = end - self._last - self.EVERY
        seconds = sum(min(lag, at - start) for at, lag in self._stalls if start < at <= end)
        return seconds + (min(overdue, end - start) if overdue > self._limit() else 0.0)

    def alive(self) -> tuple[bool, str]:
        """Return whether the loop came round lately, and how long ago."""
        age = self._clock.monotonic() - self._last
        return age < self.LOST, f"last beat {age:.1f} s ago"
