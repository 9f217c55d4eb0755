"""The times of one breaker, on a monotonic clock: how long it is open, and what it remembers."""

from collections.abc import Callable

from monitor.core.breaker import Policy, Snapshot, lengthened, open_time, trips_remembered
from monitor.core.instant import Instant


class Times:
    """Open times that grow with each trip, and are forgotten while all is well."""

    __slots__ = ("_uniform", "_until", "open_for", "opened_at", "since", "trips")

    def __init__(
        self,
        kept: Snapshot,
        now: Instant,
        passed: float,
        uniform: Callable[[float, float], float],
    ) -> None:
        """Go on where a snapshot left off, `passed` seconds later."""
        self._uniform = uniform
        self.trips = kept.trips
        self.opened_at = kept.opened_at
        self.open_for = kept.open_for
        self._until = now.mono + max((kept.retry_after or 0.0) - passed, 0.0)
        self.since = now.mono - (kept.closed_for + passed)
        """Since when it is closed, or half-open without progress."""

    def left(self, now: Instant) -> float:
        """Return the seconds of the open time that are left."""
        return max(self._until - now.mono, 0.0)

    def trip(self, policy: Policy, now: Instant, *, hint: float | None) -> None:
        """Begin an open time after one more trip, at least as long as a hint."""
        self.trips += 1
        self.open_again(policy, now, hint=hint)

    def open_again(self, policy: Policy, now: Instant, *, hint: float | None = None) -> None:
        """Begin an open time after as many trips as there were."""
        wait = open_time(policy, self.trips, hint=hint, uniform=self._uniform)
        self.open_for, self.opened_at, self._until = wait, now.wall, now.mono + wait

    def hold(self, seconds: float, now: Instant) -> None:
        """Begin an open time of so many seconds: one more trip, though not of our own."""
        self.trips += 1
        self.open_for, self.opened_at, self._until = seconds, now.wall, now.mono + seconds

    def lengthen(self, hint: float | None, now: Instant) -> None:
        """Heed a hint while open: it makes the open time longer, never shorter."""
        if hint is None:
            return
        until = now.mono + lengthened(self.left(now), hint)
        self.open_for += until - self._until
        self._until = until

    def forget(self, policy: Policy, now: Instant) -> None:
        """Forget trips of a closed breaker; what is left of its healthy time counts on."""
        if self.trips:
            remembered = trips_remembered(policy, self.trips, now.mono - self.since)
            self.since += (self.trips - remembered) * policy.max_open
            self.trips = remembered
