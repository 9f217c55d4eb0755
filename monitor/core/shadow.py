"""What a breaker would have done while an order let all calls through."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from monitor.core.order import OVERRIDING, Order

KEPT = 100
"""Openings that are kept, the latest."""
_TIMES = {1: "once", 2: "twice"}


@dataclass(frozen=True, slots=True)
class Opening:
    """A time in which nobody would have been allowed to call; `end` is None while it goes on."""

    begin: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Shadow:
    """All of these since an order began: `count` of them, `seconds` of those that have ended."""

    count: int = 0
    seconds: float = 0.0
    openings: tuple[Opening, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether nobody would be allowed to call now."""
        return bool(self.openings) and self.openings[-1].end is None


NONE_YET = Shadow()


@dataclass(frozen=True, slots=True)
class Blocked:
    """How often, and for how many seconds in all."""

    count: int
    seconds: float


def follow(before: Shadow | None, order: Order, now: datetime, *, is_open: bool) -> Shadow | None:
    """Return the record once the breaker is like this; None while its verdict is obeyed.

    The same object when nothing changed.
    """
    if order.mode not in OVERRIDING:
        return None
    shadow = before or NONE_YET
    if is_open is shadow.is_open:
        return shadow
    if is_open:
        openings = (*shadow.openings[1 - KEPT :], Opening(now))
        return replace(shadow, count=shadow.count + 1, openings=openings)
    last = shadow.openings[-1]
    ended = replace(last, end=max(now, last.begin))  # a wall clock may have been set back
    seconds = shadow.seconds + _seconds(ended, now)
    return replace(shadow, seconds=seconds, openings=(*shadow.openings[:-1], ended))


def in_all(shadow: Shadow, now: datetime) -> Blocked:
    """Count since the order began."""
    going_on = _seconds(shadow.openings[-1], now) if shadow.is_open else 0.0
    return Blocked(shadow.count, shadow.seconds + going_on)


def today(shadow: Shadow, now: datetime) -> Blocked:
    """Count what falls into the day of `now`, in UTC."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    parts = [
        (end - max(one.begin, midnight)).total_seconds()
        for one in shadow.openings
        if (end := one.end or now) > midnight
    ]
    return Blocked(len(parts), sum(max(part, 0.0) for part in parts))


def words(shadow: Shadow, now: datetime) -> str:
    """Say it in one line, as of today."""
    blocked = today(shadow, now)
    if not blocked.count:
        return "would not have been open today"
    times = _TIMES.get(blocked.count, f"{blocked.count} times")
    return f"would have been open {_lasting(blocked.seconds)}, {times} today"


def summary(shadow: Shadow, now: datetime) -> str:
    """Say it in one line, since the order began."""
    blocked = in_all(shadow, now)
    if not blocked.count:
        return "it would not have been open"
    times = _TIMES.get(blocked.count, f"{blocked.count} times")
    return f"it would have been open {_lasting(blocked.seconds)}, {times}"


def _seconds(opening: Opening, now: datetime) -> float:
    return max(((opening.end or now) - opening.begin).total_seconds(), 0.0)


def _lasting(seconds: float) -> str:
    """Write a time for people, to the second below a minute, else in minutes."""
    if seconds < timedelta(minutes=1).total_seconds():
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
