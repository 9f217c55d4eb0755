"""Questions to the store, which may be slow or away: whoever asks waits within reason."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from monitor.ports import StoreUnavailableError

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds that the store may take for an answer."""


async def asked(question: Awaitable[T]) -> T:
    """Wait for the store. Raises `StoreUnavailableError`."""
    try:
        async with asyncio.timeout(PATIENCE):
            return await question
    except TimeoutError:
        raise StoreUnavailableError("the store takes too long") from None
