"""Whose fault a failed transaction is decides whether anything is given up."""

import sqlite3

import psycopg
import pytest
from psycopg import errors
from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    StatementError,
    TimeoutError,  # noqa: A004  the pool's own
)

from monitor.adapters.store.trouble import Trouble, describe, kind_of
from monitor.ports import StoreUnavailableError


def _sqlite_full() -> sqlite3.OperationalError:
    """Return what SQLite really says."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("PRAGMA max_page_count=1")
        with pytest.raises(sqlite3.OperationalError) as full:
            connection.execute("CREATE TABLE t (a)")
    finally:
        connection.close()
    return full.value


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (IntegrityError("x", {}, sqlite3.IntegrityError("NOT NULL")), Trouble.ROW),
        (DataError("x", {}, psycopg.DataError("out of range")), Trouble.ROW),
        (StatementError("x", "x", {}, TypeError("no such type")), Trouble.ROW),
        (UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), Trouble.ROW),
        (OverflowError("too large"), Trouble.ROW),
        (TypeError("not JSON"), Trouble.ROW),
        (KeyError("name"), Trouble.ROW),
        (OperationalError("x", {}, sqlite3.OperationalError("database is locked")), Trouble.STORE),
        (OperationalError("x", {}, psycopg.OperationalError("server closed")), Trouble.STORE),
        (ProgrammingError("x", {}, errors.UndefinedTable("no table")), Trouble.STORE),
        (InterfaceError("x", {}, psycopg.InterfaceError("closed")), Trouble.STORE),
        (InternalError("x", {}, psycopg.InternalError("corrupt")), Trouble.STORE),
        (TimeoutError("pool"), Trouble.STORE),
        (OSError("disk"), Trouble.STORE),
        (StoreUnavailableError("newer"), Trouble.STORE),
        (RuntimeError("who knows"), Trouble.STORE),
        (OperationalError("x", {}, errors.DiskFull("no space left")), Trouble.FULL),
        (OperationalError("x", {}, _sqlite_full()), Trouble.FULL),
        (_sqlite_full(), Trouble.FULL),
    ],
    ids=str,
)
def test_rows_are_blamed_only_for_what_is_their_own_fault(
    error: Exception, trouble: Trouble
) -> None:
    assert kind_of(error) is trouble


def test_people_see_the_words_of_the_database_without_statements_and_values() -> None:
    error = OperationalError("INSERT INTO t VALUES (?)", {"a": "hush"}, sqlite3.Error("no\nroom"))
    assert describe(error) == "no room"
    assert describe(ValueError()) == "ValueError"
    assert len(describe(ValueError("x" * 1000))) == 300
