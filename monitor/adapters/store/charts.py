"""History for charts: rollups where they exist, raw outcomes for the minutes not yet rolled up."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.adapters.store import tables as t
from monitor.adapters.store.database import Database
from monitor.adapters.store.rows import ROLLUP_COLUMNS, effect_of, from_seconds, ms, rollup_of
from monitor.core.history import HOUR, MINUTE, Rollup, Tally, availability, percentile, regroup
from monitor.ports import Bucket

_PART = 200
"""Rollups that are read between two turns of the loop."""


class Charts:
    """Reads the history of one endpoint, as seen from our location."""

    def __init__(self, database: Database) -> None:
        self._db = database

    async def buckets(
        self, endpoint: str, start: datetime, end: datetime, step: float
    ) -> Sequence[Bucket]:
        """Return the buckets that begin in [start, end), the oldest first; empty ones are left out.

        `step` is seconds; it is rounded up to whole minutes. Steps of whole hours are read from the
        rollups by the hour, all others from those by the minute, which are kept less long.
        """
        width = max(1, -(-int(step) // MINUTE)) * MINUTE
        first, last = ms(start) // 1000 // width * width, -(-ms(end) // 1000)
        found: list[tuple[int, Rollup]] = []
        async with self._db.reading() as connection:
            key = await self._key(connection, endpoint)
            if key is None:
                return []
            here = first
            for res in (HOUR, MINUTE) if width % HOUR == 0 else (MINUTE,):
                until = max(here, min(last, await self._rolled(connection, key[1], res)))
                found += await self._rollups(connection, key, res, here, until)
                here = until
            found += await self._fresh(connection, key, here, last)
        return [_bucket(at, width, rollup) for at, rollup in regroup(found, width)]

    async def _key(self, connection: AsyncConnection, endpoint: str) -> tuple[int, int] | None:
        here = t.endpoint.join(t.location, t.location.c.name == self._db.location)
        query = (
            select(t.endpoint.c.id, t.location.c.id)
            .select_from(here)
            .where(t.endpoint.c.name == endpoint)
        )
        row = (await connection.execute(query)).first()
        return None if row is None else (row[0], row[1])

    async def _rolled(self, connection: AsyncConnection, location: int, res: int) -> int:
        query = select(t.rolled.c.upto).where(
            t.rolled.c.location_id == location, t.rolled.c.res == res
        )
        return (await connection.execute(query)).scalar() or 0

    async def _rollups(
        self, connection: AsyncConnection, key: tuple[int, int], res: int, start: int, end: int
    ) -> list[tuple[int, Rollup]]:
        r = t.rollup.c
        query: Select[Any] = select(r.bucket, *(r[name] for name in ROLLUP_COLUMNS)).where(
            r.endpoint_id == key[0],
            r.location_id == key[1],
            r.res == res,
            r.bucket >= start,
            r.bucket < end,
        )
        found: list[tuple[int, Rollup]] = []
        async with connection.stream(query) as rows:
            async for part in rows.partitions(_PART):
                found += [(bucket, rollup_of(values)) for bucket, *values in part]
                await asyncio.sleep(0)
        return found

    async def _fresh(
        self, connection: AsyncConnection, key: tuple[int, int], start: int, end: int
    ) -> list[tuple[int, Rollup]]:
        """Fold raw outcomes by the minute."""
        o = t.outcome.c
        query = select(o.due_ms, o.category, o.latency_us, o.more).where(
            o.endpoint_id == key[0],
            o.location_id == key[1],
            o.due_ms >= start * 1000,
            o.due_ms < end * 1000,
        )
        tallies: dict[int, Tally] = {}
        async with connection.stream(query) as rows:
            async for part in rows.partitions(_PART):
                for due_ms, category, latency, more in part:
                    minute = due_ms // 1000 // MINUTE * MINUTE
                    seconds = None if latency is None else latency / 1e6
                    tally = tallies.setdefault(minute, Tally())
                    tally.add(category, effect_of(category, more), seconds)
                await asyncio.sleep(0)
        return [(minute, tally.rollup()) for minute, tally in tallies.items()]


def _bucket(start: int, width: int, rollup: Rollup) -> Bucket:
    return Bucket(
        start=from_seconds(start),
        step=float(width),
        counts=dict(rollup.counts),
        availability=availability(rollup),
        p50=percentile(rollup, 0.50),
        p95=percentile(rollup, 0.95),
        p99=percentile(rollup, 0.99),
    )
