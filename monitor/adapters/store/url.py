"""The store's URL, as the configuration writes it, and as SQLAlchemy wants it."""

import importlib.util
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

_RIGHT = "write sqlite:///file.db, sqlite:////absolute/file.db or postgresql://user@host/name"
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


def normalise(url: str) -> str:
    """Return the URL with the driver that we use.

    Raises ValueError, which says what would be right; a password is never part of the message.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(f"this is not the URL of a store; {_RIGHT}") from None
    drivername = _DRIVERS.get(parsed.drivername)
    if drivername is None:
        raise ValueError(f"a store of kind {parsed.drivername!r} is not supported; {_RIGHT}")
    if drivername.startswith("sqlite") and (parsed.database or ":memory:") == ":memory:":
        raise ValueError(f"a store in memory would forget everything at a restart; {_RIGHT}")
    if drivername.startswith("postgresql"):
        if not parsed.database:
            raise ValueError(f"the name of the database is missing; {_RIGHT}")
        if importlib.util.find_spec("psycopg") is None:
            raise ValueError("PostgreSQL needs a driver: pip install omilia-monitor[postgres]")
    return parsed.set(drivername=drivername).render_as_string(hide_password=False)


def for_people(url: str) -> str:
    """Return a normalised URL without its password and driver."""
    parsed = make_url(url)
    plain = parsed.set(drivername=parsed.get_backend_name())
    return plain.render_as_string(hide_password=True)


def file_of(url: str) -> Path | None:
    """Return the file of a normalised SQLite URL; None for a server."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or parsed.database is None:
        return None
    return Path(parsed.database)
