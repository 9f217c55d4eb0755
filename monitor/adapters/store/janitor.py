"""The janitor's rollups: minutes from raw outcomes, hours from minutes, as far as time has come.

How far that is, is kept in the table `rolled`. Rows that come late (a backlog after a failure, a
clock that was stepped) move it back, and what was rolled is rolled again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Select, and_, bindparam, func, select
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


def _outcomes() -> Select[Any]:
    """Select one window's raw outcomes: one seek of the key per endpoint."""
    o = t.outcome.c
    inside = and_(
        o.endpoint_id.in_(EVERY_ENDPOINT),
        o.location_id == bindparam("location"),
        o.due_ms >= bindparam("start_ms"),
        o.due_ms < bindparam("end_ms"),
    )
    columns = (o.endpoint_id, o.category, o.latency_us, o.more)
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

    async def roll(self, now: int, oldest_outcome: int, oldest_minute: int) -> None:
        """Roll up what has ended; never from what is partly gone. All times: Unix seconds."""
        async with self._db.writing() as connection:
            location = await self._db.names.location(connection)
        await self._roll_minutes(location, (now - GRACE) // MINUTE * MINUTE, oldest_outcome)
        await self._roll_hours(location, oldest_minute)

    async def _roll_minutes(self, location: int, end: int, oldest: int) -> None:
        async with self._db.reading() as connection:
            rolled = await self._rolled(connection, location)
        if MINUTE not in rolled:
            return  # nothing was ever written
        start = max(rolled[MINUTE], -(-oldest // MINUTE) * MINUTE)
        while start < end:
            self._db.scribe.oldest = None
            tallies = await self._fold_outcomes(location, start)
            await self._write(location, MINUTE, start, tallies)
            upto = start + MINUTE
            if not tallies:  # skip what is empty, at once
                upto = max(upto, min(end, await self._next_minute(location, start, end)))
            reached = await self._advance_minutes(location, upto)
            if reached <= start:
                return  # rows of this minute are coming in just now: next time
            start = reached

    async def _roll_hours(self, location: int, oldest: int) -> None:
        async with self._db.reading() as connection:
            rolled = await self._rolled(connection, location)
        if HOUR not in rolled or MINUTE not in rolled:
            return
        start = max(rolled[HOUR], -(-oldest // HOUR) * HOUR)
        while start + HOUR <= rolled[MINUTE]:
            tallies: dict[int, Tally] = {}
            window = {"location": location, "start": start, "end": start + HOUR}
            async for part in self._parts(self._minutes, window):
                for endpoint, *values in part:
                    tallies.setdefault(endpoint, Tally()).merge(rollup_of(values))
            await self._write(location, HOUR, start, tallies)
            start += HOUR
            if not await self._advance_hours(location, start):
                return  # a minute of this hour is to be rolled again: next time

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
        async with self._db.reading() as connection, connection.stream(statement, window) as rows:
            async for part in rows.partitions(_ROWS):
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
