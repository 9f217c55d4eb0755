"""The janitor's rollups: minutes from raw outcomes, hours from minutes, as far as time has come.

How far that is, is kept in the table `rolled`. Rows that come late (a backlog after a failure, a
clock that was stepped) move it back, and what was rolled is rolled again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select

from monitor.adapters.store import tables as t
from monitor.adapters.store.database import Database
from monitor.adapters.store.rows import ROLLUP_COLUMNS, effect_of, rollup_of, rollup_row
from monitor.core.history import HOUR, MINUTE, Tally

GRACE = 30
"""Seconds after its end that a minute waits for probes which are still under way."""
_ROWS = 500
"""Rows that are folded between two turns of the loop."""
_WRITTEN = 200
"""Rollups per transaction: the writer waits for no more than these."""


def _outcomes() -> Select[Any]:
    """Select one window's raw outcomes: one seek of the key per endpoint."""
    o, e = t.outcome.c, t.endpoint.c
    inside = and_(
        o.endpoint_id == e.id,
        o.location_id == bindparam("location"),
        o.due_ms >= bindparam("start_ms"),
        o.due_ms < bindparam("end_ms"),
    )
    columns = (o.endpoint_id, o.category, o.latency_us, o.more)
    return select(*columns).select_from(t.endpoint.join(t.outcome, inside))


def _minutes() -> Select[Any]:
    """Select one hour's rollups by the minute."""
    r, e = t.rollup.c, t.endpoint.c
    inside = and_(
        r.endpoint_id == e.id,
        r.location_id == bindparam("location"),
        r.res == MINUTE,
        r.bucket >= bindparam("start"),
        r.bucket < bindparam("end"),
    )
    columns = (r.endpoint_id, *(r[name] for name in ROLLUP_COLUMNS))
    return select(*columns).select_from(t.endpoint.join(t.rollup, inside))


def _next_outcome() -> Select[Any]:
    """Select the due time of the first raw outcome at or after a moment, over all endpoints."""
    first = (
        select(func.min(t.outcome.c.due_ms).label("due_ms"))
        .where(
            t.outcome.c.endpoint_id == t.endpoint.c.id,
            t.outcome.c.location_id == bindparam("location"),
            t.outcome.c.due_ms >= bindparam("start_ms"),
        )
        .scalar_subquery()
    )
    each = select(first.label("due_ms")).select_from(t.endpoint).subquery()
    return select(func.min(each.c.due_ms))


class Roller:
    """Makes the rollups of one location. Everything it does may be repeated."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._outcomes = _outcomes()
        self._minutes = _minutes()
        self._next = _next_outcome()
        self._upto = select(t.rolled.c.res, t.rolled.c.upto).where(
            t.rolled.c.location_id == bindparam("location")
        )

    async def roll(self, now: int, oldest: int) -> None:
        """Roll up what has ended. `now` and `oldest`, the oldest raw row kept: Unix seconds."""
        async with self._db.writing() as connection:
            location = await self._db.names.location(connection)
        await self._roll_minutes(location, (now - GRACE) // MINUTE * MINUTE, oldest)
        await self._roll_hours(location)

    async def _roll_minutes(self, location: int, end: int, oldest: int) -> None:
        start = (await self._rolled(location)).get(MINUTE)
        if start is None:
            return  # nothing was ever written
        start = max(start, -(-oldest // MINUTE) * MINUTE)
        while start < end:
            self._db.scribe.oldest = None
            tallies = await self._fold_outcomes(location, start)
            await self._write(location, MINUTE, start, tallies)
            upto = start + MINUTE
            if not tallies:  # skip what is empty, at once
                upto = max(upto, min(end, await self._next_minute(location, start, end)))
            late = self._db.scribe.oldest
            if late is not None and late < upto * 1000:
                upto = late // 1000 // MINUTE * MINUTE
            await self._advance(location, MINUTE, upto)
            if upto <= start:
                return  # late rows are coming in just now: next time
            start = upto

    async def _roll_hours(self, location: int) -> None:
        rolled = await self._rolled(location)
        start, minutes = rolled.get(HOUR), rolled.get(MINUTE)
        if start is None or minutes is None:
            return
        while start + HOUR <= minutes:
            tallies: dict[int, Tally] = {}
            window = {"location": location, "start": start, "end": start + HOUR}
            async for part in self._parts(self._minutes, window):
                for endpoint, *values in part:
                    tallies.setdefault(endpoint, Tally()).merge(rollup_of(values))
            await self._write(location, HOUR, start, tallies)
            start += HOUR
            await self._advance(location, HOUR, start)

    async def _fold_outcomes(self, location: int, start: int) -> dict[int, Tally]:
        tallies: dict[int, Tally] = {}
        window = {
            "location": location,
            "start_ms": start * 1000,
            "end_ms": (start + MINUTE) * 1000,
        }
        async for part in self._parts(self._outcomes, window):
            for endpoint, category, latency, more in part:
                tally = tallies.get(endpoint)
                if tally is None:
                    tally = tallies[endpoint] = Tally()
                seconds = None if latency is None else latency / 1e6
                tally.add(category, effect_of(category, more), seconds)
        return tallies

    async def _parts(
        self, statement: Select[Any], window: dict[str, int]
    ) -> AsyncIterator[Sequence[Any]]:
        """Read in parts, so that neither memory nor the loop notices how many rows there are."""
        async with self._db.reading() as connection:
            async with connection.stream(statement, window) as result:
                async for part in result.partitions(_ROWS):
                    yield part
                    await asyncio.sleep(0)

    async def _write(self, location: int, res: int, bucket: int, tallies: dict[int, Tally]) -> None:
        endpoints = sorted(tallies)
        for first in range(0, len(endpoints), _WRITTEN):
            rows = [
                rollup_row(tallies[endpoint].rollup(), endpoint, location, res, bucket)
                for endpoint in endpoints[first : first + _WRITTEN]
            ]
            async with self._db.writing() as connection:
                await connection.execute(self._db.statements.rollup, rows)

    async def _next_minute(self, location: int, start: int, end: int) -> int:
        async with self._db.reading() as connection:
            window = {"location": location, "start_ms": start * 1000}
            due = (await connection.execute(self._next, window)).scalar()
        return end if due is None else int(due) // 1000 // MINUTE * MINUTE

    async def _rolled(self, location: int) -> dict[int, int]:
        async with self._db.reading() as connection:
            rows = await connection.execute(self._upto, {"location": location})
            return {res: upto for res, upto in rows}

    async def _advance(self, location: int, res: int, upto: int) -> None:
        async with self._db.writing() as connection:
            row = {"location_id": location, "res": res, "upto": upto}
            await connection.execute(self._db.statements.rolled, row)
            self._db.scribe.rolled[res] = upto

