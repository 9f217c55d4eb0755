"""A clock that moves only when told."""

from datetime import UTC, datetime, timedelta

from monitor.core.instant import Instant

START = datetime(2026, 11, 22, 18, 0, 0, tzinfo=UTC)


class FakeClock:
    """Fits `monitor.ports.Clock`. The wall clock can be stepped on its own, as in real life."""

    def __init__(self, start: datetime = START) -> None:
        self.wall = start
        self.mono = 1000.0

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> float:
        return self.mono

    def read(self) -> Instant:
        return Instant(self.wall, self.mono)

    def advance(self, seconds: float) -> Instant:
        if seconds < 0:
            raise ValueError("time can't go backwards; use step() for the wall clock")
        self.mono += seconds
        self.wall += timedelta(seconds=seconds)
        return self.read()

    def step(self, seconds: float) -> None:
        """Step the wall clock, forwards or backwards; measured time goes on as it was."""
        self.wall += timedelta(seconds=seconds)
