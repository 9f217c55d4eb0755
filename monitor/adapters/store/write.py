"""Writes a batch inside a transaction, and finds the row that is to blame when one is."""

import logging
from collections.abc import Iterator

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.adapters.store import codec
from monitor.adapters.store.backlog import Batch
from monitor.adapters.store.names import Names
from monitor.adapters.store.rows import Row, event_row, ms, outcome_row, us
from monitor.adapters.store.statements import Statements
from monitor.adapters.store.trouble import Trouble, describe, kind_of
from monitor.core.history import HOUR, MINUTE
from monitor.core.stretch import Mark

_log = logging.getLogger("omilia_monitor.store")
_CHUNK = 200
"""Rows per statement: encoding more at a time would hold the loop up."""


class Scribe:
    """Writes batches of one location. Everything it does may be repeated."""

    def __init__(self, statements: Statements, names: Names) -> None:
        self._sql = statements
        self._names = names
        self.rolled: dict[int, int] = {}
        """Per resolution: rows older than this (Unix seconds) may have been rolled up already."""
        self.oldest: int | None = None
        """The oldest due time (Unix ms) written since somebody last asked."""

    def forget(self) -> None:
        """Ask the database again: what was learnt may have been rolled back or replaced."""
        self._names.forget()
        self.rolled.clear()

    async def write(self, connection: AsyncConnection, batch: Batch) -> int:
        """Write everything; nothing is refused. Raises what the database or the codec raises."""
        names = {*batch.standings, *(endpoint for endpoint, _ in batch.moves)}
        names.update(incident.endpoint for incident in batch.incidents.values())
        names.update(outcome.endpoint for outcome in batch.outcomes)
        names.update(event.endpoint for event in batch.events if event.endpoint is not None)
        names.update(stretch.endpoint for stretch in batch.stretches.values())
        location = await self._names.location(connection)
        ids = await self._names.endpoints(connection, names)
        for statement, rows in (
            (self._sql.standing, _standing_rows(batch, ids, location)),
            (self._sql.move, _move_rows(batch, ids, location)),
            (self._sql.incident, _incident_rows(batch, ids, location)),
            (self._sql.event, (event_row(event, ids, location) for event in batch.events)),
            (self._sql.window, _window_rows(batch, location)),
            (self._sql.silence, _silence_rows(batch, location)),
            (self._sql.copy, _copy_rows(batch, location)),
            (self._sql.stretch, _stretch_rows(batch, ids, location)),
            (self._sql.presence, _presence_rows(batch, location)),
        ):
            while chunk := [row for _, row in zip(range(_CHUNK), rows, strict=False)]:
                await connection.execute(statement, chunk)
        if batch.outcomes:
            await self._write_outcomes(connection, batch, ids, location)
        return 0

    async def _write_outcomes(
        self, connection: AsyncConnection, batch: Batch, ids: dict[str, int], location: int
    ) -> None:
        rows = [outcome_row(o, ids[o.endpoint], location) for o in batch.outcomes]
        await self._sql.outcome.execute(connection, rows)
        oldest = min(row["due_ms"] for row in rows)
        self.oldest = oldest if self.oldest is None else min(self.oldest, oldest)
        again = {res: oldest // 1000 // res * res for res in (MINUTE, HOUR)}
        late = {res: at for res, at in again.items() if at < self.rolled.get(res, at + 1)}
        if late:
            await connection.execute(
                self._sql.roll_again,
                [{"location_id": location, "res": res, "upto": at} for res, at in late.items()],
            )
            self.rolled.update(late)

    async def write_one_by_one(self, connection: AsyncConnection, batch: Batch) -> int:
        """Write what can be written; return how many rows were refused for their own sake.

        Raises when the store itself is in trouble.
        """
        refused: list[str] = []
        for single in batch.singles():
            try:
                async with connection.begin_nested():
                    await self.write(connection, single)
            except Exception as error:
                if kind_of(error) is not Trouble.ROW:
                    raise
                self.forget()
                refused.append(describe(error))
        if refused:
            _log.error("store.refused", extra={"rows": len(refused), "first": refused[0]})
        return len(refused)


def _standing_rows(batch: Batch, ids: dict[str, int], location: int) -> Iterator[Row]:
    for endpoint, standing in batch.standings.items():
        last = standing.last
        yield {
            "endpoint_id": ids[endpoint],
            "location_id": location,
            "state": standing.breaker.state.value,
            "epoch": standing.breaker.epoch,
            "updated_ms": 0 if last is None else ms(last.at),
            "doc": codec.standings.dumps(standing),
        }


def _move_rows(batch: Batch, ids: dict[str, int], location: int) -> Iterator[Row]:
    for endpoint, move in batch.moves:
        yield {
            "endpoint_id": ids[endpoint],
            "location_id": location,
            "epoch": move.epoch,
            "at_ms": ms(move.at),
            "move": move.move.value,
            "doc": codec.moves.dumps(move),
        }


def _incident_rows(batch: Batch, ids: dict[str, int], location: int) -> Iterator[Row]:
    for incident in batch.incidents.values():
        yield {
            "id": incident.id,
            "key": incident.key,
            "endpoint_id": ids[incident.endpoint],
            "location_id": location,
            "revision": incident.revision,
            "opened_us": us(incident.opened_at),
            "closed_us": None if incident.closed_at is None else us(incident.closed_at),
            "doc": codec.incidents.dumps(incident),
        }


def _window_rows(batch: Batch, location: int) -> Iterator[Row]:
    for window in batch.windows.values():
        yield {
            "location_id": location,
            "id": window.id,
            "revision": window.revision,
            "end_us": us(window.end),
            "doc": codec.windows.dumps(window),
        }


def _silence_rows(batch: Batch, location: int) -> Iterator[Row]:
    for silence in batch.silences.values():
        yield {
            "location_id": location,
            "id": silence.id,
            "revision": silence.revision,
            "end_us": us(silence.ends_at),
            "doc": codec.silences.dumps(silence),
        }


def _copy_rows(batch: Batch, location: int) -> Iterator[Row]:
    for copy in batch.copies.values():
        yield {"location_id": location, "name": copy.name, "doc": codec.copies.dumps(copy)}


def _stretch_rows(batch: Batch, ids: dict[str, int], location: int) -> Iterator[Row]:
    """Return each key once: two that begin in the same millisecond are the later one."""
    rows = {}
    for stretch in batch.stretches.values():
        row = {
            "endpoint_id": ids[stretch.endpoint],
            "location_id": location,
            "announced": int(stretch.mark is Mark.MAINTENANCE),
            "begin_ms": ms(stretch.begin),
            "end_ms": None if stretch.end is None else ms(stretch.end),
            "doc": codec.stretches.dumps(stretch),
        }
        rows[row["endpoint_id"], row["announced"], row["begin_ms"]] = row
    return iter(rows.values())


def _presence_rows(batch: Batch, location: int) -> Iterator[Row]:
    for presence in batch.presences.values():
        yield {
            "location_id": location,
            "begin_ms": ms(presence.begin),
            "seen_ms": ms(presence.seen),
        }
