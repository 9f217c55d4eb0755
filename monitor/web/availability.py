"""Availability of the last 24 hours, remembered: it never delays or fails an answer."""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from datetime import timedelta

from monitor.board import Board
from monitor.ports import Clock, History, StoreUnavailableError
from monitor.web.views import availability_of

log = logging.getLogger(__name__)

FRESH = 60.0
"""Seconds after which a figure is asked for again, when somebody wants it."""
KEPT = 3600.0
"""Seconds after which a figure that could not be renewed is no longer shown."""
BEAT = 600.0
"""Seconds between two looks at every endpoint, wanted or not."""
_SPAN = timedelta(hours=24)


class Availability:
    """Answers from memory, and lets one task renew what is wanted.

    `patience` is how many seconds the store may take for one endpoint.
    """

    def __init__(self, board: Board, clock: Clock, history: History, patience: float) -> None:
        self._board = board
        self._clock = clock
        self._history = history
        self._patience = patience
        self._known: dict[str, tuple[float | None, float]] = {}
        self._wanted: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def of(self, endpoint: str) -> float | None:
        """Return the figure as far as it is known. Any thread may ask."""
        value, at = self._known.get(endpoint, (None, -KEPT))
        return value if self._clock.monotonic() - at < KEPT else None

    def want(self, endpoints: Iterable[str]) -> None:
        """Have the figures renewed that are old: somebody looks at them."""
        stale = self._clock.monotonic() - FRESH
        old = [e for e in endpoints if e not in self._known or self._known[e][1] <= stale]
        if old:
            self._wanted.update(dict.fromkeys(old))
            self._wake.set()

    def start(self) -> None:
        """Begin to ask, with every endpoint."""
        self._task = asyncio.create_task(self._run(), name="availability")

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        beat = loop.time()
        while True:
            if loop.time() >= beat:
                beat = loop.time() + BEAT
                self._look_at_all()
            self._wake.clear()
            await self._renew()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(beat):
                    await self._wake.wait()

    def _look_at_all(self) -> None:
        """Want every endpoint on the board, and forget the others."""
        present = {entry.endpoint.id for entry in self._board.entries()}
        for gone in self._known.keys() - present:
            del self._known[gone]
        self._wanted = dict.fromkeys(present)

    async def _renew(self) -> None:
        """Ask for what is wanted, one at a time; a store that fails is left alone for now."""
        while self._wanted:
            endpoint = next(iter(self._wanted))
            try:
                async with asyncio.timeout(self._patience):
                    value = await self._ask(endpoint)
            except (StoreUnavailableError, TimeoutError):
                self._wanted.clear()
                return
            except Exception:
                log.exception("web.availability")
                self._wanted.clear()
                return
            self._known[endpoint] = (value, self._clock.monotonic())
            self._wanted.pop(endpoint, None)

    async def _ask(self, endpoint: str) -> float | None:
        now = self._clock.now()
        step = _SPAN.total_seconds()
        buckets = await self._history.buckets(endpoint, start=now - _SPAN, end=now, step=step)
        return availability_of(buckets)
