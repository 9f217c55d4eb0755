"""The timeline: what happened beside the outcomes. Fits `monitor.ports.Timeline`."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from monitor.adapters.store import tables as t
from monitor.adapters.store.backlog import Backlog
from monitor.adapters.store.database import Database
from monitor.adapters.store.rows import event_of, us
from monitor.core.event import Event
from monitor.ports import Noted

_log = logging.getLogger("omilia_monitor.store")


class SqlTimeline:
    """Notes events, and reads them again. `keep` hands one to the writer."""

    def __init__(self, database: Database, backlog: Backlog, keep: Callable[[Event], None]) -> None:
        self._db = database
        self._backlog = backlog
        self._keep = keep

    def note(self, event: Event) -> None:
        """Keep an event, with the next transaction."""
        self._keep(event)

    async def events(
        self,
        limit: int,
        start: datetime | None,
        end: datetime | None,
        endpoint: str | None,
        *,
        newest_first: bool,
    ) -> Sequence[Noted]:
        """Return events of [start, end), those that wait to be written among them.

        Raises StoreUnavailableError.
        """
        query = _query(limit, start, end, endpoint, newest_first=newest_first)
        waiting = list(self._waiting(start, end, endpoint))
        async with self._db.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        stored = list(self._noted(rows))
        found = stored + [one for one in waiting if one not in stored]
        found.sort(key=lambda one: one.event.at, reverse=newest_first)
        return found[:limit]

    def _waiting(
        self, start: datetime | None, end: datetime | None, endpoint: str | None
    ) -> Iterator[Noted]:
        for event in self._backlog.events:
            inside = (start is None or start <= event.at) and (end is None or event.at < end)
            if inside and endpoint in (None, event.endpoint):
                yield Noted(self._db.location, event)

    @staticmethod
    def _noted(rows: Sequence[Any]) -> Iterator[Noted]:
        for row in rows:
            try:
                yield Noted(row["location"], event_of(row))
            except ValueError as error:
                _log.error("store.unreadable", extra={"error": str(error)})


def _query(
    limit: int,
    start: datetime | None,
    end: datetime | None,
    endpoint: str | None,
    *,
    newest_first: bool,
) -> Select[Any]:
    e = t.event.c
    query = (
        select(
            e.at_us,
            e.kind,
            e.text,
            e.data,
            t.endpoint.c.name.label("endpoint"),
            t.location.c.name.label("location"),
        )
        .select_from(t.event.join(t.location).outerjoin(t.endpoint))
        .order_by(*((e.at_us.desc(), e.id.desc()) if newest_first else (e.at_us, e.id)))
        .limit(limit)
    )
    if start is not None:
        query = query.where(e.at_us >= us(start))
    if end is not None:
        query = query.where(e.at_us < us(end))
    if endpoint is not None:
        query = query.where(t.endpoint.c.name == endpoint)
    return query
