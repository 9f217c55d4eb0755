"""Watches for the moment at which an order ends: what is published follows at once, not later."""

import asyncio
import logging

from monitor.engine import Engine
from monitor.ports import Clock

log = logging.getLogger(__name__)

LATEST = 0.5
"""Seconds after which the clock is looked at again: it may have been set, an order been given."""


class OrderWatch:
    """Sleeps until the next order ends."""

    def __init__(self, clock: Clock, engine: Engine) -> None:
        self._clock = clock
        self._engine = engine

    async def run(self) -> None:
        """Go on for ever. A bug is logged and does not end it."""
        while True:
            ends, left = self._engine.orders_change_at(), LATEST
            if ends is not None:
                left = min(max((ends - self._clock.now()).total_seconds(), 0.0), LATEST)
            await asyncio.sleep(left)
            try:
                await self._engine.look_at_orders()
            except Exception:
                log.exception("orders.bug")
