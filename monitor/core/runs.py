"""From marks to runs: when something was not up, and which endpoints made it so."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice

from monitor.core.marks import Marked, Seen, moment, ms
from monitor.core.spans import Span
from monitor.core.stretch import GOOD, Mark, Stretch

MOST_REASONS = 5
"""Sentences that a run keeps: many endpoints that fail together say nearly the same."""


@dataclass(frozen=True, slots=True)
class Run:
    """A time that counts as one thing without a break, and the endpoints that made it so.

    It really began after `begin_after` and ended after `end_after`; None where that is known
    exactly. `ongoing`: it had not ended when we last looked.
    """

    mark: Mark
    begin: datetime
    end: datetime
    ongoing: bool = False
    begin_after: datetime | None = None
    end_after: datetime | None = None
    endpoints: tuple[str, ...] = ()
    incidents: tuple[str, ...] = ()
    causes: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


_MAKES: Mapping[Mark, tuple[Mark, ...]] = {
    Mark.DOWN: (Mark.DOWN, Mark.UNCLEAR, Mark.THROTTLED),
    Mark.UNCLEAR: (Mark.UNCLEAR, Mark.THROTTLED),
    Mark.THROTTLED: (Mark.UNCLEAR, Mark.THROTTLED),
}
"""What an endpoint with a mark may make its region; with the others, the same."""


@dataclass(slots=True)
class _Found:
    """A run of a region, while it is asked who made it so."""

    span: Span[Mark]
    by: dict[str, list[Span[Seen]]] = field(default_factory=dict)


def runs_of(endpoint: str, marks: Marked, until: int) -> tuple[Run, ...]:
    """Return the runs of one endpoint, in order."""
    groups: list[list[Span[Seen]]] = []
    for span in marks:
        if span.what.mark in GOOD:
            continue
        last = groups[-1][-1] if groups else None
        if last is not None and last.end == span.begin and _alike(last.what, span.what):
            groups[-1].append(span)
        else:
            groups.append([span])
    return tuple(
        _run(Span(g[0].begin, g[-1].end, g[0].what.mark), {endpoint: g}, until) for g in groups
    )


def runs_of_region(
    region: Sequence[Span[Mark]], endpoints: Mapping[str, Marked], until: int
) -> tuple[Run, ...]:
    """Return the runs of a region, in order, with the endpoints that made it so."""
    found = [_Found(span) for span in region if span.what not in GOOD]
    by_mark: defaultdict[Mark, list[_Found]] = defaultdict(list)
    for one in found:
        by_mark[one.span.what].append(one)
    begins = {mark: [one.span.begin for one in ones] for mark, ones in by_mark.items()}
    for endpoint, marks in endpoints.items():
        for span in marks:
            for mark in _MAKES.get(span.what.mark, (span.what.mark,)):
                first = max(bisect_right(begins.get(mark, []), span.begin) - 1, 0)
                for one in islice(by_mark[mark], first, None):
                    if one.span.begin >= span.end:
                        break
                    if one.span.end > span.begin:
                        one.by.setdefault(endpoint, []).append(span)
    return tuple(_run(one.span, one.by, until) for one in found)


def _alike(one: Seen, other: Seen) -> bool:
    """Tell whether two things that are not up are one for the reader."""
    causes = [seen.stretch.cause if seen.stretch else "" for seen in (one, other)]
    return one.mark is other.mark and (one.mark is not Mark.OURS or causes[0] == causes[1])


def _run(span: Span[Mark], by: Mapping[str, Sequence[Span[Seen]]], until: int) -> Run:
    parts = [part for spans in by.values() for part in spans]
    stretches = [part.what.stretch for part in parts if part.what.stretch is not None]
    first = [s for part in parts if part.begin == span.begin for s in _own(part, ms_begin=True)]
    last = [s for part in parts if part.end == span.end for s in _own(part, ms_begin=False)]
    return Run(
        mark=span.what,
        begin=moment(span.begin),
        end=moment(span.end),
        ongoing=span.end == until,
        begin_after=min((s.begin_after for s in first if s.begin_after), default=None),
        end_after=max((s.end_after for s in last if s.end_after), default=None),
        endpoints=tuple(by),
        incidents=_once(stretch.incident for stretch in stretches),
        causes=_once(stretch.cause for stretch in stretches),
        reasons=_once(stretch.reason for stretch in stretches)[:MOST_REASONS],
    )


def _own(part: Span[Seen], *, ms_begin: bool) -> Iterator[Stretch]:
    """Give the part's stretch when the part begins (or ends) with it, and is not cut off there."""
    stretch = part.what.stretch
    if stretch is None:
        return
    border = stretch.begin if ms_begin else stretch.end
    if border is not None and ms(border) == (part.begin if ms_begin else part.end):
        yield stretch


def _once(words: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in words if word))
