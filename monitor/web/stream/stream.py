"""The event stream as one thing: it follows the board, and is followed."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from monitor.web.context import Context
from monitor.web.stream.followers import Followers, Limits
from monitor.web.stream.snapshot import Snapshots
from monitor.web.stream.source import Source

log = logging.getLogger(__name__)


class EventStream:
    """Two tasks keep it going: one tells what changed, one gives a sign of life."""

    def __init__(self, context: Context, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._bug = context.bug
        self.source = Source(context.board, context.clock, context.bug)
        snapshots = Snapshots(context.board, context.clock, self.source)
        self.followers = Followers(self.source, snapshots, self._limits)
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin."""
        for do, name in ((self._gather, "events"), (self._ping, "event pings")):
            self._tasks.append(asyncio.create_task(self._on_and_on(do), name=name))

    async def stop(self) -> None:
        """End all streams; their followers come again."""
        self.followers.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def ping(self) -> None:
        """Tell what changed without news, and let every follower hear something."""
        await self.source.sweep()
        await self.followers.wake()

    async def _gather(self) -> None:
        await self.source.gather()
        await self.followers.wake()

    async def _ping(self) -> None:
        await asyncio.sleep(self._limits.ping)
        await self.ping()

    async def _on_and_on(self, do: Callable[[], Awaitable[None]]) -> None:
        """Do it for ever. A bug is logged and counted, and does not end the stream."""
        while True:
            try:
                await do()
            except Exception:
                log.exception("web.events")
                self._bug("events")
