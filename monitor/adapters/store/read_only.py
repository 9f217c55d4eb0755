"""A database that somebody else writes, opened to read what it wrote: nothing in it is changed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote

from alembic.script import ScriptDirectory
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from monitor.adapters.store.engine import READING, make_engine
from monitor.adapters.store.migrate import config
from monitor.adapters.store.recorded import RecordReader
from monitor.adapters.store.trouble import FAILURES, describe
from monitor.adapters.store.url import file_of, for_people, normalise
from monitor.ports import StoreUnavailableError


@asynccontextmanager
async def read_only(url: str, *, busy: float = 3.0) -> AsyncIterator[RecordReader]:
    """Open a store for reading, whether or not a daemon is using it.

    `busy` is how many seconds a locked SQLite file is waited for. Raises ValueError for a URL that
    is none; reading raises StoreUnavailableError when there is nothing that can be read.
    """
    known = normalise(url)
    file = file_of(known)
    engine = make_engine(known if file is None else _unwritable(known, file), busy=busy)
    reader = engine.execution_options(**{READING: True, "postgresql_readonly": True})
    try:
        yield RecordReader(partial(_connected, reader, file, for_people(known)))
    finally:
        await engine.dispose()


def _unwritable(url: str, file: Path) -> str:
    """Return the URL of a SQLite file that is neither made nor written."""
    path = f"file:{quote(str(file))}"
    opened = make_url(url).set(database=path, query={"mode": "ro", "uri": "true"})
    return opened.render_as_string(hide_password=False)


@asynccontextmanager
async def _connected(
    engine: AsyncEngine, file: Path | None, shown: str
) -> AsyncIterator[AsyncConnection]:
    if file is not None and not file.exists():  # noqa: ASYNC240  a command, before it does anything
        raise StoreUnavailableError(f"{shown}: there is no such file")
    try:
        async with engine.connect() as connection:
            await _check(connection, shown)
            yield connection
    except StoreUnavailableError:
        raise
    except FAILURES as error:
        raise StoreUnavailableError(f"{shown}: {describe(error)}") from error


async def _check(connection: AsyncConnection, shown: str) -> None:
    """Find a schema that is not ours."""
    wanted = ScriptDirectory.from_config(config()).get_current_head()
    try:
        found = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    except DBAPIError as error:
        raise StoreUnavailableError(f"{shown} is no store of ours: {describe(error)}") from error
    if found != wanted:
        raise StoreUnavailableError(
            f"{shown}: its schema is {found}, this version reads {wanted}; "
            "a daemon of this version brings it there"
        )
