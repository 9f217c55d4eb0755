"""Values that are stored as JSON documents, read a few at a time."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
_log = logging.getLogger("omilia_monitor.store")
_PART = 200
"""Documents that are read between two turns of the loop."""


async def documents(
    connection: AsyncConnection, query: Select[Any], loads: Callable[[str], T]
) -> list[T]:
    """Read the documents of a query's only column; leave out, and log, what is not one."""
    found: list[T] = []
    async with connection.stream(query) as rows:
        async for part in rows.scalars().partitions(_PART):
            for doc in part:
                try:
                    found.append(loads(doc))
                except ValueError as error:
                    _log.error("store.unreadable", extra={"error": str(error)})
            await asyncio.sleep(0)
    return found
