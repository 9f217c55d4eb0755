"""Maintenance: announced times of work, as stretches of the one absolute line of time.

Calendars, cron expressions and time zones are an adapter's. What arrives here is absolute and
half-open: a window is active from its start on, and no longer at its end. Windows that overlap or
touch are one stretch of maintenance to an endpoint: nothing is told between them.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from monitor.core.endpoint import Endpoint

LONGEST = timedelta(days=31)
"""What would last longer would be forgotten, and the alerts with it."""
BEFORE_ALL = datetime.min.replace(tzinfo=UTC)
AFTER_ALL = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scope:
    """Whom a window is about: endpoints, groups, regions of Omilia's; everything when none."""

    endpoints: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether it is about all that is watched."""
        return not (self.endpoints or self.groups or self.regions)

    def covers(self, endpoint: Endpoint) -> bool:
        """Tell whether it is about an endpoint."""
        return (
            self.everything
            or endpoint.id in self.endpoints
            or endpoint.group in self.groups
            or endpoint.region in self.regions
        )


EVERYTHING = Scope()


@dataclass(frozen=True, slots=True)
class Window:
    """One announced time of work: [start, end), aware UTC.

    `id` stays the same over restarts and reloads, and is one occurrence's. `by` is who announced
    it: `configuration`, `calendar`, or the name of a token. `ended_by` is who ended it early, which
    is another revision of it.
    """

    id: str
    name: str
    start: datetime
    end: datetime
    scope: Scope = EVERYTHING
    reason: str = ""
    by: str = "configuration"
    ended_by: str = ""
    revision: int = 1

    def is_active(self, now: datetime) -> bool:
        """Tell whether it goes on."""
        return self.start <= now < self.end


@dataclass(frozen=True, slots=True)
class Copy:
    """What was last had of a calendar that lies elsewhere: a restart goes on with it.

    `name` is the configured one, `origin` a fingerprint of the address: the address may be secret.
    """

    name: str
    origin: str
    had_at: datetime
    text: str
    etag: str = ""


@dataclass(frozen=True, slots=True)
class CalendarHealth:
    """How a calendar is that announces maintenance, and how many windows of it are known.

    `had_at` is when it was last read, None when it never was. It fails since `failing_since`; what
    it said before holds meanwhile.
    """

    name: str
    windows: int
    had_at: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Outlook:
    """What somebody announces, and up to when that is all of it."""

    windows: tuple[Window, ...] = ()
    upto: datetime = BEFORE_ALL


def ended(window: Window, now: datetime, by: str) -> Window:
    """Return a window that somebody ends: now, or before it began (then it is no time at all)."""
    end = max(window.start, min(window.end, now))
    return replace(window, end=end, ended_by=by, revision=window.revision + 1)


@dataclass(frozen=True, slots=True)
class Cover:
    """What an endpoint in maintenance is under: of its active windows the one that ends last.

    `since` and `until` are those of the whole stretch, in which no moment is without a window.
    """

    window: Window
    since: datetime
    until: datetime


def _start(window: Window) -> datetime:
    return window.start


def _end(window: Window) -> datetime:
    return window.end


class Spell:
    """A time [start, end) in which the same windows are active, `windows`."""

    def __init__(
        self, plan: "Plan", start: datetime, end: datetime, windows: tuple[Window, ...]
    ) -> None:
        self.start = start
        self.end = end
        self.windows = windows
        self._plan = plan
        self._covers: dict[str, tuple[Endpoint, Cover | None]] = {}

    def holds(self, now: datetime) -> bool:
        """Tell whether it is this spell at `now`."""
        return self.start <= now < self.end

    def cover(self, endpoint: Endpoint) -> Cover | None:
        """Return what an endpoint is under, None when it is not in maintenance."""
        if not self.windows:
            return None
        known = self._covers.get(endpoint.id)
        if known is None or known[0] is not endpoint:
            mine = [window for window in self.windows if window.scope.covers(endpoint)]
            cover = self._plan.stretch(endpoint, mine, self.start) if mine else None
            known = self._covers[endpoint.id] = endpoint, cover
        return known[1]


class Plan:
    """All windows that are known. Never changes; any thread may ask."""

    def __init__(self, windows: Iterable[Window] = ()) -> None:
        real = [window for window in windows if window.start < window.end]
        self.windows: Sequence[Window] = sorted(real, key=lambda one: (one.start, one.end, one.id))
        self._by_end = sorted(real, key=_end)
        self._edges = sorted({edge for one in real for edge in (one.start, one.end)})
        self._spell = self._made(BEFORE_ALL)

    def spell(self, now: datetime) -> Spell:
        """Return the spell at `now`; the last one is remembered."""
        spell = self._spell
        if not spell.holds(now):
            spell = self._spell = self._made(now)
        return spell

    def cover(self, endpoint: Endpoint, now: datetime) -> Cover | None:
        """Return what an endpoint is under at `now`, None when it is not in maintenance."""
        return self.spell(now).cover(endpoint)

    def during(self, endpoint: Endpoint, at: datetime) -> Window | None:
        """Return a window in which an endpoint was at some time, the one that ended last."""
        mine = [one for one in self._begun(at) if one.end > at and one.scope.covers(endpoint)]
        return max(mine, key=_end, default=None)

    def released(self, endpoint: Endpoint, since: datetime, now: datetime) -> datetime | None:
        """Return when an endpoint last came out of a window, after `since` and up to `now`."""
        ends = (
            one.end for one in self.windows if since < one.end <= now and one.scope.covers(endpoint)
        )
        return max(ends, default=None)

    def from_(self, now: datetime) -> list[Window]:
        """Return the windows that go on or are to come, the earliest first."""
        return [window for window in self.windows if window.end > now]

    def stretch(self, endpoint: Endpoint, active: Sequence[Window], at: datetime) -> Cover:
        """Return the stretch of maintenance around `at`, when these windows of it are active."""
        last = max(active, key=_end)
        since, until = min(map(_start, active)), last.end
        for one in islice(self.windows, bisect_right(self.windows, at, key=_start), None):
            if one.start > until:
                break
            if one.end > until and one.scope.covers(endpoint):
                until = one.end
        for one in reversed(self._by_end[: bisect_right(self._by_end, at, key=_end)]):
            if one.end < since:
                break
            if one.start < since and one.scope.covers(endpoint):
                since = one.start
        return Cover(last, since, until)

    def _begun(self, now: datetime) -> Sequence[Window]:
        return self.windows[: bisect_right(self.windows, now, key=_start)]

    def _made(self, now: datetime) -> Spell:
        edge = bisect_right(self._edges, now)
        start = self._edges[edge - 1] if edge else BEFORE_ALL
        end = self._edges[edge] if edge < len(self._edges) else AFTER_ALL
        active = tuple(one for one in self._begun(now) if one.is_active(now))
        return Spell(self, start, end, active)


NOTHING_PLANNED = Plan()
