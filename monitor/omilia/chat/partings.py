"""Farewells: finished whatever becomes of the probe that owes them, and never waited for long."""

import asyncio
from collections.abc import Coroutine
from typing import Any

PARTING = 1.0
"""Seconds that one farewell may take. A stop of the daemon waits for those under way."""


class Partings:
    """The farewells under way, each of at most `within` seconds."""

    def __init__(self, within: float) -> None:
        self.within = within
        self._under_way: set[asyncio.Task[bool]] = set()

    async def part(self, farewell: Coroutine[Any, Any, Any]) -> bool:
        """Say farewell; tell whether it was said in time. Goes on when the caller is cancelled."""
        task = asyncio.create_task(_in_time(farewell, self.within), name="farewell")
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Wait for those under way."""
        if self._under_way:
            await asyncio.wait(self._under_way)


async def _in_time(farewell: Coroutine[Any, Any, Any], within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            await farewell
    except TimeoutError:
        return False
    return True
