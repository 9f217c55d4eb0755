"""Big answers, made once for all who ask in the same second, and off the loop."""

import asyncio
from collections.abc import Callable
from typing import Generic, TypeVar

from monitor.board import Board
from monitor.ports import Clock

T = TypeVar("T")

BIG = 50
"""Endpoints from which an answer is made in a thread."""


class Rendered(Generic[T]):
    """Keeps what `make` returned until the board changes or a second is over.

    `make` reads the board and may run in a thread. Who asks while it runs waits for the same run.
    """

    def __init__(self, board: Board, clock: Clock, make: Callable[[], T]) -> None:
        self._board = board
        self._clock = clock
        self._make = make
        self._key: tuple[int, int] | None = None
        self._run: asyncio.Task[T] | None = None

    async def get(self) -> T:
        """Return the answer for this version of the board and this second."""
        key = (self._board.version, int(self._clock.monotonic()))
        if self._run is None or key != self._key:
            self._key, self._run = key, asyncio.create_task(self._render())
        # shielded: an asker who hangs up does not take the answer from the others
        return await asyncio.shield(self._run)

    async def _render(self) -> T:
        if len(self._board.entries()) < BIG:
            return self._make()
        return await asyncio.to_thread(self._make)
