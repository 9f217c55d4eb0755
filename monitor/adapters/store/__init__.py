"""The store: SQLAlchemy Core on SQLite or PostgreSQL, the same statements on both."""

from monitor.adapters.store.read_only import read_only
from monitor.adapters.store.store import SqlStore
from monitor.adapters.store.url import normalise
from monitor.adapters.store.writer import Pace
from monitor.core.retention import Retention, estimate

__all__ = ["Pace", "Retention", "SqlStore", "estimate", "normalise", "read_only"]
