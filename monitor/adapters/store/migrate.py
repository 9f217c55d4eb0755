"""Brings a database to the schema of this version, or says why it cannot."""

import logging
import threading
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from monitor.adapters.store.engine import make_sync_engine
from monitor.ports import StoreUnavailableError

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK = 7_236_459_113
"""The key of PostgreSQL's advisory lock for migrations: any number that nobody else uses."""

_ONE_AT_A_TIME = threading.Lock()
"""Alembic's `context` and `op` are global: two threads would use each other's connection."""

logging.getLogger("alembic").setLevel(logging.WARNING)  # it reports each look at the schema


def migrate(url: str, *, busy: float) -> None:
    """Migrate, in one transaction, in a worker thread. Does nothing when there is nothing to do.

    Raises StoreUnavailableError for a database that a newer version wrote, SQLAlchemyError or
    OSError when the database cannot be had.
    """
    engine = make_sync_engine(url, busy=busy)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Several machines may start at once; SQLite's BEGIN IMMEDIATE is lock enough.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            _upgrade(connection)
    finally:
        engine.dispose()


def config() -> Config:
    """Return Alembic's configuration: the scripts are part of this package, no file is needed."""
    configuration = Config()
    configuration.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    configuration.set_main_option("path_separator", "os")
    return configuration


def _upgrade(connection: Connection) -> None:
    configuration = config()
    scripts = ScriptDirectory.from_config(configuration)
    found = MigrationContext.configure(connection).get_current_revision()
    if found == scripts.get_current_head():
        return
    if found is not None and found not in {script.revision for script in scripts.walk_revisions()}:
        raise StoreUnavailableError(
            f"the database was written by a newer version (its schema is {found}, this version "
            f"knows {scripts.get_current_head()}); install that version again or use another store"
        )
    configuration.attributes["connection"] = connection
    with _ONE_AT_A_TIME:
        command.upgrade(configuration, "head")
