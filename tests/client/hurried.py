"""An event loop whose time passes as soon as nobody has anything to do: hours in milliseconds."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any


class _Impatient(selectors.DefaultSelector):
    """Does not wait: tells the loop how long it would have."""

    def __init__(self) -> None:
        super().__init__()
        self.skipped = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout:
            self.skipped += timeout
        return ready


class Hurried(asyncio.SelectorEventLoop):
    """Its time begins at 0 and stands still while somebody works. For what has no sockets."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)

    def time(self) -> float:
        return self._impatient.skipped


def hurried(main: Coroutine[Any, Any, None]) -> None:
    """Run to the end, in as much time as the work takes."""
    with asyncio.Runner(loop_factory=Hurried) as runner:
        runner.run(main)
