"""Time zones, and the two nights of the year in which a wall clock says too little."""

import difflib
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, available_timezones

_LONGEST_GAP = timedelta(hours=3)
"""Longer than any clock was ever set forward by, but for islands that crossed the date line."""


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone by its name. Raises ValueError, with what may have been meant."""
    known = available_timezones()
    if name in known:
        return ZoneInfo(name)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    right = f"did you mean {close[0]}?" if close else "write a name such as Europe/Berlin, or UTC"
    raise ValueError(f"there is no time zone {name!r}; {right}")


def absolute(wall: datetime) -> datetime:
    """Return when a wall clock shows this, in UTC. `wall` is aware.

    A time that the clock skips counts by the offset before the gap, of one that it shows twice the
    first is meant: RFC 5545, 3.3.5.
    """
    at = wall.astimezone(UTC)
    if not _exists(wall):
        offset = (wall - _LONGEST_GAP).utcoffset() or timedelta()
        at = (wall.replace(tzinfo=None) - offset).replace(tzinfo=UTC)
    return at


def exact(wall: datetime, zone: tzinfo) -> datetime:
    """Return when the clocks of a zone show this naive time, in UTC.

    Raises ValueError when they never do, or do so twice.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if not _exists(first):
        raise ValueError(f"{wall} does not exist in {zone}: the clock is set forward then")
    if first.utcoffset() != second.utcoffset():
        both = " or ".join(one.isoformat() for one in (first, second))
        raise ValueError(f"{wall} exists twice in {zone}; write {both}")
    return first.astimezone(UTC)


def _exists(wall: datetime) -> bool:
    """Tell whether the clock ever shows this."""
    back = wall.astimezone(UTC).astimezone(wall.tzinfo)
    return back.replace(tzinfo=None) == wall.replace(tzinfo=None)
