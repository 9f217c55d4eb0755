"""Small loops that tend the daemon: each does one thing at an interval, and survives its bugs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from monitor.ports import Clock

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

    `beat` is called twice a second by the loop itself; `alive` is asked by /livez. A wait of many
    seconds between two beats means that something blocked the loop, or that it has stopped.
    """

    EVERY = 0.5
    LOST = 15.0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = clock.monotonic()
        self.lag = 0.0

    async def beat(self) -> None:
        """Note that the loop came round."""
        now = self._clock.monotonic()
        self.lag = max(now - self._last - self.EVERY, 0.0)
        self._last = now

    def alive(self) -> tuple[bool, str]:
        """Return whether the loop came round lately, and how long ago."""
        age = self._clock.monotonic() - self._last
        return age < self.LOST, f"last beat {age:.1f} s ago"
