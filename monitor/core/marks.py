"""From stretches to what every moment counts as: for one endpoint, and for a region of many.

Times are whole milliseconds since 1970. What is returned covers the whole time, without a gap and
without an overlap, whatever the ledger holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from monitor.core.spans import Span, across, layered, union
from monitor.core.stretch import BAD, GOOD, Mark, Presence, Stretch

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


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
UNSEEN = Seen(Mark.UNWATCHED)
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
    stretches: Iterable[Stretch],
    there: Sequence[Span[bool]],
    start: int,
    end: int,
    bound: Bound = Bound.SEEN,
) -> Marked:
    """Return what every moment of [start, end) counts as for one endpoint.

    `there` is when the monitor was, as `present` says.
    """
    planned: list[Span[Stretch]] = []
    looked: list[Span[Stretch]] = []
    for one in sorted(stretches, key=_order):
        span = Span(ms(one.begin), end if one.end is None else ms(one.end), one)
        (planned if one.mark is Mark.MAINTENANCE else looked).append(span)
    seen = _within(layered(looked, start, end), bound)
    marks: list[Span[Seen]] = []
    for begin, until, (watched, maintained, stretch) in across(
        start, end, there, layered(planned, start, end), seen
    ):
        if watched is None:
            found = UNSEEN
        elif maintained is not None:
            found = Seen(Mark.MAINTENANCE, maintained)
        else:
            found = UNSEEN if stretch is None else Seen(stretch.mark, stretch)
        if marks and marks[-1].what == found:
            marks[-1] = Span(marks[-1].begin, until, found)
        else:
            marks.append(Span(begin, until, found))
    return marks


def _order(one: Stretch) -> tuple[datetime, datetime, str, str]:
    """Order stretches by their beginning; the rest makes any two lists of the same ones equal."""
    return one.begin, one.end or datetime.max.replace(tzinfo=UTC), one.mark, repr(one)


def _within(seen: list[Span[Stretch]], bound: Bound) -> list[Span[Stretch]]:
    """Make downtime as short or as long as the looks allow; what is taken or given is up."""
    if bound is Bound.LEAST:
        return [part for span in seen for part in _shortened(span)]
    if bound is Bound.MOST:
        for number in range(1, len(seen)):
            before, span = seen[number - 1], seen[number]
            if _may_begin_earlier(before, span):
                border = max(ms(span.what.begin_after or span.what.begin), before.begin)
                seen[number - 1] = Span(before.begin, border, before.what)
                seen[number] = Span(border, span.end, span.what)
    return [span for span in seen if span.begin < span.end]


def _shortened(span: Span[Stretch]) -> Iterable[Span[Stretch]]:
    stretch = span.what
    if stretch.mark not in _BAD or stretch.end_after is None:
        return (span,)
    border = max(min(ms(stretch.end_after), span.end), span.begin)
    up = replace(stretch, mark=Mark.UP)
    return Span(span.begin, border, stretch), Span(border, span.end, up)


def _may_begin_earlier(before: Span[Stretch], span: Span[Stretch]) -> bool:
    return (
        span.what.mark in _BAD
        and span.what.begin_after is not None
        and before.end == span.begin == ms(span.what.begin)
        and before.what.mark in GOOD
    )
