"""The statements that both databases share, built once, and the one place where they differ."""

from collections.abc import Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Table, bindparam, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.adapters.store import tables as t
from monitor.adapters.store.rows import Row

EVERY_ENDPOINT = select(t.endpoint.c.id)
"""For `endpoint_id IN (...)`: it makes both databases seek in a key that begins with the endpoint,
where a join would make SQLite read the whole table."""


def insert(dialect: str, table: Table) -> Any:
    """Return the dialect's INSERT, which knows ON CONFLICT; both have the same methods."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


class Bulk:
    """An INSERT that is handed to the driver as it is: half the cost per row of a statement."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        # SQLite's driver takes values in order, PostgreSQL's by name.
        self._pick = itemgetter(*compiled.positiontup) if compiled.positiontup else None

    async def execute(self, connection: AsyncConnection, rows: Sequence[Row]) -> None:
        """Insert rows, each of which has every column."""
        pick = self._pick
        values = list(rows) if pick is None else [pick(row) for row in rows]
        await connection.exec_driver_sql(self._sql, values)


class Statements:
    """What the writer and the janitor say, in one dialect. Every one of them may be repeated."""

    def __init__(self, dialect_: Dialect) -> None:
        dialect = dialect_.name
        self.new_endpoint = insert(dialect, t.endpoint).on_conflict_do_nothing()
        self.new_location = insert(dialect, t.location).on_conflict_do_nothing()
        self.outcome = Bulk(insert(dialect, t.outcome).on_conflict_do_nothing(), dialect_)
        self.move = insert(dialect, t.move).on_conflict_do_nothing()
        self.event = insert(dialect, t.event).on_conflict_do_nothing()
        self.standing = self._replace(dialect, t.standing)
        self.stretch = self._replace(dialect, t.stretch)
        self.presence = self._replace(dialect, t.presence)
        # Rows that retention has dropped are missing from a rollup that is made again: the fuller
        # one stays.
        again = insert(dialect, t.rollup)
        self.rollup = again.on_conflict_do_update(
            index_elements=list(t.rollup.primary_key),
            set_=_others(t.rollup, again),
            where=t.rollup.c.n <= again.excluded.n,
        )
        self.incident = self._revise(dialect, t.incident)
        self.window = self._revise(dialect, t.maintenance)
        self.silence = self._revise(dialect, t.silence)
        self.copy = self._replace(dialect, t.calendar)
        late = insert(dialect, t.rolled)
        self.roll_again = late.on_conflict_do_update(
            index_elements=list(t.rolled.primary_key),
            set_={"upto": late.excluded.upto},
            where=t.rolled.c.upto > late.excluded.upto,
        )
        self.rolled = self._replace(dialect, t.rolled)
        self.endpoint_ids = select(t.endpoint.c.name, t.endpoint.c.id).where(
            t.endpoint.c.name.in_(bindparam("names", expanding=True))
        )
        self.location_id = select(t.location.c.id).where(t.location.c.name == bindparam("name"))

    @staticmethod
    def _replace(dialect: str, table: Table) -> Any:
        """Insert a row, or put it in the place of the one with its key."""
        new = insert(dialect, table)
        return new.on_conflict_do_update(
            index_elements=list(table.primary_key), set_=_others(table, new)
        )

    @staticmethod
    def _revise(dialect: str, table: Table) -> Any:
        """Do the same, unless the one in its place has a higher revision."""
        new = insert(dialect, table)
        return new.on_conflict_do_update(
            index_elements=list(table.primary_key),
            set_=_others(table, new),
            where=table.c.revision <= new.excluded.revision,
        )


def _others(table: Table, new: Any) -> dict[str, Any]:
    """Return the new values of every column that is not part of the key."""
    return {c.name: new.excluded[c.name] for c in table.columns if not c.primary_key}
