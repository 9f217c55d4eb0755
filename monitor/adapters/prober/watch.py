"""The stopwatch of one exchange: which phase it is in, and how long each one took.

The places that know when a phase begins (opening a socket, beginning a handshake) are called by
asyncio, deep below aiohttp. They find the stopwatch of their request in a context variable, which
tasks and callbacks inherit. A request on a pooled connection passes none of these places, so that
it pays for two readings of the clock and no more.
"""

from collections.abc import Callable
from contextvars import ContextVar

from monitor.core.exchange import Phase, Phases

_ORDER = {phase: index for index, phase in enumerate(Phase)}


class Watch:
    """Measures one exchange. Phases that occur again (redirects, a second try) are added up."""

    __slots__ = ("_measure", "_since", "_spent", "_started", "cut", "expiry", "phase", "reused")

    def __init__(self, measure: Callable[[], float]) -> None:
        self._measure = measure
        self._started = self._since = measure()
        self._spent: list[float | None] = [None] * len(_ORDER)
        self.phase: Phase | None = None
        self.reused = False
        """The latest connection came from the pool."""
        self.expiry: float | None = None
        """When the latest connection's certificate expires, Unix seconds; None without TLS."""
        self.cut: Callable[[], None] | None = None
        """Aborts the latest connection, while the exchange lasts."""

    def enter(self, phase: Phase | None) -> None:
        """End the phase in progress, if there is one, and begin another."""
        now = self._measure()
        if self.phase is not None:
            index = _ORDER[self.phase]
            self._spent[index] = (self._spent[index] or 0.0) + now - self._since
        self.phase = phase
        self._since = now

    def drop(self) -> None:
        """Forget the phase in progress: it turned out not to happen."""
        self.phase = None

    def abort(self) -> None:
        """Cut the connection. To take leave from a TLS server that hangs takes half a minute."""
        if self.cut is not None:
            self.cut()

    def stop(self) -> float:
        """End the phase in progress, but remember which it was. Returns the whole time so far."""
        self.cut = None
        last = self.phase
        self.enter(None)
        self.phase = last
        return self._since - self._started

    def phases(self) -> Phases:
        """Return the seconds spent in each phase."""
        return Phases(*self._spent)


WATCH: ContextVar[Watch] = ContextVar("omilia_monitor_watch")
"""The stopwatch of the request that this task, or this callback, belongs to."""
