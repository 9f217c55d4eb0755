"""The numbers of endpoints and of our location: small integers in the place of their names."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from monitor.adapters.store.statements import Statements


class Names:
    """Gives names their numbers. Forgets all of them when a transaction did not end well."""

    def __init__(self, location: str, statements: Statements) -> None:
        self._location = location
        self._statements = statements
        self._endpoints: dict[str, int] = {}
        self._location_id: int | None = None

    def forget(self) -> None:
        """Ask the database again: what was learnt may have been rolled back or replaced."""
        self._endpoints.clear()
        self._location_id = None

    async def endpoints(
        self, connection: AsyncConnection, names: Collection[str]
    ) -> dict[str, int]:
        """Return the numbers of these endpoints (and others), inserting those that are new."""
        unknown = [name for name in names if name not in self._endpoints]
        if unknown:
            await connection.execute(
                self._statements.new_endpoint, [{"name": name} for name in unknown]
            )
            for start in range(0, len(unknown), 500):
                chunk = {"names": unknown[start : start + 500]}
                found = await connection.execute(self._statements.endpoint_ids, chunk)
                self._endpoints.update((name, number) for name, number in found)
        return self._endpoints

    async def location(self, connection: AsyncConnection) -> int:
        """Return the number of our location."""
        if self._location_id is None:
            name = {"name": self._location}
            await connection.execute(self._statements.new_location, name)
            found = await connection.execute(self._statements.location_id, name)
            self._location_id = int(found.scalar_one())
        return self._location_id
