"""Questions to the store, which may be slow or away: whoever asks waits within reason."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from monitor.ports import StoreUnavailableError

T = TypeVar("T")


async def asked(question: Awaitable[T], within: float) -> T:
    """Wait for the store, at most so many seconds. Raises `StoreUnavailableError`."""
    try:
        async with asyncio.timeout(within):
            return await question
    except TimeoutError:
        raise StoreUnavailableError("the store takes too long") from None
