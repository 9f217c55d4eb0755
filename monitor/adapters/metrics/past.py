"""What has been counted since the start, as metric families."""

from collections.abc import Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from monitor.adapters.metrics.tally import Tally
from monitor.board import Entry


def past(entries: Sequence[Entry], tallies: Mapping[str, Tally]) -> Iterator[Metric]:
    """Yield the counters of the endpoints that are on the board, and of no others."""
    outcomes = CounterMetricFamily(
        "omilia_monitor_outcomes",
        "Probes, by what was seen.",
        labels=("endpoint", "category"),
    )
    moves = CounterMetricFamily(
        "omilia_monitor_breaker_moves", "Moves of the breaker.", labels=("endpoint", "move")
    )
    skipped = CounterMetricFamily(
        "omilia_monitor_ticks_skipped",
        "Due times that passed without a probe.",
        labels=("endpoint",),
    )
    latency = HistogramMetricFamily(
        "omilia_monitor_probe_latency_seconds",
        "How long probes took, answered or not.",
        labels=("endpoint",),
    )
    for entry in entries:
        tally = tallies.get(entry.endpoint.id)
        if tally is None:
            continue
        label = (entry.endpoint.id,)
        # list(): a tick may add a category while this thread is here
        for category, count in list(tally.outcomes.items()):
            outcomes.add_metric((entry.endpoint.id, category), count)
        for move, count in list(tally.moves.items()):
            moves.add_metric((entry.endpoint.id, move), count)
        skipped.add_metric(label, tally.skipped)
        latency.add_metric(label, buckets=tally.latency.cumulative(), sum_value=tally.latency.sum)
    yield from (outcomes, moves, skipped, latency)
