"""Availability as the contract counts it: in time, by region and calendar month.

    availability = (judged - down) / judged            of the time that we can vouch for
    allowed      = (100 - target) % of the month       by the contract, whatever we saw of it

Announced maintenance, trouble of ours, and whatever nobody saw are neither up nor down: they are
left out, and shown as coverage. All parts add up to the month, to the millisecond.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from fractions import Fraction

from monitor.core.incident import Incident
from monitor.core.marks import Bound, Marked, Terms, marks_of, ms, present
from monitor.core.region import region_marks
from monitor.core.runs import Run, runs_of, runs_of_region
from monitor.core.spans import Span
from monitor.core.stretch import Mark, Presence, Stretch, laid_on

FRESH = 60_000
"""A monitor that was there so many ms ago is still there: the time since is not yet written."""


@dataclass(frozen=True, slots=True)
class Contract:
    """The terms, and the time zone whose calendar has the months."""

    terms: Terms = field(default_factory=Terms)
    zone: tzinfo = UTC


@dataclass(frozen=True, slots=True)
class Watch:
    """What one location wrote down, as far as it touches the time in question.

    `incidents` are those that its stretches name, by id: whose fault one is may have been found
    out after it began.
    """

    location: str
    stretches: Sequence[Stretch] = ()
    presences: Sequence[Presence] = ()
    incidents: Mapping[str, Incident] = field(default_factory=dict)

    def settled(self) -> list[Stretch]:
        """Return the stretches, laid on whoever is to blame as far as we know today."""
        return [
            laid_on(one, self.incidents[one.incident].blame)
            if one.incident in self.incidents
            else one
            for one in self.stretches
        ]


@dataclass(frozen=True, slots=True)
class Figures:
    """Milliseconds of a month, by what they count as; `ahead` are still to come.

    `least` and `most` are between what bounds the downtime lies: probes look now and then.
    """

    parts: Mapping[Mark, int]
    ahead: int
    least: int
    most: int
    terms: Terms

    @property
    def total(self) -> int:
        """The whole month."""
        return sum(self.parts.values()) + self.ahead

    @property
    def judged(self) -> int:
        """The time that says something about Omilia."""
        return sum(n for mark, n in self.parts.items() if self.terms.judges(mark))

    @property
    def down(self) -> int:
        """The downtime."""
        return sum(n for mark, n in self.parts.items() if self.terms.is_down(mark))

    @property
    def availability(self) -> float | None:
        """The share of the judged time that was not down; None when nothing could be judged."""
        return (self.judged - self.down) / self.judged if self.judged else None

    @property
    def coverage(self) -> float | None:
        """The share of the time so far that could be judged; None before the month began."""
        elapsed = self.total - self.ahead
        return self.judged / elapsed if elapsed else None

    @property
    def allowed(self) -> int:
        """How much downtime the target allows in this month."""
        return int(self.total * (100 - Fraction(str(self.terms.target))) / 100)

    @property
    def left(self) -> int:
        """How much of that is left; negative when the target is missed."""
        return self.allowed - self.down

    @property
    def projected(self) -> int | None:
        """How much downtime the month will have, if it goes on as it was."""
        return round(self.down + self.down * self.ahead / self.judged) if self.judged else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met (so far); None when nothing could be judged."""
        return self.left >= 0 if self.judged else None


@dataclass(frozen=True, slots=True)
class Account:
    """The figures of one endpoint, or of a region (`endpoint` is "" then), and what they hold.

    `runs` are the times in which it was not up, in order. `critical`: whether it counts for the
    region.
    """

    location: str
    region: str
    endpoint: str
    critical: bool
    figures: Figures
    runs: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """One region as one location saw it: itself, and every endpoint in it."""

    whole: Account
    endpoints: tuple[Account, ...]


def known_until(watch: Watch, start: datetime, end: datetime, now: datetime) -> datetime:
    """Return how far a location can account for [start, end) at `now`."""
    seen = max((presence.seen for presence in watch.presences), default=start)
    fresh = 0 <= ms(now) - ms(seen) <= FRESH
    return min(max(seen if fresh else now, start), end)


def assess(
    watch: Watch, start: datetime, end: datetime, now: datetime, terms: Terms
) -> tuple[Region, ...]:
    """Return the figures of every region that a location watched in [start, end), by name."""
    until = ms(known_until(watch, start, end, now))
    by_region: defaultdict[str, defaultdict[str, list[Stretch]]]
    by_region = defaultdict(lambda: defaultdict(list))
    for stretch in watch.settled():
        by_region[stretch.region][stretch.endpoint].append(stretch)
    clock = _Clock(ms(start), until, ms(end), present(watch.presences, ms(start), until), terms)
    return tuple(
        clock.region(watch.location, name, endpoints)
        for name, endpoints in sorted(by_region.items())
    )


@dataclass(frozen=True, slots=True)
class _Clock:
    """One location's month, and the terms by which it is counted."""

    start: int
    until: int
    end: int
    there: Sequence[Span[bool]]
    terms: Terms

    def region(
        self, location: str, name: str, endpoints: Mapping[str, Sequence[Stretch]]
    ) -> Region:
        """Account for a region. One without any critical endpoint is judged by all that it has."""
        named = sorted(endpoints.items())
        marks = {name: marks_of(of, self.there, self.start, self.until) for name, of in named}
        accounts = tuple(
            Account(
                location,
                name,
                endpoint,
                max(stretches, key=lambda one: one.begin).critical,
                self._figures(_only_marks(marks[endpoint])),
                runs_of(endpoint, marks[endpoint][Bound.SEEN], self.until),
            )
            for endpoint, stretches in named
        )
        counted = [a.endpoint for a in accounts if a.critical] or list(endpoints)
        seen = {one: marks[one][Bound.SEEN] for one in counted}
        folded = {
            bound: region_marks([marks[one][bound] for one in counted], self.terms)
            for bound in Bound
        }
        runs = runs_of_region(folded[Bound.SEEN], seen, self.until)
        whole = Account(location, name, "", True, self._figures(folded), runs)
        return Region(whole, accounts)

    def _figures(self, marks: Mapping[Bound, Iterable[Span[Mark]]]) -> Figures:
        parts = {bound: _lengths(of) for bound, of in marks.items()}
        down = {
            bound: sum(n for mark, n in of.items() if self.terms.is_down(mark))
            for bound, of in parts.items()
        }
        return Figures(
            parts[Bound.SEEN],
            self.end - self.until,
            down[Bound.LEAST],
            down[Bound.MOST],
            self.terms,
        )


def _only_marks(marks: Mapping[Bound, Marked]) -> dict[Bound, list[Span[Mark]]]:
    return {
        bound: [Span(begin, end, seen.mark) for begin, end, seen in of]
        for bound, of in marks.items()
    }


def _lengths(marks: Iterable[Span[Mark]]) -> dict[Mark, int]:
    lengths = dict.fromkeys(Mark, 0)
    for begin, end, mark in marks:
        lengths[mark] += end - begin
    return lengths
