"""The database as the rest of the store uses it: open or not, one writer at a time."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.adapters.store.engine import READING, Freshness, make_engine
from monitor.adapters.store.migrate import migrate
from monitor.adapters.store.names import Names
from monitor.adapters.store.statements import Statements
from monitor.adapters.store.trouble import FAILURES, describe
from monitor.adapters.store.url import file_of, for_people, normalise
from monitor.adapters.store.write import Scribe
from monitor.ports import StoreUnavailableError

if TYPE_CHECKING:
    from pathlib import Path


class Database:
    """One database: its connections, its statements, and whether it could be opened.

    `busy` is how long a locked SQLite file is waited for, in seconds. Raises ValueError for a URL
    that is none.
    """

    def __init__(self, url: str, *, location: str, busy: float) -> None:
        self.url = normalise(url)
        self.shown = for_people(self.url)
        self.file: Path | None = file_of(self.url)
        self.engine: AsyncEngine = make_engine(self.url, busy=busy)
        self._freshness = Freshness(self.engine)
        self.dialect = self.engine.dialect.name
        self.statements = Statements(self.engine.dialect)
        self.names = Names(location, self.statements)
        self.scribe = Scribe(self.statements, self.names)
        self.opened = asyncio.Event()
        self.location = location
        self._busy = busy
        self._readers = self.engine.execution_options(**{READING: True})
        self._identity: tuple[int, int] | None = None
        self._one_writer = asyncio.Lock()

    async def open(self) -> None:
        """Connect and migrate. Raises one of `trouble.FAILURES`; may be tried again."""
        self.scribe.forget()
        self._freshness.renew()
        self._identity = None  # whatever is there now is what we are about to take
        await asyncio.to_thread(migrate, self.url, busy=self._busy)
        self._identity = await asyncio.to_thread(self._look_at_file)
        self.opened.set()

    async def close(self) -> None:
        """Disconnect."""
        self.opened.clear()
        await self.engine.dispose()

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a transaction that may write, one at a time in this process."""
        async with self._one_writer:
            try:
                async with self.engine.begin() as connection:
                    yield connection
            except BaseException:
                self.scribe.forget()  # what it learnt was rolled back, or may have been
                raise

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection to read from, which nobody waits for.

        Raises StoreUnavailableError when the store cannot be read, whatever the reason.
        """
        if not self.opened.is_set():
            raise StoreUnavailableError(f"{self.shown} is not open")
        try:
            async with self._readers.connect() as connection:
                yield connection
        except StoreUnavailableError:
            raise
        except FAILURES as error:
            raise StoreUnavailableError(f"{self.shown}: {describe(error)}") from error

    async def give_back(self, pages: int) -> None:
        """Make a SQLite file smaller, by at most so many pages that nothing uses any more."""
        async with self._one_writer, self.engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver: Any = raw.driver_connection
            # It frees one page per step, and only a script is stepped to its end.
            await driver.executescript(f"PRAGMA incremental_vacuum({pages})")

    async def was_replaced(self) -> bool:
        """Tell, once, whether another file, or none, is where our SQLite file was."""
        known = self._identity
        if known is None or await asyncio.to_thread(self._look_at_file) == known:
            return False
        if self._identity != known:
            return False  # opened anew meanwhile
        self._identity = None
        return True

    def _look_at_file(self) -> tuple[int, int] | None:
        if self.file is None:
            return None
        try:
            found = self.file.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
