"""What every moment counts as for a region, given what it counts as for its critical endpoints."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise

from monitor.core.marks import Marked, RegionDown, Terms
from monitor.core.spans import Span
from monitor.core.stretch import Mark

_UNJUDGED = (
    Mark.UNCLEAR,
    Mark.THROTTLED,
    Mark.MAINTENANCE,
    Mark.OURS,
    Mark.BLOCKED,
    Mark.UNKNOWN,
    Mark.UNWATCHED,
)
"""Which mark a region has when none of its endpoints can be judged: the first that there is."""

_WORST_FIRST = (Mark.DOWN, Mark.UNCLEAR, Mark.THROTTLED)
"""In which order it is asked what makes a region not up, of the marks that are judged."""


def region_marks(endpoints: Iterable[Marked], terms: Terms) -> list[Span[Mark]]:
    """Fold endpoints, all of which cover the same time, into what counts for their region.

    Those decide that can be judged at the moment: one that is misconfigured for a month must not
    make the month unknown.
    """
    changes: defaultdict[int, Counter[Mark]] = defaultdict(Counter)
    for marks in endpoints:
        for begin, end, seen in marks:
            changes[begin][seen.mark] += 1
            changes[end][seen.mark] -= 1
    found: list[Span[Mark]] = []
    count: Counter[Mark] = Counter()
    times = sorted(changes)
    for here, there in pairwise(times):
        count.update(changes[here])
        mark = mark_of_region(count, terms)
        if found and found[-1].what is mark:
            found[-1] = Span(found[-1].begin, there, mark)
        else:
            found.append(Span(here, there, mark))
    return found


def mark_of_region(count: Counter[Mark], terms: Terms) -> Mark:
    """Return what a moment counts as when so many endpoints have which mark."""
    judged = sum(number for mark, number in count.items() if terms.judges(mark))
    if not judged:
        return next((mark for mark in _UNJUDGED if count[mark]), Mark.UNWATCHED)
    bad = 0
    for mark in sorted(filter(terms.judges, _WORST_FIRST), key=terms.is_down, reverse=True):
        bad += count[mark]
        if _is_enough(bad, judged, terms.region_down):
            return mark
    return Mark.DEGRADED if bad or count[Mark.DEGRADED] else Mark.UP


def _is_enough(bad: int, judged: int, rule: RegionDown) -> bool:
    if rule is RegionDown.ANY:
        return bad > 0
    return bad == judged if rule is RegionDown.ALL else 2 * bad > judged
