"""Metrics for Prometheus: counters kept as plain numbers, the present read at scrape time."""

from monitor.adapters.metrics.metrics import Metrics, Source
from monitor.adapters.metrics.sources import counter, gauge, store_source

__all__ = ["Metrics", "Source", "counter", "gauge", "store_source"]
