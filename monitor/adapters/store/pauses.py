"""Which credentials were refused. Fits `monitor.ports.Pauses`."""

import asyncio
import logging
from collections.abc import Mapping

from sqlalchemy import delete, insert, select

from monitor.adapters.store import codec
from monitor.adapters.store import tables as t
from monitor.adapters.store.database import Database
from monitor.adapters.store.trouble import FAILURES, describe
from monitor.core.credential import KeptPause
from monitor.ports import StoreUnavailableError

_log = logging.getLogger("omilia_monitor.store")


class SqlPauses:
    """Keeps the pauses of one location: there are few, so that they are written as a whole.

    `within` is how long either way may take, in seconds.
    """

    def __init__(self, database: Database, within: float) -> None:
        self._db = database
        self._within = within

    async def read(self) -> Mapping[str, KeptPause]:
        """Return what is kept, by the credential's name; what cannot be read is logged."""
        p = t.credential_pause.c
        query = select(p.name, p.doc).select_from(t.credential_pause.join(t.location))
        ours = query.where(t.location.c.name == self._db.location)
        try:
            async with asyncio.timeout(self._within), self._db.reading() as connection:
                rows = (await connection.execute(ours)).all()
        except TimeoutError:
            raise StoreUnavailableError(f"{self._db.shown} does not answer") from None
        found = {}
        for name, doc in rows:
            try:
                found[name] = codec.pauses.loads(doc)
            except ValueError as error:
                _log.error("store.unreadable", extra={"error": str(error)})
        return found

    async def write(self, pauses: Mapping[str, KeptPause]) -> None:
        """Keep these, and nothing else, in one transaction."""
        if not self._db.opened.is_set():
            raise StoreUnavailableError(f"{self._db.shown} is not open")
        try:
            async with asyncio.timeout(self._within), self._db.writing() as connection:
                here = await self._db.names.location(connection)
                table = t.credential_pause
                await connection.execute(delete(table).where(table.c.location_id == here))
                for name, pause in pauses.items():
                    row = {"location_id": here, "name": name, "doc": codec.pauses.dumps(pause)}
                    await connection.execute(insert(table).values(row))
        except FAILURES as error:
            raise StoreUnavailableError(f"{self._db.shown}: {describe(error)}") from error
