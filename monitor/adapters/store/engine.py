"""The connections: what makes SQLite durable and PostgreSQL answer in bounded time."""

import sqlite3
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

READING = "omilia_monitor_reading"
"""The execution option of connections that never write: they do not ask for the write lock."""

_GENERATION = "omilia_monitor_generation"

_PRAGMAS = (
    "PRAGMA auto_vacuum=INCREMENTAL",  # heeded by a new file only, and only before the next line
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",  # NORMAL may lose the last commits with the power
    "PRAGMA foreign_keys=ON",
    "PRAGMA journal_size_limit=33554432",
)


class Freshness:
    """Lets go of connections that were made before the database was opened anew.

    They are closed when somebody next asks for one, so that nobody's connection is cut off.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._generation = 0
        event.listen(engine.sync_engine, "connect", self._on_connect)
        event.listen(engine.sync_engine, "checkout", self._on_checkout)

    def renew(self) -> None:
        """Distrust every connection made so far."""
        self._generation += 1

    def _on_connect(self, _connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[_GENERATION] = self._generation

    def _on_checkout(self, _connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        if record.info[_GENERATION] != self._generation:
            raise DisconnectionError("made before the database was opened anew")


def make_engine(url: str, *, busy: float) -> AsyncEngine:
    """Return an engine for a normalised URL; nothing is connected yet.

    `busy` is how many seconds a locked SQLite file is waited for.
    """
    engine = create_async_engine(url, **_options(url, busy))
    _prepare(engine.sync_engine)
    return engine


def make_sync_engine(url: str, *, busy: float) -> Engine:
    """Return the same for a worker thread: migrations are not asynchronous."""
    sync_url = make_url(url)
    if sync_url.get_backend_name() == "sqlite":
        sync_url = sync_url.set(drivername="sqlite+pysqlite")
    options = {k: v for k, v in _options(url, busy).items() if k == "connect_args"}
    engine = create_engine(sync_url, pool_size=1, max_overflow=0, **options)
    _prepare(engine)
    return engine


def _options(url: str, busy: float) -> dict[str, Any]:
    parsed = make_url(url)
    # The writer, the janitor, the alerts' journal and a few readers.
    pool = {"pool_size": 4, "max_overflow": 8, "pool_timeout": 5.0}
    if parsed.get_backend_name() == "sqlite":
        return {**pool, "connect_args": {"timeout": busy}}
    settings = {
        "statement_timeout": "10s",
        "lock_timeout": "3s",
        # A process that froze inside a transaction must not keep its row locks (engines.md, 3).
        "idle_in_transaction_session_timeout": "10s",
    }
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    theirs = parsed.query.get("options", "")
    connect_args = {
        "options": f"{ours} {theirs}".strip(),  # what the URL says comes last, and holds
        "connect_timeout": 3,
        "keepalives": 1,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 10_000,
        "application_name": "omilia-monitor",
        "prepare_threshold": None,  # prepared statements do not survive PgBouncer's transactions
    }
    connect_args = {
        k: v for k, v in connect_args.items() if k == "options" or k not in parsed.query
    }
    return {**pool, "pool_pre_ping": True, "connect_args": connect_args}


def _prepare(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        is_written = engine.url.query.get("mode") != "ro"
        event.listen(engine, "connect", _on_connect if is_written else _on_connect_to_read)
        event.listen(engine, "begin", _on_begin)


def _on_connect(connection: Any, _record: Any) -> None:
    """Set a new SQLite connection up."""
    try:
        # The driver's own idea of when a transaction begins is switched off: we say BEGIN.
        connection.isolation_level = None
        cursor = connection.cursor()
        try:
            for pragma in _PRAGMAS:
                cursor.execute(pragma)
        finally:
            cursor.close()
    except (sqlite3.Error, OSError):
        connection.close()  # the pool does not know it yet
        raise


def _on_connect_to_read(connection: Any, _record: Any) -> None:
    """Set a connection up that cannot write: what the file is like is somebody else's choice."""
    connection.isolation_level = None


def _on_begin(connection: Connection) -> None:
    """Begin: a transaction that may write takes its lock now, not when it is too late to wait."""
    reading = connection.get_execution_options().get(READING, False)
    connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")
