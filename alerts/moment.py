"""Time and dice: where they come from, and how moments are written in the journal and messages."""

from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the wall clock, aware, UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only grow: to measure."""
        ...


class Uniform(Protocol):
    """The dice: a number between two others, each as likely as the next."""

    def __call__(self, low: float, high: float, /) -> float:
        """Throw them."""
        ...


def ms_of(moment: datetime) -> int:
    """Return a moment as milliseconds since 1970, as the journal keeps it."""
    return (moment - _EPOCH) // _MS


def at_ms(milliseconds: int) -> datetime:
    """Return the moment of so many milliseconds since 1970, aware, UTC."""
    return _EPOCH + milliseconds * _MS


def rfc3339(moment: datetime) -> str:
    """Write a moment for a message: UTC, milliseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(at: datetime) -> str:
    """Write a moment for people: UTC, to the second, and said to be so."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def lasted(seconds: float) -> str:
    """Write a span of time for people, in at most two units: `2 h 5 min`."""
    left = max(round(seconds), 0)
    parts = []
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "less than a second"


def waits_until(since: datetime, seconds: float, now: datetime) -> datetime | None:
    """Return until when a wait of so many seconds goes on, None when it is over.

    The wall clock may have been set back meanwhile: a wait that would become more than twice as
    long as it was is over.
    """
    passed = (now - since).total_seconds()
    return since + timedelta(seconds=seconds) if -seconds <= passed < seconds else None
