"""What went wrong: whose fault it is, and how to say it in one line."""

import sqlite3
from enum import Enum

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError, StatementError

from monitor.ports import StoreUnavailableError

FAILURES = (SQLAlchemyError, OSError, TimeoutError, sqlite3.Error, StoreUnavailableError)
"""What a store that cannot be used raises, as far as we know."""

_UNWRITABLE = (ValueError, TypeError, AttributeError, LookupError, ArithmeticError)
"""What the driver or our own codec raises for a value that cannot be expressed."""

_DISK_FULL = "53100"
"""PostgreSQL's SQLSTATE for a full disk."""


class Trouble(Enum):
    """Whose fault a failed transaction is."""

    STORE = "store"
    """The database cannot be used now: try again later."""
    FULL = "full"
    """There is no room: write what matters most."""
    ROW = "row"
    """Some row is refused for its own sake: find it, and go on without it."""


def kind_of(error: Exception) -> Trouble:
    """Say whose fault it is. When in doubt it is the store's, and nothing is given up."""
    if isinstance(error, (IntegrityError, DataError)):
        return Trouble.ROW
    if isinstance(error, StatementError) and not isinstance(error, DBAPIError):
        return Trouble.ROW  # it did not even reach the driver
    if isinstance(error, _UNWRITABLE) and not isinstance(error, FAILURES):
        return Trouble.ROW
    return Trouble.FULL if _is_full(error) else Trouble.STORE


def _is_full(error: Exception) -> bool:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if getattr(cause, "sqlstate", None) == _DISK_FULL:
        return True
    return getattr(cause, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def describe(error: BaseException) -> str:
    """Return one short line for people: the database's words, without statements and values."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    words = " ".join(str(cause).split()) or type(cause).__name__
    return words if len(words) <= 300 else words[:299] + "…"  # noqa: PLR2004  one line on a screen
