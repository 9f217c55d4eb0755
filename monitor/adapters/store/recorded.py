"""Raw outcomes, read back in order of time by whoever plays them again."""

import logging
from collections.abc import AsyncIterator
from datetime import datetime

from sqlalchemy import func, select

from monitor.adapters.store import tables as t
from monitor.adapters.store.ledger import LedgerReader
from monitor.adapters.store.rows import ms, outcome_of
from monitor.core.outcome import Outcome

_log = logging.getLogger("omilia_monitor.store")
_SLICE = 3_600_000
"""Milliseconds that are read at a time: no reading holds up whoever writes."""


class RecordReader(LedgerReader):
    """Reads what was probed. Raises what `connect` raises when it cannot."""

    async def outcomes(
        self, location: str, start: datetime, end: datetime
    ) -> AsyncIterator[Outcome]:
        """Give the outcomes of a location that were due in [start, end), as they were judged."""
        waiting: list[Outcome] = []
        first = await self._first(location, ms(start))
        for begin in range(ms(end) if first is None else first, ms(end), _SLICE):
            until = min(begin + _SLICE, ms(end))
            waiting += await self._slice(location, begin, until)
            waiting.sort(key=lambda one: one.at)
            later = next((n for n, one in enumerate(waiting) if ms(one.at) >= until), len(waiting))
            for outcome in waiting[:later]:
                yield outcome
            del waiting[:later]  # what was judged later may have to let others go first
        for outcome in waiting:
            yield outcome

    async def _first(self, location: str, start: int) -> int | None:
        """Return when the first outcome since then was due: nothing before it need be read."""
        o = t.outcome.c
        ours = select(t.location.c.id).where(t.location.c.name == location).scalar_subquery()
        async with self._connect() as connection:
            numbers = (await connection.execute(select(t.endpoint.c.id))).scalars().all()
            found = [
                await connection.scalar(
                    select(func.min(o.due_ms)).where(
                        o.endpoint_id == number, o.location_id == ours, o.due_ms >= start
                    )
                )
                for number in numbers
            ]
        return min((one for one in found if one is not None), default=None)

    async def _slice(self, location: str, begin: int, until: int) -> list[Outcome]:
        """Read what was due in a slice; leave out, and log, what is not one of ours."""
        o = t.outcome.c
        found: list[Outcome] = []
        async with self._connect() as connection:
            names = (await connection.execute(select(t.endpoint.c.id, t.endpoint.c.name))).all()
            ours = select(t.location.c.id).where(t.location.c.name == location).scalar_subquery()
            for number, name in names:
                query = select(t.outcome).where(
                    o.endpoint_id == number,
                    o.location_id == ours,
                    o.due_ms >= begin,
                    o.due_ms < until,
                )
                for row in (await connection.execute(query)).mappings():
                    try:
                        found.append(outcome_of(name, dict(row)))
                    except ValueError as error:
                        _log.error("store.unreadable", extra={"error": str(error)})
        return found
