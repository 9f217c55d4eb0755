"""The only room where time is read and dice are thrown."""

import random  # noqa: TID251  this is the room
import time
from datetime import UTC, datetime


class SystemClock:
    """Fits `monitor.ports.Clock` with the machine's own clocks."""

    def now(self) -> datetime:
        """Return the wall clock, aware, UTC."""
        return datetime.now(UTC)  # noqa: TID251  this is the room

    def monotonic(self) -> float:
        """Return seconds that only grow."""
        return time.monotonic()  # noqa: TID251  this is the room


def uniform(low: float, high: float) -> float:
    """Throw the dice that jitter is made of; nothing secret depends on them."""
    return random.uniform(low, high)  # noqa: S311  jitter, and this is the room
