"""The janitor's rollups: minutes from raw outcomes, hours from minutes, as far as time has come.

How far that is, is kept in the table `rolled`. Rows that come late (a backlog after a failure, a
clock that was stepped) move it back, and what was rolled is rolled again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, and_, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.adapters.store import tables as t
from monitor.adapters.store.database import Database
from monitor.adapters.store.rows import ROLLUP_COLUMNS, effect_of, rollup_of, rollup_row
from monitor.adapters.store.statements import EVERY_ENDPOINT
from monitor.core.history import HOUR, MINUTE, Tally

GRACE = 30
"""Seconds after its end that a minute waits for probes which are still under way."""
_ROWS = 500
"""Rows that are folded between two turns of the loop."""
_WRITTEN = 200
"""Rollups per transaction: the writer waits for no more than these."""

Tallies = dict[tuple[int, int], Tally]
"""By the start of the bucket and the endpoint's number."""


def _outcomes() -> Select[Any]:
    """Select one window's raw outcomes: one seek of the key per endpoint."""
    o = t.outcome.c
    inside = and_(
        o.endpoint_id.in_(EVERY_ENDPOINT),
        o.location_id == bindparam("location"),
        o.due_ms >= bindparam("start_ms"),
        o.due_ms < bindparam("end_ms"),
    )
    columns = (o.endpoint_id, o.due_ms, o.category, o.latency_us, o.more)
    return select(*columns).where(inside)


def _minutes() -> Select[Any]:
    """Select one hour's rollups by the minute."""
    r = t.rollup.c
    inside = and_(
        r.endpoint_id.in_(EVERY_ENDPOINT),
        r.location_id == bindparam("location"),
        r.res == MINUTE,
        r.bucket >= bindparam("start"),
        r.bucket < bindparam("end"),
    )
    columns = (r.endpoint_id, *(r[name] for name in ROLLUP_COLUMNS))
    return select(*columns).where(inside)


def _first(table: Table, column: ColumnElement[int], *where: ColumnElement[bool]) -> Select[Any]:
    """Select the least value from a start on, over all endpoints: one seek of the key for each."""
    first = (
        select(func.min(column))
        .where(
            table.c.endpoint_id == t.endpoint.c.id,
            table.c.location_id == bindparam("location"),
            column >= bindparam("start"),
            *where,
        )
        .scalar_subquery()
    )
    each = select(first.label("first")).select_from(t.endpoint).subquery()
    return select(func.min(each.c.first))


class Roller:
    """Makes the rollups of one location. Everything it does may be repeated."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._outcomes = _outcomes()
        self._minutes = _minutes()
        self._first_outcome = _first(t.outcome, t.outcome.c.due_ms)
        self._first_minute = _first(t.rollup, t.rollup.c.bucket, t.rollup.c.res == MINUTE)
        self._upto = select(t.rolled.c.res, t.rolled.c.upto).where(
            t.rolled.c.location_id == bindparam("location")
        )

    async def roll(self, now: int) -> None:
        """Roll up what has ended by `now` (Unix seconds)."""
        async with self._db.writing() as connection:
            location = await self._db.names.location(connection)
        await self._roll_minutes(location, (now - GRACE) // MINUTE * MINUTE)
        await self._roll_hours(location)

    async def _roll_minutes(self, location: int, end: int) -> None:
        async with self._db.reading() as connection:
            rolled = await self._rolled(connection, location)
        if MINUTE not in rolled:
            return  # nothing was ever written
        start, width = rolled[MINUTE], MINUTE
        while start < end:
            self._db.scribe.oldest = None
            upto = min(end, start + width)
            tallies = await self._fold_outcomes(location, start, upto)
            await self._write(location, MINUTE, tallies)
            if not tallies:  # skip what is empty, at once
                first = await self._first(self._first_outcome, location, start * 1000)
                upto = end if first is None else min(end, first // 1000 // MINUTE * MINUTE)
            reached = await self._advance_minutes(location, upto)
            if reached <= start:
                return  # rows of this minute are coming in just now: next time
            start = reached
            # After a pause there is much to do, a minute at a time where there are many endpoints.
            width = min(2 * width, HOUR) if len(tallies) < _ROWS else MINUTE

    async def _roll_hours(self, location: int) -> None:
        async with self._db.reading() as connection:
            rolled = await self._rolled(connection, location)
        if HOUR not in rolled or MINUTE not in rolled:
            return
        start = rolled[HOUR]
        while start + HOUR <= rolled[MINUTE]:
            tallies: Tallies = {}
            window = {"location": location, "start": start, "end": start + HOUR}
            async for part in self._parts(self._minutes, window):
                for endpoint, *values in part:
                    tallies.setdefault((start, endpoint), Tally()).merge(rollup_of(values))
            await self._write(location, HOUR, tallies)
            upto = start + HOUR
            if not tallies:
                first = await self._first(self._first_minute, location, start)
                last = rolled[MINUTE] // HOUR * HOUR
                upto = last if first is None else min(last, first // HOUR * HOUR)
            if not await self._advance_hours(location, upto):
                return  # a minute of this hour is to be rolled again: next time
            start = upto

    async def _fold_outcomes(self, location: int, start: int, end: int) -> Tallies:
        tallies: Tallies = {}
        window = {"location": location, "start_ms": start * 1000, "end_ms": end * 1000}
        async for part in self._parts(self._outcomes, window):
            for endpoint, due_ms, category, latency, more in part:
                key = due_ms // 60_000 * MINUTE, endpoint
                tally = tallies.get(key)
                if tally is None:
                    tally = tallies[key] = Tally()
                seconds = None if latency is None else latency / 1e6
                tally.add(category, effect_of(category, more), seconds)
        return tallies

    async def _parts(
        self, statement: Select[Any], window: dict[str, int]
    ) -> AsyncIterator[Sequence[Any]]:
        """Read in parts, so that neither memory nor the loop notices how many rows there are."""
        async with self._db.reading() as connection, connection.stream(statement, window) as rows:
            async for part in rows.partitions(_ROWS):
                yield part
                await asyncio.sleep(0)

    async def _write(self, location: int, res: int, tallies: Tallies) -> None:
        keys = sorted(tallies)
        for first in range(0, len(keys), _WRITTEN):
            rows = [
                rollup_row(tallies[bucket, endpoint].rollup(), endpoint, location, res, bucket)
                for bucket, endpoint in keys[first : first + _WRITTEN]
            ]
            async with self._db.writing() as connection:
                await connection.execute(self._db.statements.rollup, rows)

    async def _first(self, statement: Select[Any], location: int, start: int) -> int | None:
        async with self._db.reading() as connection:
            window = {"location": location, "start": start}
            found: int | None = (await connection.execute(statement, window)).scalar()
            return found

    async def _rolled(self, connection: AsyncConnection, location: int) -> dict[int, int]:
        rows = await connection.execute(self._upto, {"location": location})
        return {row.res: row.upto for row in rows}

    async def _advance_minutes(self, location: int, upto: int) -> int:
        """Say how far the minutes have come: not beyond a row that came in meanwhile."""
        async with self._db.writing() as connection:
            came = self._db.scribe.oldest
            if came is not None:
                upto = min(upto, came // 1000 // MINUTE * MINUTE)
            await self._advance(connection, location, MINUTE, upto)
        return upto

    async def _advance_hours(self, location: int, upto: int) -> bool:
        """Say how far the hours have come, unless their minutes were put back meanwhile."""
        async with self._db.writing() as connection:
            rolled = await self._rolled(connection, location)
            if rolled[MINUTE] < upto:
                return False
            await self._advance(connection, location, HOUR, upto)
        return True

    async def _advance(
        self, connection: AsyncConnection, location: int, res: int, upto: int
    ) -> None:
        row = {"location_id": location, "res": res, "upto": upto}
        await connection.execute(self._db.statements.rolled, row)
        self._db.scribe.rolled[res] = upto
