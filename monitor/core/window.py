"""The last outcomes of an endpoint, and the share of them that may go wrong.

A window is bounded by count and by age: right at one probe a minute, where ten outcomes are all
there is, and at one a second. It is a value: one letter and one time for each outcome. Adding one
copies at most MOST of them, and counting is one pass of `str.count`: less work than counters that
are kept up to date, which would have to be copied for each snapshot as well.
"""

from bisect import bisect_left
from dataclasses import dataclass

GOOD, SLOW, FAILED = ".", "s", "x"
"""The letters."""

MOST = 200
"""Outcomes that a window may look back on."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How much may go wrong: `over` per cent of the last `of` outcomes within `within` seconds.

    With fewer than `at_least` outcomes there is no share worth the name: not enough evidence.
    """

    of: int = 20
    within: float = 600.0
    over: float = 40.0
    at_least: int = 5


FAILURES = Rate()
"""How much may fail, unless somebody says otherwise."""
SLOWNESS = Rate(over=50.0)
"""How much may be slow."""


@dataclass(frozen=True, slots=True)
class Recent:
    """The last outcomes that were evidence, the oldest first: when (monotonic, s), and what."""

    at: tuple[float, ...] = ()
    marks: str = ""

    @property
    def is_mixed(self) -> bool:
        """Whether anything in it is not good."""
        return self.marks.count(GOOD) < len(self.marks)

    def heard(self, mark: str, now: float, *, most: int, within: float) -> "Recent":
        """Return it with one more, and without those beyond `most` or older than `within`."""
        at = self.at
        first = max(bisect_left(at, now - within), len(at) + 1 - most)
        if first <= 0:
            return Recent((*at, now), self.marks + mark)
        return Recent((*at[first:], now), self.marks[first:] + mark)

    def moved(self, by: float, *, latest: float) -> "Recent":
        """Return it on another monotonic clock that is `by` seconds ahead; none after `latest`."""
        return Recent(tuple(min(at + by, latest) for at in self.at), self.marks)


NOTHING = Recent()


@dataclass(frozen=True, slots=True)
class Share:
    """What a window holds: `hits` of the `seen` outcomes are of the kind that is counted."""

    hits: int
    seen: int
    rate: Rate

    @property
    def is_enough(self) -> bool:
        """Whether there is enough evidence to say anything."""
        return self.seen >= self.rate.at_least

    @property
    def is_over(self) -> bool:
        """Whether the share exceeds the limit, on enough evidence."""
        return self.is_enough and self.hits * 100 > self.rate.over * self.seen

    @property
    def is_calm(self) -> bool:
        """Whether the share has come down to half the limit: what is over ends only here."""
        return self.hits * 200 <= self.rate.over * self.seen


def share(recent: Recent, rate: Rate, mark: str, now: float) -> Share:
    """Count the outcomes of one kind in the window that `rate` describes, at `now`."""
    seen = len(recent.at)
    first = max(bisect_left(recent.at, now - rate.within), seen - rate.of)
    return Share(recent.marks.count(mark, first), seen - first, rate)
