"""The ledger in the store: what was written of how long everything stood how, read again."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.adapters.store import codec
from monitor.adapters.store import tables as t
from monitor.adapters.store.documents import documents
from monitor.adapters.store.rows import from_ms, ms
from monitor.core.availability import Watch
from monitor.core.incident import Incident
from monitor.core.stretch import Presence, Stretch

_PART = 200
"""Incidents that are asked for at a time."""


class LedgerReader:
    """Reads what every location wrote down. Raises what `connect` raises when it cannot."""

    def __init__(self, connect: Callable[[], AbstractAsyncContextManager[AsyncConnection]]) -> None:
        self._connect = connect

    async def watches(self, start: datetime, end: datetime) -> list[Watch]:
        """Return what touches [start, end), for each location that wrote anything of it."""
        async with self._connect() as connection:
            names = (await connection.execute(select(t.location.c.id, t.location.c.name))).all()
            found = [
                await self._watch(connection, number, name, ms(start), ms(end))
                for number, name in sorted(names, key=lambda one: one[1])
            ]
        return [one for one in found if one.stretches or one.presences]

    async def watch(self, location: str, start: datetime, end: datetime) -> Watch:
        """Return what touches [start, end), of one location."""
        async with self._connect() as connection:
            query = select(t.location.c.id).where(t.location.c.name == location)
            number = (await connection.execute(query)).scalar()
            if number is None:
                return Watch(location)
            return await self._watch(connection, number, location, ms(start), ms(end))

    async def _watch(
        self, connection: AsyncConnection, location: int, name: str, start: int, end: int
    ) -> Watch:
        s, p = t.stretch.c, t.presence.c
        stretches = await documents(
            connection,
            select(s.doc).where(
                s.location_id == location,
                s.begin_ms < end,
                or_(s.end_ms.is_(None), s.end_ms > start),
            ),
            codec.stretches.loads,
        )
        presences = await connection.execute(
            select(p.begin_ms, p.seen_ms).where(
                p.location_id == location, p.begin_ms < end, p.seen_ms >= start
            )
        )
        return Watch(
            name,
            stretches,
            [_presence(begin, seen) for begin, seen in presences],
            await self._incidents(connection, stretches),
        )

    @staticmethod
    async def _incidents(
        connection: AsyncConnection, stretches: list[Stretch]
    ) -> dict[str, Incident]:
        wanted = sorted({one.incident for one in stretches if one.incident})
        found: dict[str, Incident] = {}
        for place in range(0, len(wanted), _PART):
            query = select(t.incident.c.doc).where(
                t.incident.c.id.in_(wanted[place : place + _PART])
            )
            part = await documents(connection, query, codec.incidents.loads)
            found.update((one.id, one) for one in part)
        return found


async def last_presence(connection: AsyncConnection, location: str) -> Presence | None:
    """Return when a location's monitor was last there; None when it never was."""
    p = t.presence.c
    newest = (
        select(p.begin_ms, p.seen_ms)
        .join(t.location)
        .where(t.location.c.name == location)
        .order_by(p.seen_ms.desc())
        .limit(1)
    )
    row = (await connection.execute(newest)).first()
    return None if row is None else _presence(*row)


async def going_on_at(
    connection: AsyncConnection, location: str, presence: Presence | None
) -> tuple[Stretch, ...]:
    """Return the stretches of a location that had not ended when it was last seen."""
    s = t.stretch.c
    later = [] if presence is None else [s.end_ms > ms(presence.seen)]
    query = (
        select(s.doc)
        .join(t.location)
        .where(t.location.c.name == location, or_(s.end_ms.is_(None), *later))
        .order_by(s.begin_ms.desc())
    )
    return tuple(await documents(connection, query, codec.stretches.loads))


def _presence(begin: int, seen: int) -> Presence:
    return Presence(from_ms(begin), from_ms(seen))
