"""How fast a channel may be told: so many at once, then one after the other."""

import math

from alerts.moment import Clock

BURST = 3
"""So many messages may follow each other without a pause."""


class Pace:
    """Spaces messages evenly, after a short burst. Times are measured, in seconds."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._full_at = -math.inf
        self._every = 0.0

    def left(self) -> float:
        """Return how long the next message has to wait."""
        ahead = self._full_at - self._clock.monotonic()
        return max(ahead - (BURST - 1) * self._every, 0.0)

    def take(self, every: float) -> None:
        """Count a message of a channel that takes one `every` so many seconds; 0 is no limit."""
        self._every = every
        self._full_at = max(self._full_at, self._clock.monotonic()) + every
