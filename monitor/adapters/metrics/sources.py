"""What others have to say in the metrics: small makers of families, and the store's."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from monitor.ports import StoreHealth

Values = float | Mapping[tuple[str, ...], float]
"""One number, or one for each tuple of label values."""


def gauge(name: str, doc: str, values: Values, labels: Sequence[str] = ()) -> Metric:
    """Make a family that can rise and fall."""
    family = GaugeMetricFamily(name, doc, labels=labels)
    for key, value in _rows(values):
        family.add_metric(key, value)
    return family


def counter(name: str, doc: str, values: Values, labels: Sequence[str] = ()) -> Metric:
    """Make a family that only rises. `name` ends in `_total`."""
    family = CounterMetricFamily(name, doc, labels=labels)
    for key, value in _rows(values):
        family.add_metric(key, value)
    return family


def _rows(values: Values) -> Iterator[tuple[tuple[str, ...], float]]:
    if isinstance(values, Mapping):
        yield from values.items()
    else:
        yield (), values


def store_source(health: Callable[[], StoreHealth]) -> Callable[[], Iterator[Metric]]:
    """Make the source that says how the store is."""

    def families() -> Iterator[Metric]:
        now = health()
        yield gauge(
            "omilia_monitor_store_failing",
            "Whether the store cannot be written.",
            float(now.failing_since is not None),
        )
        yield gauge(
            "omilia_monitor_store_backlog", "Facts that wait to be written.", float(now.backlog)
        )
        yield counter(
            "omilia_monitor_store_dropped_total",
            "Raw outcomes that were lost because the backlog was full.",
            float(now.dropped),
        )

    return families
