"""The past, folded: counts, availability and latencies of many outcomes in one small value.

Rollups can be folded again and nothing is lost by it: an hour made of minutes is the hour made of
its outcomes.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from monitor.core.category import EFFECTS, Category, Effect
from monitor.core.outcome import Outcome

MINUTE = 60
HOUR = 3600
"""The resolutions that are kept, in seconds."""

INCONCLUSIVE = "inconclusive"
"""How outcomes are counted that said nothing because we could not see."""

_BASE = 1e-4
"""The upper end of the first latency bin, in seconds: 0.1 ms."""
_PER_DOUBLING = 4
_LAST = 88
"""The last bin takes everything above about six minutes."""


@dataclass(frozen=True, slots=True)
class Rollup:
    """Some outcomes of one endpoint, folded.

    `counts` is by category. `good` and `bad` are successes and failures; what is neutral is in
    neither. `latencies` counts successes by latency bin, `shortest` and `longest` (seconds) are
    the ends: how fast something fails says nothing about how fast it works.
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    good: int = 0
    bad: int = 0
    latencies: Mapping[int, int] = field(default_factory=dict)
    shortest: float | None = None
    longest: float | None = None


class Tally:
    """Collects outcomes and rollups into one rollup."""

    __slots__ = ("_bad", "_counts", "_good", "_latencies", "_longest", "_shortest")

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._latencies: dict[int, int] = {}
        self._good = self._bad = 0
        self._shortest = math.inf
        self._longest = -math.inf

    def add(self, category: str, effect: Effect, latency: float | None) -> None:
        """Count one outcome. `latency` is in seconds.

        What would have counted, had we been able to see, is a category of its own: the gap is seen.
        """
        if effect is Effect.NEUTRAL and EFFECTS[Category(category)] is not Effect.NEUTRAL:
            category = INCONCLUSIVE
        self._counts[category] = self._counts.get(category, 0) + 1
        if effect is Effect.FAILURE:
            self._bad += 1
        elif effect is Effect.SUCCESS:
            self._good += 1
            if latency is not None:
                place = bin_of(latency)
                self._latencies[place] = self._latencies.get(place, 0) + 1
                self._shortest = min(self._shortest, latency)
                self._longest = max(self._longest, latency)

    def merge(self, rollup: Rollup) -> None:
        """Take in what another rollup counted."""
        for category, count in rollup.counts.items():
            self._counts[category] = self._counts.get(category, 0) + count
        for place, count in rollup.latencies.items():
            self._latencies[place] = self._latencies.get(place, 0) + count
        self._good += rollup.good
        self._bad += rollup.bad
        if rollup.shortest is not None and rollup.longest is not None:
            self._shortest = min(self._shortest, rollup.shortest)
            self._longest = max(self._longest, rollup.longest)

    def rollup(self) -> Rollup:
        """Return what was counted so far."""
        timed = bool(self._latencies)
        return Rollup(
            counts=dict(sorted(self._counts.items())),
            good=self._good,
            bad=self._bad,
            latencies=dict(sorted(self._latencies.items())),
            shortest=self._shortest if timed else None,
            longest=self._longest if timed else None,
        )


def fold(outcomes: Iterable[Outcome]) -> Rollup:
    """Fold raw outcomes into a rollup."""
    tally = Tally()
    for outcome in outcomes:
        tally.add(outcome.category, outcome.effect, outcome.latency)
    return tally.rollup()


def merge(rollups: Iterable[Rollup]) -> Rollup:
    """Fold rollups into one. The order does not matter."""
    tally = Tally()
    for rollup in rollups:
        tally.merge(rollup)
    return tally.rollup()


def regroup(rollups: Iterable[tuple[int, Rollup]], step: int) -> list[tuple[int, Rollup]]:
    """Fold `(start, rollup)` pairs into steps, the oldest first. Starts and step: Unix seconds."""
    tallies: dict[int, Tally] = {}
    for start, rollup in rollups:
        tallies.setdefault(start // step * step, Tally()).merge(rollup)
    return [(start, tallies[start].rollup()) for start in sorted(tallies)]


def availability(rollup: Rollup) -> float | None:
    """Return the share of good outcomes among those that count, 0..1; None when none counts."""
    counted = rollup.good + rollup.bad
    return rollup.good / counted if counted else None


def percentile(rollup: Rollup, share: float) -> float | None:
    """Return the latency in seconds that `share` (0..1) of the successes did not exceed.

    Exact at the ends, else within one bin: at most 19 % too high, never below the true value's bin.
    """
    total = sum(rollup.latencies.values())
    if not total or rollup.shortest is None or rollup.longest is None:
        return None
    rank = max(1, math.ceil(share * total))
    seen = 0
    for place in sorted(rollup.latencies):
        inside = rollup.latencies[place]
        if seen + inside >= rank:
            low, high = _edges(place)
            guess = low + (high - low) * (rank - seen) / inside
            return min(max(guess, rollup.shortest), rollup.longest)
        seen += inside
    return rollup.longest


def bin_of(latency: float) -> int:
    """Return the latency's bin: four per doubling, so that a bin is 19 % wide."""
    if latency <= _BASE:
        return 0
    return min(1 + int(_PER_DOUBLING * math.log2(latency / _BASE)), _LAST)


def _edges(place: int) -> tuple[float, float]:
    """Return a bin's lower and upper end, in seconds."""
    if place == 0:
        return 0.0, _BASE
    return _BASE * 2 ** ((place - 1) / _PER_DOUBLING), _BASE * 2 ** (place / _PER_DOUBLING)
