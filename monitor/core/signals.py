"""Omilia's own signals: what a good reply tells of the platform itself, followed over time.

A version or a start time that becomes another one is an event, so that people see a release beside
an outage; neither is an outage. What a service says of those that it depends on is opaque: words
that are known to be good are, and of any other one nobody says more than that it is not well.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from monitor.core.detail import one_line
from monitor.core.event import Event, Kind

RELEASE_UNSEEN = 10
"""Replies in a row without a version after which it is gone. While a release is rolled out, the
instances behind one address tell of two; that is one release and not a hundred."""
START_UNSEEN = 100
"""The same for a start time: every instance has its own, for as long as it lives."""
MOST = 32
"""Values of one signal that are remembered beside the current one."""


class Otherwise(StrEnum):
    """What a word that is not known to be good makes of an endpoint."""

    DEGRADED = "degraded"
    UNKNOWN = "unknown"
    IGNORE = "ignore"


@dataclass(frozen=True, slots=True)
class Service:
    """What is said of one service that the platform depends on; bounded, safe to show."""

    name: str
    said: str
    well: bool


@dataclass(frozen=True, slots=True)
class Signals:
    """What one reply tells, "" where it tells nothing. `source` is who was asked, and for what."""

    source: str
    release: str = ""
    started: str = ""
    services: tuple[Service, ...] = ()
    otherwise: Otherwise = Otherwise.DEGRADED

    @property
    def doubt(self) -> str:
        """What is not well, in one line; "" when nothing is, or when nobody wants to know."""
        if self.otherwise is Otherwise.IGNORE:
            return ""
        return one_line(
            ", ".join(f"{one.name} says {one.said}" for one in self.services if not one.well)
        )

    @property
    def unsure(self) -> bool:
        """Whether nothing is known of an endpoint that tells this."""
        return self.otherwise is Otherwise.UNKNOWN and any(not one.well for one in self.services)


@dataclass(frozen=True, slots=True)
class Seen:
    """A value, and how many replies in a row did not have it."""

    value: str
    unseen: int = 0


@dataclass(frozen=True, slots=True)
class Track:
    """One signal over time: its current value, and others that are still told beside it."""

    current: Seen = Seen("")
    others: tuple[Seen, ...] = ()

    def knows(self, value: str) -> bool:
        """Tell whether a value is told besides the current one."""
        return any(one.value == value for one in self.others)


@dataclass(frozen=True, slots=True)
class Followed:
    """What an endpoint told so far. Kept over restarts, so that none of ours looks like one."""

    source: str = ""
    release: Track = Track()
    started: Track = Track()
    services: tuple[Service, ...] = ()


def follow(before: Followed, told: Signals | None) -> Followed:
    """Return what is known after a reply; the same object when that is the same."""
    if told is None:
        return before
    if told.source != before.source:
        before = Followed(told.source)  # somebody else is asked, or for something else
    release = _tracked(before.release, told.release, RELEASE_UNSEEN)
    started = _tracked(before.started, told.started, START_UNSEEN)
    same = release is before.release and started is before.started
    if same and told.services == before.services:
        return before
    return Followed(told.source, release, started, told.services)


def _tracked(track: Track, value: str, patience: int) -> Track:
    current = track.current
    if not value or (value == current.value and not current.unseen and not track.others):
        return track
    others = tuple(_aged(track.others, value, patience))
    if value == current.value:
        return Track(Seen(value), others)
    if track.knows(value):
        if current.unseen + 1 < patience:
            return Track(replace(current, unseen=current.unseen + 1), others)
        return Track(Seen(value), tuple(one for one in others if one.value != value))
    return Track(Seen(value), (current, *others)[:MOST] if current.value else ())


def _aged(others: tuple[Seen, ...], value: str, patience: int) -> Iterator[Seen]:
    """Yield what is still told beside the current value; what was not for long is gone."""
    for one in others:
        if one.value == value:
            yield Seen(value)
        elif one.unseen + 1 < patience:
            yield replace(one, unseen=one.unseen + 1)


def is_news(before: Followed, after: Followed) -> bool:
    """Tell whether a restart of ours must know of it."""
    return before is not after and _essence(before) != _essence(after)


def _essence(followed: Followed) -> tuple[object, ...]:
    current = followed.release.current.value, followed.started.current.value
    return followed.source, *current, *((one.name, one.well) for one in followed.services)


def happened(before: Followed, after: Followed, endpoint: str, at: datetime) -> tuple[Event, ...]:
    """Return what changed, as events; what is seen for the first time is none."""
    if before is after or before.source != after.source:
        return ()
    return tuple(_events(before, after, endpoint, at))


def _events(before: Followed, after: Followed, endpoint: str, at: datetime) -> Iterator[Event]:
    old, new = before.release.current.value, after.release.current.value
    if old and old != new:
        data = {"before": old, "after": new}
        yield Event(at, Kind.RELEASE, f"{old} became {new}", endpoint, data)
    old, new = before.started.current.value, after.started.current.value
    if old and old != new and not before.started.knows(new):  # not one of its other instances
        yield Event(at, Kind.RESTART, f"started at {new}", endpoint, {"before": old, "after": new})
    changed = list(_changed(before.services, after.services))
    if changed:
        text = one_line(", ".join(f"{one.name} says {one.said}" for one in changed))
        said = {one.name: one.said for one in changed}
        yield Event(at, Kind.SERVICES, text, endpoint, said)


def _changed(before: Iterable[Service], after: Iterable[Service]) -> Iterator[Service]:
    """Yield the services that are not as well, or as unwell, as they were."""
    known = {one.name: one.well for one in before}
    for one in after:
        if one.well is not known.get(one.name, True):
            yield one
