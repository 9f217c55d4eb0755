"""The journal's rows in SQL: SQLite and PostgreSQL by the same statements."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import Table, delete, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from alerts import document, tables
from alerts.alert import Alert, Severity, Status
from alerts.channel_state import ChannelState, Condition
from alerts.entry import Entry
from alerts.policy import Why
from alerts.telling import Telling

_log = logging.getLogger("omilia_monitor.alerts.journal")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Rows:
    """What is kept: entries by lane, the state of channels, what was told one by one."""

    entries: Sequence[Entry] = ()
    channels: Sequence[ChannelState] = ()
    tellings: Sequence[Telling] = ()


class SqlShelf:
    """Keeps rows in a database. Raises SQLAlchemyError, OSError or the driver's errors.

    `readers` gives connections that never write, where a database tells them from others.
    """

    def __init__(self, engine: AsyncEngine, readers: AsyncEngine | None = None) -> None:
        self._engine = engine
        self._readers = readers or engine
        dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
        self._insert = dialect.insert

    async def load(self) -> Rows:
        """Read everything but tellings. Rows that cannot be understood are left out."""
        async with self._readers.connect() as connection:
            entries = (await connection.execute(select(tables.journal))).mappings().all()
            channels = (await connection.execute(select(tables.channel))).mappings().all()
        return Rows(_understood(entries, _entry), _understood(channels, _channel))

    async def save(self, rows: Rows) -> None:
        """Write rows in one transaction: new ones, and new versions of known ones."""
        async with self._engine.begin() as connection:
            await self._put(connection, tables.journal, [_entry_row(e) for e in rows.entries])
            await self._put(connection, tables.channel, [_channel_row(c) for c in rows.channels])
            await self._put(connection, tables.telling, [_telling_row(t) for t in rows.tellings])

    async def tellings(self, incident_ids: Collection[str]) -> Sequence[Telling]:
        """Read what was told about some incidents, at most a few thousand, by one query."""
        query = select(tables.telling).where(tables.telling.c.incident_id.in_(incident_ids))
        async with self._readers.connect() as connection:
            return _understood((await connection.execute(query)).mappings().all(), _telling)

    async def forget_before(self, at_ms: int, most: int) -> int:
        """Delete up to `most` tellings that are older, in one transaction; return how many went.

        What somebody still believes to go on is kept, however long ago it was told.
        """
        t, key = tables.telling.c, list(tables.telling.primary_key)
        believed = select(tables.journal.c.incident_id).where(
            tables.journal.c.told_status == Status.FIRING.value
        )
        old = select(*key).where(t.at_ms < at_ms, t.incident_id.not_in(believed)).limit(most)
        async with self._engine.begin() as connection:
            gone = await connection.execute(delete(tables.telling).where(tuple_(*key).in_(old)))
        return gone.rowcount

    async def _put(
        self, connection: AsyncConnection, table: Table, rows: list[dict[str, Any]]
    ) -> None:
        if not rows:
            return
        insert = self._insert(table)
        keys = [column.name for column in table.primary_key]
        rest = {c.name: insert.excluded[c.name] for c in table.columns if c.name not in keys}
        await connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=rest), rows)


def _understood(
    rows: Iterable[Mapping[Any, Any]], read: Callable[[Mapping[Any, Any]], T]
) -> list[T]:
    """Read rows; one that an operator or a later version wrote differently is left alone."""
    found = []
    for row in rows:
        try:
            found.append(read(row))
        except ValueError:
            _log.warning("journal.row_not_understood", extra={"row": next(iter(row.values()))})
    return found


def _entry_row(entry: Entry) -> dict[str, Any]:
    told_severity = None if entry.told_severity is None else entry.told_severity.value
    doc = {
        "told_severity": told_severity,
        "told_ms": entry.told_ms,
        "reminded": entry.reminded,
        "told_as": None if entry.told_as is None else document.written(entry.told_as),
        "alert": None if entry.alert is None else document.written(entry.alert),
    }
    return {
        "channel": entry.channel,
        "alert_key": entry.key,
        "incident_id": entry.incident_id,
        "told_revision": entry.told_revision,
        "told_status": None if entry.told_status is None else entry.told_status.value,
        "trying_revision": entry.trying_revision,
        "attempts": entry.attempts,
        "not_before_ms": entry.not_before_ms,
        "remote": None if entry.remote is None else document.dumps(dict(entry.remote)),
        "last_error": entry.last_error,
        "updated_ms": entry.updated_ms,
        "doc": document.dumps(doc),
    }


def _entry(row: Mapping[Any, Any]) -> Entry:
    doc = document.loads(row["doc"])
    doc = doc if isinstance(doc, dict) else {}
    alert = _alert(doc.get("alert"))
    known = alert is not None and doc.get("told_severity") in frozenset(Severity)
    remote = document.loads(row["remote"])
    return Entry(
        channel=row["channel"],
        key=row["alert_key"],
        incident_id=row["incident_id"],
        told_revision=row["told_revision"],
        told_status=None if row["told_status"] is None else Status(row["told_status"]),
        told_severity=Severity(doc["told_severity"]) if known else None,
        told_ms=_whole(doc.get("told_ms")),
        reminded=_whole(doc.get("reminded")) or 0,
        told_as=_alert(doc.get("told_as")),
        trying_revision=row["trying_revision"],
        attempts=row["attempts"],
        not_before_ms=row["not_before_ms"],
        remote=remote if isinstance(remote, dict) else None,
        last_error=row["last_error"],
        updated_ms=row["updated_ms"],
        alert=alert,
    )


def _alert(value: Any) -> Alert | None:
    """Read an alert; None where there is none, and for what was written by hand or later."""
    try:
        return document.read(value)
    except (KeyError, TypeError, ValueError):
        return None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) else None


def _channel_row(state: ChannelState) -> dict[str, Any]:
    return {
        "name": state.name,
        "not_before_ms": state.not_before_ms,
        "state": state.condition.value,
        "attempts": state.failures,
        "last_error": state.last_error,
        "updated_ms": state.updated_ms,
    }


def _channel(row: Mapping[Any, Any]) -> ChannelState:
    return ChannelState(
        name=row["name"],
        condition=Condition(row["state"]),
        failures=row["attempts"],
        not_before_ms=row["not_before_ms"],
        last_error=row["last_error"],
        updated_ms=row["updated_ms"],
    )


def _telling_row(telling: Telling) -> dict[str, Any]:
    return {
        "channel": telling.channel,
        "incident_id": telling.incident_id,
        "revision": telling.revision,
        "status": telling.status.value,
        "why": telling.why.value,
        "at_ms": telling.at_ms,
    }


def _telling(row: Mapping[Any, Any]) -> Telling:
    return Telling(
        channel=row["channel"],
        incident_id=row["incident_id"],
        revision=row["revision"],
        status=Status(row["status"]),
        why=Why(row["why"]),
        at_ms=row["at_ms"],
    )
