"""The daemon's metrics: told of every tick, rendered off the loop when somebody scrapes."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import HistogramMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from monitor.adapters.metrics.past import past
from monitor.adapters.metrics.present import present
from monitor.adapters.metrics.sources import counter, gauge
from monitor.adapters.metrics.tally import LAGS, Histogram, Tally
from monitor.board import Board
from monitor.ports import Clock, News

log = logging.getLogger(__name__)

LATE = 1.0
"""Seconds after its due time from which a tick is late."""

Source = Callable[[], Iterable[Metric]]
"""Yields families of others. Asked on the loop at every scrape, so it must be quick."""


class Metrics:
    """Counts what happens and shows how things stand. Fits `metronome.Reports` by shape.

    Listens to the board through `publish`. Its registry is its own: two of them never meet.
    """

    def __init__(self, board: Board, clock: Clock, *, version: str, location: str) -> None:
        self._board = board
        self._clock = clock
        self._about = {"version": version, "location": location}
        self._tallies: dict[str, Tally] = {}
        self._lag = Histogram(LAGS)
        self._late = 0
        self._bugs: Counter[str] = Counter()
        self._sources: list[Source] = []

    # ------------------------------------------------------------ what happens

    def publish(self, news: News) -> None:
        """Count what led to the news (a listener of the board)."""
        self._tally(news.endpoint.id).add(news)

    def lag(self, seconds: float) -> None:
        """Count how late a tick began."""
        self._lag.observe(seconds)
        if seconds > LATE:
            self._late += 1

    def skipped(self, endpoint: str, runs: int) -> None:
        """Count due times that passed without a tick."""
        self._tally(endpoint).skipped += runs

    def bug(self, where: str) -> None:
        """Count an exception that should not have been. `where` is one of a few names."""
        self._bugs[where] += 1

    def add_source(self, source: Source) -> None:
        """Show the families of another room too: the store's, the alerts', the loop's."""
        self._sources.append(source)

    def _tally(self, endpoint: str) -> Tally:
        tally = self._tallies.get(endpoint)
        if tally is None:
            tally = self._tallies[endpoint] = Tally()
        return tally

    # ------------------------------------------------------------ who asks

    async def render(self, accept: str | None) -> tuple[bytes, str]:
        """Return the body and its content type: text, or OpenMetrics for who accepts it."""
        try:
            encode, content_type = choose_encoder(accept or "")
        except (TypeError, ValueError):  # a version that is no number; the library compares on
            encode, content_type = choose_encoder("")
        self._prune()
        registry = CollectorRegistry()
        registry.register(_Families(list(self._others()), self._own))
        ProcessCollector(registry=registry)
        return await asyncio.to_thread(encode, registry), content_type

    def _prune(self) -> None:
        """Forget the counters of endpoints that are no longer on the board."""
        for endpoint in [e for e in self._tallies if self._board.entry(e) is None]:
            del self._tallies[endpoint]

    def _own(self) -> Iterator[Metric]:
        """Yield our families. Runs in a thread: reads frozen entries and copies of counters."""
        entries = self._board.entries()
        yield InfoMetricFamily("omilia_monitor_build", "What runs, and where.", self._about)
        yield from present(entries, self._tallies, self._clock.now())
        yield from past(entries, self._tallies)

    def _others(self) -> Iterator[Metric]:
        """Yield the families that are not about one endpoint."""
        incidents = len(self._board.open_incidents())
        yield gauge("omilia_monitor_incidents_open", "Incidents that go on.", incidents)
        lag = HistogramMetricFamily(
            "omilia_monitor_scheduler_lag_seconds", "How late ticks begin.", labels=()
        )
        lag.add_metric((), buckets=self._lag.cumulative(), sum_value=self._lag.sum)
        yield lag
        yield counter(
            "omilia_monitor_ticks_late_total",
            f"Ticks that began more than {LATE:g} s late.",
            self._late,
        )
        for source in self._sources:
            try:
                yield from list(source())
            except Exception:
                log.exception("metrics.source")
                self.bug("metrics")
        yield counter(
            "omilia_monitor_bugs_total",
            "Exceptions that should not have been.",
            {(where,): count for where, count in self._bugs.items()},
            ("where",),
        )


class _Families(Collector):
    """What one scrape shows."""

    def __init__(self, ready: list[Metric], rest: Callable[[], Iterator[Metric]]) -> None:
        self._ready = ready
        self._rest = rest

    def collect(self) -> Iterator[Metric]:
        """Yield every family once."""
        yield from self._rest()
        yield from self._ready
