"""Moves of breakers, read back for people."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from monitor.adapters.store import codec
from monitor.adapters.store import tables as t
from monitor.adapters.store.database import Database
from monitor.adapters.store.documents import documents
from monitor.adapters.store.rows import ms
from monitor.core.breaker import Moved


async def moves_of(
    database: Database,
    endpoint: str,
    *,
    limit: int,
    start: datetime | None,
    end: datetime | None,
    newest_first: bool,
) -> Sequence[Moved]:
    """Return moves of an endpoint at our location, from `start` until before `end`."""
    key = (t.move.c.epoch, t.move.c.at_ms)
    query = (
        select(t.move.c.doc)
        .select_from(t.move.join(t.endpoint).join(t.location))
        .where(t.endpoint.c.name == endpoint, t.location.c.name == database.location)
        .order_by(*(column.desc() if newest_first else column for column in key))
        .limit(limit)
    )
    if start is not None:
        query = query.where(t.move.c.at_ms >= ms(start))
    if end is not None:
        query = query.where(t.move.c.at_ms < ms(end))
    async with database.reading() as connection:
        return await documents(connection, query, codec.moves.loads)
