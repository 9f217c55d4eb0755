"""A bell: wakes everybody who waits for it now, and nobody who comes later."""

import asyncio


class Bell:
    """Rung whenever something changed that somebody may be waiting for."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        """Wake all who wait."""
        for waiter in self._waiting:
            _wake(waiter)

    async def wait(self, timeout: float | None = None) -> None:
        """Return at the next ring, or after `timeout` seconds."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()
        alarm = None if timeout is None else loop.call_later(timeout, _wake, waiter)
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)
            if alarm is not None:
                alarm.cancel()


def _wake(waiter: asyncio.Future[None]) -> None:
    """Let one go on; it may have been woken, or cancelled, already."""
    if not waiter.done():
        waiter.set_result(None)
