"""The numbers that watch the watcher."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from alerts.attempt import Attempt
from alerts.channel_state import Condition

BUCKETS = (1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)
"""Upper bounds, in seconds, of the histogram from transition to told."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """A reading. Counters only grow while the process lives.

    `notifications` counts attempts by (channel, outcome, reason); `given_up` messages by channel
    that were refused for good, `dropped` those that people dropped; `template_failures` attempts
    whose own words could not be made. `untold` are changes that somebody is owed now,
    `oldest_untold` the age of the oldest in seconds. `told_within` are cumulative counts for
    BUCKETS and, last, for all; `told_seconds` is their sum.
    """

    notifications: Mapping[tuple[str, str, str], int]
    given_up: Mapping[str, int]
    untold: int
    oldest_untold: float
    told_within: tuple[int, ...]
    told_seconds: float
    channels: Mapping[str, Condition]
    journal_backlog: int
    dropped: Mapping[str, int] = field(default_factory=dict)
    template_failures: Mapping[str, int] = field(default_factory=dict)


class Tally:
    """Counts."""

    def __init__(self) -> None:
        self.notifications: Counter[tuple[str, str, str]] = Counter()
        self.given_up: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        self.template_failures: Counter[str] = Counter()
        self.told_seconds = 0.0
        self._told = [0] * (len(BUCKETS) + 1)

    def count(self, channel: str, attempt: Attempt) -> None:
        """Count an attempt."""
        self.notifications[channel, attempt.result.value, attempt.reason.value] += 1
        if attempt.template:
            self.template_failures[channel] += 1

    def told_after(self, seconds: float) -> None:
        """Count how long it took from the transition until somebody knew."""
        self._told[bisect_left(BUCKETS, seconds)] += 1
        self.told_seconds += seconds

    @property
    def told_within(self) -> tuple[int, ...]:
        """Return the cumulative counts."""
        return tuple(sum(self._told[: n + 1]) for n in range(len(self._told)))
