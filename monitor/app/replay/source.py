"""Where a record comes from: a file of lines, or a store that a daemon may be writing."""

from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path

from monitor.adapters.store import read_only
from monitor.app.replay.line import UnreadableError, read_lines
from monitor.app.settings import Settings
from monitor.core.outcome import Outcome
from monitor.ports import StoreUnavailableError


async def from_file(
    file: Path, start: datetime | None, end: datetime | None
) -> AsyncIterator[Outcome]:
    """Give what a file holds of [start, end), in order of time. Raises UnreadableError."""
    for outcome in read_lines(file):
        if (start is None or outcome.at >= start) and (end is None or outcome.at < end):
            yield outcome


async def from_store(settings: Settings, start: datetime, end: datetime) -> AsyncIterator[Outcome]:
    """Give what a store holds of [start, end), in order of time. Raises UnreadableError."""
    try:
        async with read_only(settings.store_url) as store:
            async for outcome in store.outcomes(settings.location, start, end):
                yield outcome
    except StoreUnavailableError as error:
        raise UnreadableError(str(error)) from error
