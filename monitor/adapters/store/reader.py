"""What is read back: how things stood, and the past. Never waits for the writer."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import reduce
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, Table, bindparam, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.adapters.store import codec
from monitor.adapters.store import tables as t
from monitor.adapters.store.database import Database
from monitor.adapters.store.documents import documents
from monitor.adapters.store.ledger import going_on_at, last_presence
from monitor.adapters.store.rows import ms, outcome_of, us
from monitor.core.incident import Incident
from monitor.core.outcome import Outcome
from monitor.core.standing import Standing, caught_up
from monitor.core.window import MOST
from monitor.ports import Saved

_log = logging.getLogger("omilia_monitor.store")
_PART = 200
"""Incidents that are asked for at a time."""
MOST_READ = 2_000
"""Announced windows, and silences, that are read back: those that end last."""


class Reader:
    """Reads for one location. Raises StoreUnavailableError when the store cannot be read."""

    def __init__(self, database: Database) -> None:
        self._db = database
        o = t.outcome.c
        self._newest_outcomes = (
            select(t.outcome)
            .where(
                o.endpoint_id == _id_of(t.endpoint, bindparam("endpoint")),
                o.location_id == _id_of(t.location, literal(database.location)),
                o.due_ms > bindparam("after"),
            )
            .order_by(o.due_ms.desc())
            .limit(bindparam("most"))
        )

    async def saved(self) -> Saved:
        """Return how everything stood. What cannot be read is left out, and logged."""
        async with self._db.reading() as connection:
            standings = {}
            stored = self._ours(t.standing)
            for standing in await documents(connection, stored, codec.standings.loads):
                later = await self._later(connection, standing)
                standings[standing.endpoint] = reduce(caught_up, later, standing)
            going_on = self._ours(t.incident).where(t.incident.c.closed_us.is_(None))
            going_on = going_on.order_by(t.incident.c.opened_us)
            incidents = await documents(connection, going_on, codec.incidents.loads)
            announced = self._latest(t.maintenance)
            windows = await documents(connection, announced, codec.windows.loads)
            said = self._latest(t.silence)
            silences = await documents(connection, said, codec.silences.loads)
            copies = await documents(connection, self._ours(t.calendar), codec.copies.loads)
            presence = await last_presence(connection, self._db.location)
            stretches = await going_on_at(connection, self._db.location, presence)
        return Saved(
            standings,
            tuple(incidents),
            tuple(windows),
            tuple(copies),
            stretches=stretches,
            presence=presence,
            silences=tuple(silences),
        )

    async def incidents(self, limit: int, before: datetime | None) -> Sequence[Incident]:
        """Return incidents, the newest first."""
        newest_first = (t.incident.c.opened_us.desc(), t.incident.c.id.desc())
        query = select(t.incident.c.doc).order_by(*newest_first).limit(limit)
        if before is not None:
            query = query.where(t.incident.c.opened_us < us(before))
        async with self._db.reading() as connection:
            return await documents(connection, query, codec.incidents.loads)

    async def incidents_by_id(self, ids: Collection[str]) -> Sequence[Incident]:
        """Return those of these incidents that exist, in no order."""
        wanted = list(ids)
        found: list[Incident] = []
        async with self._db.reading() as connection:
            for start in range(0, len(wanted), _PART):
                part = wanted[start : start + _PART]
                query = select(t.incident.c.doc).where(t.incident.c.id.in_(part))
                found += await documents(connection, query, codec.incidents.loads)
        return found

    async def last_of(self, key: str) -> Incident | None:
        """Return the newest incident of a key, None when there is none."""
        query = self._ours(t.incident).where(t.incident.c.key == key)
        newest = query.order_by(t.incident.c.opened_us.desc()).limit(1)
        async with self._db.reading() as connection:
            found = await documents(connection, newest, codec.incidents.loads)
        return found[0] if found else None

    def _ours(self, table: Table) -> Select[Any]:
        """Select the documents of our location."""
        ours = t.location.c.name == self._db.location
        return select(table.c.doc).select_from(table.join(t.location)).where(ours)

    def _latest(self, table: Table) -> Select[Any]:
        """Select the documents of our location that end last."""
        return self._ours(table).order_by(table.c.end_us.desc()).limit(MOST_READ)

    async def _later(self, connection: AsyncConnection, standing: Standing) -> list[Outcome]:
        """Return raw outcomes that came after a standing, the oldest first.

        One seek of the key finds the newest. Where the windows hold something bad, whatever good
        came after it has to be weighed against it.
        """
        name, last = standing.endpoint, standing.last
        asked = {
            "endpoint": name,
            "after": 0 if last is None else ms(last.due),
            "most": MOST if standing.breaker.recent.is_mixed else 1,
        }
        rows = (await connection.execute(self._newest_outcomes, asked)).mappings().all()
        try:
            return [outcome_of(name, dict(row)) for row in reversed(rows)]
        except ValueError as error:
            _log.error("store.unreadable", extra={"error": str(error)})
            return []


def _id_of(table: Table, name: ColumnElement[str]) -> ScalarSelect[int]:
    return select(table.c.id).where(table.c.name == name).scalar_subquery()
