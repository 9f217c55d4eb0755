"""The client's own room for time and dice: it shares none with the daemon."""

import random  # noqa: TID251  this is the room
import time
from datetime import UTC, datetime


def now() -> datetime:
    """Return the wall clock, aware, UTC: to show people, never to measure."""
    return datetime.now(UTC)  # noqa: TID251  this is the room


monotonic = time.monotonic  # noqa: TID251  this is the room
"""Return seconds that only grow: to measure."""


def uniform(low: float, high: float) -> float:
    """Throw the dice that jitter is made of; nothing secret depends on them."""
    return random.uniform(low, high)  # noqa: S311  jitter, and this is the room
