"""Plain counters: what a tick adds to, at the cost of a few additions."""

from bisect import bisect_left
from collections import Counter

from monitor.core.outcome import Outcome
from monitor.ports import News

LATENCIES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the latency histogram in seconds; +Inf is the eighth bucket."""
LAGS = (0.005, 0.025, 0.1, 0.25, 1.0, 5.0, 30.0)
"""Upper bounds of the scheduler lag histogram in seconds; +Inf is the eighth."""


class Histogram:
    """Counts per bucket, and the sum. Written on the loop, read from any thread."""

    __slots__ = ("bounds", "counts", "sum")

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def cumulative(self) -> list[tuple[str, float]]:
        """Return `(le, count)` as Prometheus wants it, each bucket with all below it."""
        rows: list[tuple[str, float]] = []
        total = 0
        for bound, count in zip((*self.bounds, float("inf")), list(self.counts), strict=True):
            total += count
            rows.append(("+Inf" if bound == float("inf") else repr(bound), total))
        return rows


class Tally:
    """The counters of one endpoint."""

    __slots__ = ("certificate_expiry", "epoch", "latency", "moves", "outcomes", "skipped")

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.moves: Counter[str] = Counter()
        self.latency = Histogram(LATENCIES)
        self.skipped = 0
        self.epoch = -1
        self.certificate_expiry: float | None = None

    def add(self, news: News) -> None:
        """Count what led to the news.

        A trial is told twice, when it begins and with its outcome, so that a move counts only when
        its epoch is new.
        """
        for move in news.moves:
            if move.epoch > self.epoch:
                self.epoch = move.epoch
                self.moves[move.move] += 1
        if news.outcome is not None:
            self._count(news.outcome)
        elif not news.moves:
            # Watched anew: its breaker may have begun to count again.
            self.epoch = news.standing.breaker.epoch

    def _count(self, outcome: Outcome) -> None:
        self.outcomes[outcome.category] += 1
        if outcome.latency is not None:
            self.latency.observe(outcome.latency)
        if outcome.certificate_expiry is not None:
            self.certificate_expiry = outcome.certificate_expiry
