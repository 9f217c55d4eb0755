"""iCalendar (RFC 5545) as absolute times: RRULE, EXDATE, RECURRENCE-ID, whole days, TZID.

What cannot be understood is refused as a whole: half a calendar would be windows that nobody
misses until they are needed.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any

import icalendar
import recurring_ical_events

from monitor.adapters.calendars.zones import absolute
from monitor.core.detail import one_line

SLICE = timedelta(days=8)
"""So much of a calendar is unfolded at a time."""
_DAY = timedelta(days=1)
DENSEST = 500
"""Repetitions a day of all events together: more is a mistake, and would take long."""
_BEGIN = "BEGIN:VCALENDAR"
_OFTEN = ("HOURLY", "MINUTELY", "SECONDLY")
_TIMES = ("DTSTART", "DTEND", "RECURRENCE-ID", "EXDATE", "RDATE")
_EXACT = "X-OMILIA-MONITOR-SECONDS"
"""Where an event's own DURATION is kept while it is unfolded."""


class CalendarError(ValueError):
    """It is no calendar, or not one that can be understood. Repeats little of what it says."""


@dataclass(frozen=True, slots=True)
class Event:
    """One occurrence: [start, end), UTC. `uid` is the whole series', the rest is for people."""

    uid: str
    start: datetime
    end: datetime
    summary: str
    description: str


def events(
    text: str,
    zone: tzinfo,
    *,
    start: datetime,
    surely: datetime,
    end: datetime,
    most: int,
    late: Callable[[], bool] = lambda: False,
) -> tuple[list[Event], datetime]:
    """Return what a calendar announces from `start` to `end`, and up to when that is complete.

    That is `end`, or earlier when there are more than `most`, but not before `surely`. `zone` is
    for times without one and for whole days, unless the calendar names its own (X-WR-TIMEZONE).
    May take seconds, and is given up when it is `late`: not for the loop. Raises CalendarError.
    """
    with _understood():
        series = _series(text)
        found: dict[tuple[str, datetime], Event] = {}
        upto = start
        while upto < end and (upto < surely or len(found) < most):
            since, upto = upto, min(upto + SLICE, end)
            # A day more on both sides: what has no zone yet is looked for as if it were UTC's.
            for component in _unfolded(series, since - _DAY, upto + _DAY, late):
                event = _event(component, zone)
                if event is not None and event.end > start and event.start < upto:
                    found[event.uid, event.start] = event
    return sorted(found.values(), key=lambda event: event.start), upto


def understand(text: str) -> None:
    """Check that a calendar can be understood, without unfolding it. Raises CalendarError."""
    with _understood():
        _series(text)


@contextmanager
def _understood() -> Iterator[None]:
    """Turn whatever the libraries raise into one sentence."""
    try:
        yield
    except CalendarError:
        raise
    except recurring_ical_events.InvalidCalendar as error:
        raise CalendarError(f"a rule of it cannot be read: {one_line(str(error))}") from None
    except Exception as error:
        raise CalendarError(f"it cannot be read ({type(error).__name__})") from error


def _series(text: str) -> list[Any]:
    if text.lstrip()[: len(_BEGIN)].upper() != _BEGIN:
        raise CalendarError(f"not a calendar: it does not begin with {_BEGIN}")
    calendar = icalendar.Calendar.from_ical(text)
    _check(calendar)
    found: list[Any] = recurring_ical_events.of(calendar).series
    return found


def _unfolded(
    series: Iterable[Any], since: datetime, upto: datetime, late: Callable[[], bool]
) -> Iterator[Any]:
    for one in series:
        if late():
            raise CalendarError("unfolding it takes too long")
        for occurrence in one.between(since, upto):
            yield occurrence.as_component(keep_recurrence_attributes=False)


def _check(calendar: Any) -> None:
    """Refuse what would be read as something else than it says; note durations."""
    density = 0
    for event in calendar.walk("VEVENT"):
        name = one_line(str(event.get("SUMMARY") or event.get("UID") or "an event"))[:60]
        if event.errors:
            raise CalendarError(f"{name}: {event.errors[0][0]} cannot be read")
        if "DTSTART" not in event:
            raise CalendarError(f"{name}: it has no DTSTART")
        for key, value in _times(event):
            zone = value.params.get("TZID")
            if zone and any(_zoneless(one) for one in _moments(value)):
                raise CalendarError(f"{name}: {key} is in an unknown time zone {str(zone)!r}")
        for rule in _several(event, "RRULE"):
            density += _density(name, rule)
        _note_duration(event, name)
    if density > DENSEST:
        raise CalendarError(f"its events repeat {density} times a day; at most {DENSEST}")


def _density(name: str, rule: Any) -> int:
    """Return how often a day a rule repeats, at most."""
    if rule.get("FREQ", [""])[0] in _OFTEN:
        raise CalendarError(f"{name}: it repeats {rule['FREQ'][0]}; write a cron window for that")
    times = 1
    for key in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        times *= max(len(rule.get(key, ())), 1)
    return times


def _note_duration(event: Any, name: str) -> None:
    """Keep how long an event lasts by itself: hours are elapsed time (RFC 5545, 3.3.6)."""
    if "DURATION" in event:
        length = event["DURATION"].dt
        if length < timedelta():
            raise CalendarError(f"{name}: it ends before it begins")
        if length.seconds and isinstance(event["DTSTART"].dt, datetime):
            event[_EXACT] = str(length.total_seconds())
    elif "DTEND" in event:
        begin, end = (_wall(event[key].dt) for key in ("DTSTART", "DTEND"))
        if begin > end and event["DTSTART"].params.get("TZID") == event["DTEND"].params.get("TZID"):
            raise CalendarError(f"{name}: it ends before it begins")


def _times(event: Any) -> Iterator[tuple[str, Any]]:
    for key in _TIMES:
        for value in _several(event, key):
            yield key, value


def _several(event: Any, key: str) -> list[Any]:
    value = event.get(key, [])
    return value if isinstance(value, list) else [value]


def _moments(value: Any) -> Iterator[Any]:
    """Yield the moments of a property; a period's start stands for it."""
    listed = value.dts if hasattr(value, "dts") else [value]
    return (one.dt[0] if isinstance(one.dt, tuple) else one.dt for one in listed)


def _zoneless(moment: Any) -> bool:
    return isinstance(moment, datetime) and moment.tzinfo is None


def _wall(moment: date) -> datetime:
    """Return what the clock shows, without its zone."""
    if isinstance(moment, datetime):
        return moment.replace(tzinfo=None)
    return datetime.combine(moment, time())


def _aware(moment: date, zone: tzinfo) -> datetime:
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return moment
    return _wall(moment).replace(tzinfo=zone)


def _event(component: Any, zone: tzinfo) -> Event | None:
    """Read one occurrence; None for what is called off, or takes no time.

    It ends when the calendar shows that it ends. An event that begins while the clock is set
    forward keeps its length, and so does one that says how many hours it takes.
    """
    if component.get("STATUS") == "CANCELLED":
        return None
    first, last = (_aware(component[key].dt, zone) for key in ("DTSTART", "DTEND"))
    start, end = absolute(first), absolute(last)
    lasts = _wall(last) - _wall(first)
    skipped = start.astimezone(first.tzinfo).replace(tzinfo=None) != _wall(first)
    by_itself = component.get(_EXACT) == str(lasts.total_seconds())
    if skipped or by_itself:
        end = start + lasts
    if end <= start:
        return None
    return Event(
        uid=str(component.get("UID", "")),
        start=start,
        end=end,
        summary=one_line(str(component.get("SUMMARY", ""))),
        description=one_line(str(component.get("DESCRIPTION", ""))),
    )
