import importlib.util
import sys

import pytest

from monitor.adapters.store import normalise
from monitor.adapters.store.url import file_of, for_people


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("sqlite:///omilia-monitor.db", "sqlite+aiosqlite:///omilia-monitor.db"),
        ("sqlite:////var/lib/monitor.db", "sqlite+aiosqlite:////var/lib/monitor.db"),
        ("postgresql://m@db/name", "postgresql+psycopg://m@db/name"),
        ("postgres://m:pw@db:5433/name", "postgresql+psycopg://m:pw@db:5433/name"),
        (
            "postgresql://m@a,b/name?target_session_attrs=read-write",
            "postgresql+psycopg://m@a,b/name?target_session_attrs=read-write",
        ),
        ("postgresql+psycopg://m@db/name", "postgresql+psycopg://m@db/name"),
    ],
)
def test_every_form_of_the_documentation_gets_our_driver(written: str, meant: str) -> None:
    assert normalise(written) == meant
    assert normalise(meant) == meant


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("", "not the URL of a store"),
        ("monitor.db", "not the URL of a store"),
        ("sqlite://", "in memory would forget"),
        ("sqlite:///:memory:", "in memory would forget"),
        ("mysql://m:hush@db/name", "'mysql' is not supported"),
        ("postgresql+asyncpg://m@db/name", r"'postgresql\+asyncpg' is not supported"),
        ("postgresql://m@db", "name of the database is missing"),
        ("postgresql://m:hush@db:port/name", "not the URL of a store"),
    ],
)
def test_what_is_wrong_is_said_with_what_would_be_right(written: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        normalise(written)
    assert "sqlite:///file.db" in str(refused.value)
    assert "hush" not in str(refused.value)


def test_a_missing_driver_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r"pip install omilia-monitor\[postgres\]"):
        normalise("postgresql://m@db/name")


def test_people_see_neither_password_nor_driver() -> None:
    assert for_people(normalise("postgresql://m:hush@db/name")) == "postgresql://m:***@db/name"
    assert for_people(normalise("sqlite:///m.db")) == "sqlite:///m.db"


def test_only_sqlite_has_a_file() -> None:
    assert str(file_of(normalise("sqlite:////tmp/m.db"))) == "/tmp/m.db"
    assert file_of(normalise("postgresql://m@db/name")) is None
