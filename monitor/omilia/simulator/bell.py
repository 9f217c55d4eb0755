"""A bell: wakes everybody who waits for it now, and nobody who comes later."""

import asyncio


class Bell:
    """Rung whenever something changed that a waiting handler may have waited for."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Wake all who wait."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, timeout: float | None = None) -> None:
        """Return at the next ring, or after `timeout` seconds."""
        event = self._event
        try:
            async with asyncio.timeout(timeout):
                await event.wait()
        except TimeoutError:
            return
