"""Retention: drops what is old, a little at a time."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Delete, Table, bindparam, delete, select, tuple_

from monitor.adapters.store import tables as t
from monitor.adapters.store.database import Database
from monitor.adapters.store.statements import EVERY_ENDPOINT
from monitor.core.history import HOUR, MINUTE
from monitor.core.retention import Retention

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

ROWS = 5_000
"""Rows per transaction: a clean-up must fit into what space is left, and keep nobody waiting."""
_PAGES = 2_000
"""Free pages that are given back to the file system at a time."""


def _delete_outcomes() -> Delete:
    """Delete the oldest outcomes of our location: one seek of the key per endpoint."""
    o = t.outcome.c
    key = (o.endpoint_id, o.location_id, o.due_ms)
    old = (
        select(*key)
        .where(
            o.endpoint_id.in_(EVERY_ENDPOINT),
            o.location_id == bindparam("location"),
            o.due_ms < bindparam("before"),
        )
        .limit(ROWS)
    )
    return delete(t.outcome).where(tuple_(*key).in_(old))


def _delete_rollups() -> Delete:
    r = t.rollup.c
    key = (r.endpoint_id, r.location_id, r.res, r.bucket)
    old = (
        select(*key)
        .where(
            r.endpoint_id.in_(EVERY_ENDPOINT),
            r.location_id == bindparam("location"),
            r.res == bindparam("res_"),
            r.bucket < bindparam("before"),
        )
        .limit(ROWS)
    )
    return delete(t.rollup).where(tuple_(*key).in_(old))


def _delete_moves() -> Delete:
    m = t.move.c
    key = (m.endpoint_id, m.location_id, m.epoch, m.at_ms)
    old = (
        select(*key)
        .where(m.location_id == bindparam("location"), m.at_ms < bindparam("before"))
        .limit(ROWS)
    )
    return delete(t.move).where(tuple_(*key).in_(old))


def _delete_incidents() -> Delete:
    i = t.incident.c
    over: ColumnElement[bool] = i.closed_us < bindparam("before")  # never what goes on
    old = select(i.id).where(i.location_id == bindparam("location"), over).limit(ROWS)
    return delete(t.incident).where(i.id.in_(old))


def _delete_by_id(table: Table, time: str) -> Delete:
    c = table.c
    key = (c.location_id, c.id)
    old = (
        select(*key)
        .where(c.location_id == bindparam("location"), c[time] < bindparam("before"))
        .limit(ROWS)
    )
    return delete(table).where(tuple_(*key).in_(old))


def _delete_stretches() -> Delete:
    s = t.stretch.c
    key = (s.endpoint_id, s.location_id, s.announced, s.begin_ms)
    over: ColumnElement[bool] = s.end_ms < bindparam("before")  # never what goes on
    old = select(*key).where(s.location_id == bindparam("location"), over).limit(ROWS)
    return delete(t.stretch).where(tuple_(*key).in_(old))


def _delete_presences() -> Delete:
    p = t.presence.c
    key = (p.location_id, p.begin_ms)
    old = (
        select(*key)
        .where(p.location_id == bindparam("location"), p.seen_ms < bindparam("before"))
        .limit(ROWS)
    )
    return delete(t.presence).where(tuple_(*key).in_(old))


class Retainer:
    """Applies the retention to one location."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._outcomes = _delete_outcomes()
        self._rollups = _delete_rollups()
        self._moves = _delete_moves()
        self._incidents = _delete_incidents()
        self._events = _delete_by_id(t.event, "at_us")
        self._windows = _delete_by_id(t.maintenance, "end_us")
        self._silences = _delete_by_id(t.silence, "end_us")
        self._stretches = _delete_stretches()
        self._presences = _delete_presences()

    async def retain(self, retention: Retention, now: float) -> int:
        """Delete what is older than it says; return how many rows went. `now`: Unix seconds."""
        async with self._db.writing() as connection:
            location = {"location": await self._db.names.location(connection)}
        kept = int(now - retention.hours)
        gone = 0
        for statement, limits in (
            (self._outcomes, {"before": int((now - retention.outcomes) * 1000)}),
            (self._rollups, {"res_": MINUTE, "before": int(now - retention.minutes)}),
            (self._rollups, {"res_": HOUR, "before": kept}),
            (self._moves, {"before": kept * 1000}),
            (self._incidents, {"before": kept * 1_000_000}),
            (self._events, {"before": kept * 1_000_000}),
            (self._windows, {"before": kept * 1_000_000}),
            (self._silences, {"before": kept * 1_000_000}),
            (self._stretches, {"before": kept * 1000}),
            (self._presences, {"before": kept * 1000}),
        ):
            gone += await self._delete(statement, {**location, **limits})
        if gone and self._db.dialect == "sqlite":
            await self._db.give_back(_PAGES)
        return gone

    async def _delete(self, statement: Delete, values: dict[str, Any]) -> int:
        gone = 0
        while True:
            async with self._db.writing() as connection:
                result = await connection.execute(statement, values)
            gone += result.rowcount
            if result.rowcount < ROWS:
                return gone
