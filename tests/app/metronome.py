"""A metronome that is played by hand: it fits the real one's shape, on a fake clock."""

from datetime import datetime, timedelta

from monitor.adapters.metronome import Reports, Tick
from monitor.core.cadence import next_on_grid, phase_of
from monitor.ports import Clock


class HandMetronome:
    """Runs ticks one after the other, in the order of their due times, when told to."""

    def __init__(self, tick: Tick, *, clock: Clock, reports: Reports) -> None:
        del reports  # it is never late
        self._tick = tick
        self._clock = clock
        self._due: dict[str, datetime] = {}
        self._every: dict[str, float] = {}

    def set(self, endpoint: str, every: float, *, first_in: float | None = None) -> None:
        self._every[endpoint] = every
        now = self._clock.now()
        self._due[endpoint] = (
            self._on_grid(endpoint) if first_in is None else now + timedelta(seconds=first_in)
        )

    def remove(self, endpoint: str) -> None:
        self._due.pop(endpoint, None)

    def next_at(self, endpoint: str) -> datetime | None:
        return self._due.get(endpoint)

    def start(self) -> None: ...

    async def stop(self, within: float) -> None: ...

    def first(self) -> tuple[str, datetime] | None:
        """Return who is due first, and when."""
        return min(self._due.items(), key=lambda item: item[1], default=None)

    async def play(self, endpoint: str, due: datetime) -> None:
        """Run one tick, and take the delay that it returns."""
        self._due[endpoint] = self._on_grid(endpoint)
        delay = await self._tick(endpoint, due)
        if delay is not None and endpoint in self._due:
            self._due[endpoint] = self._clock.now() + timedelta(seconds=delay)

    def _on_grid(self, endpoint: str) -> datetime:
        now, every = self._clock.now(), self._every[endpoint]
        at = next_on_grid(now.timestamp(), every, phase_of(endpoint, every))
        return datetime.fromtimestamp(at, now.tzinfo)
