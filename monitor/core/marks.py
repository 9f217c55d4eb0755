"""From stretches to what every moment counts as: for one endpoint, and for a region of many.

Times are whole milliseconds since 1970. What is returned covers the whole time, without a gap and
without an overlap, whatever the ledger holds.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from monitor.core.spans import Span, across, layered, union
from monitor.core.stretch import BAD, GOOD, Mark, Presence, Stretch

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_LATEST = datetime.max.replace(tzinfo=UTC)


class RegionDown(StrEnum):
    """Of the critical endpoints that can be judged at a moment: how many make the region down."""

    ANY = "any"
    MAJORITY = "majority"
    ALL = "all"


class Counts(StrEnum):
    """What time counts as that could be read either way."""

    UP = "up"
    DOWN = "down"
    EXCLUDED = "excluded"


@dataclass(frozen=True, slots=True)
class Terms:
    """How the contract counts. `target` is in percent.

    `throttled` is the time in which Omilia asks us to call less, `unclear` that in which something
    is down and nobody can tell by whose fault.
    """

    target: float = 99.9
    region_down: RegionDown = RegionDown.ANY
    throttled: Counts = Counts.UP
    unclear: Counts = Counts.EXCLUDED

    def counts(self, mark: Mark) -> Counts:
        """Tell what time with this mark counts as."""
        if mark is Mark.THROTTLED:
            return self.throttled
        if mark is Mark.UNCLEAR:
            return self.unclear
        return _COUNTS.get(mark, Counts.EXCLUDED)

    def judges(self, mark: Mark) -> bool:
        """Tell whether time with this mark says something about Omilia."""
        return self.counts(mark) is not Counts.EXCLUDED

    def is_down(self, mark: Mark) -> bool:
        """Tell whether time with this mark is downtime."""
        return self.counts(mark) is Counts.DOWN


_COUNTS = {Mark.UP: Counts.UP, Mark.DEGRADED: Counts.UP, Mark.DOWN: Counts.DOWN}


class Bound(StrEnum):
    """Probes look now and then: when it really began and ended is known within bounds."""

    SEEN = "seen"
    """From the first look that showed it to the first that showed something else."""
    LEAST = "least"
    """From the first look that showed it to the last."""
    MOST = "most"
    """From the last look that showed something else to the first that did again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a moment counts as for an endpoint, and the stretch that says so."""

    mark: Mark
    stretch: Stretch | None = None


Marked = Sequence[Span[Seen]]
_BAD = BAD | {Mark.UNCLEAR}


def ms(at: datetime) -> int:
    """Return milliseconds since 1970, rounded down."""
    return (at - _EPOCH) // _MS


def moment(value: int) -> datetime:
    """Return the moment, aware UTC."""
    return _EPOCH + value * _MS


def present(presences: Iterable[Presence], start: int, end: int) -> list[Span[bool]]:
    """Return when the monitor was there, in [start, end)."""
    return union(((ms(one.begin), ms(one.seen)) for one in presences), start, end)


def marks_of(
    stretches: Iterable[Stretch], there: Sequence[Span[bool]], start: int, end: int
) -> Mapping[Bound, Marked]:
    """Return what every moment of [start, end) counts as for one endpoint, within both bounds.

    `there` is when the monitor was, as `present` says.
    """
    announced: list[Span[Stretch]] = []
    looked: list[Span[Stretch]] = []
    for one in sorted(stretches, key=_order):
        span = Span(ms(one.begin), end if one.end is None else ms(one.end), one)
        (announced if one.mark is Mark.MAINTENANCE else looked).append(span)
    planned, seen = layered(announced, start, end), layered(looked, start, end)

    def laid(seen: Sequence[Span[Stretch]]) -> Marked:
        return _marked(across(start, end, there, planned, seen))

    if not any(span.what.mark in _BAD for span in seen):
        return dict.fromkeys(Bound, laid(seen))
    return {
        Bound.SEEN: laid(seen),
        Bound.LEAST: laid([part for span in seen for part in _shortened(span)]),
        Bound.MOST: laid(_lengthened(seen)),
    }


def _order(one: Stretch) -> tuple[Any, ...]:
    """Order stretches by their beginning; the rest makes any two lists of the same ones equal."""
    told = one.mark, one.cause, one.reason, one.incident, one.region, one.critical
    return (
        one.begin,
        one.end or _LATEST,
        *told,
        one.begin_after or _LATEST,
        one.end_after or _LATEST,
    )


def _marked(walk: Iterable[tuple[int, int, tuple[Any, ...]]]) -> Marked:
    """Name what each part of a walk counts as; neighbours that are the same become one."""
    marks: list[Span[Seen]] = []
    for begin, end, (watched, maintained, stretch) in walk:
        mark, by = Mark.UNWATCHED, None
        if watched is not None and maintained is not None:
            mark, by = Mark.MAINTENANCE, maintained
        elif watched is not None and stretch is not None:
            mark, by = stretch.mark, stretch
        last = marks[-1] if marks else None
        if last is not None and last.what.stretch is by and last.what.mark is mark:
            marks[-1] = Span(last.begin, end, last.what)
        else:
            marks.append(Span(begin, end, Seen(mark, by)))
    return marks


def _lengthened(seen: Sequence[Span[Stretch]]) -> list[Span[Stretch]]:
    """Make downtime as long as the looks allow: what it gains was up."""
    found = list(seen)
    for number in range(1, len(found)):
        before, span = found[number - 1], found[number]
        if _may_begin_earlier(before, span):
            border = max(ms(span.what.begin_after or span.what.begin), before.begin)
            found[number - 1] = Span(before.begin, border, before.what)
            found[number] = Span(border, span.end, span.what)
    return [span for span in found if span.begin < span.end]


def _shortened(span: Span[Stretch]) -> Iterator[Span[Stretch]]:
    """Make downtime as short as the looks allow: what it loses is up."""
    stretch = span.what
    if stretch.mark not in _BAD or stretch.end_after is None:
        yield span
        return
    border = max(min(ms(stretch.end_after), span.end), span.begin)
    parts = (span.begin, border, stretch), (border, span.end, replace(stretch, mark=Mark.UP))
    yield from (Span(*part) for part in parts if part[0] < part[1])


def _may_begin_earlier(before: Span[Stretch], span: Span[Stretch]) -> bool:
    return (
        span.what.mark in _BAD
        and span.what.begin_after is not None
        and before.end == span.begin == ms(span.what.begin)
        and before.what.mark in GOOD
    )
