"""How fast an error budget burns: from what every moment counted as to whether a rule is over.

In time, never by counting probes: suspicious endpoints are probed more often. A failed probe
speaks for the interval until the next one is due, and so does an outage that was shorter.
Announced maintenance, trouble of ours and whatever nobody saw are neither good nor bad.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from monitor.core.blame import Blame
from monitor.core.marks import Counts, Marked, Seen
from monitor.core.objective import WINDOW, BurnRule, Objective, exact
from monitor.core.spans import Span, T
from monitor.core.stretch import GOOD, Mark

_DOWN = frozenset({Mark.DOWN, Mark.UNCLEAR})


def is_bad(seen: Seen, throttled: Counts) -> bool | None:
    """Tell whether a moment was bad for an objective; None when it is left out.

    An objective holds nothing against anybody: what its callers felt is bad, whoever was to blame,
    an application too. `throttled` is what the configuration counts that as.
    """
    cause = "" if seen.stretch is None else seen.stretch.cause
    if seen.mark in GOOD:
        return bool(cause)
    if seen.mark is Mark.THROTTLED:
        return None if throttled is Counts.EXCLUDED else throttled is Counts.DOWN
    is_down = seen.mark in _DOWN or (seen.mark is Mark.OURS and cause == Blame.APPLICATION)
    return True if is_down else None


@dataclass(frozen=True, slots=True)
class Window:
    """What a stretch of time holds: judged and bad milliseconds, and how many bad times began."""

    judged: int
    bad: int
    failures: int

    def rate(self, allowed: Fraction) -> float | None:
        """Return how many times too fast the budget burned; None when nothing was judged."""
        return float(self.bad / allowed / self.judged) if self.judged else None


@dataclass(slots=True)
class Account:
    """The judged time of one endpoint in order, and when bad times began. Times: Unix ms.

    `before` is the account of the time before, which this one goes on. `until` and `apart` are
    what whoever goes on needs: until when good time is bad, and whether the next bad time is new.
    """

    before: "Account | None" = None
    parts: list[Span[bool]] = field(default_factory=list)
    began: list[int] = field(default_factory=list)
    causes: list[Span[str]] = field(default_factory=list)
    until: int = 0
    apart: bool = True

    def window(self, start: int, end: int) -> Window:
        """Return what lies in [start, end)."""
        judged = bad = failures = 0
        if self.before is not None:
            earlier = self.before.window(start, end)
            judged, bad, failures = earlier.judged, earlier.bad, earlier.failures
        for part in _within(self.parts, start, end):
            length = min(part.end, end) - max(part.begin, start)
            judged += length
            bad += length if part.what else 0
        failures += bisect_left(self.began, end) - bisect_left(self.began, start)
        return Window(judged, bad, failures)

    def cause(self, start: int, end: int) -> str:
        """Return the word for what was wrong the longest; "" when nothing was."""
        seen: Counter[str] = Counter()
        account: Account | None = self
        while account is not None:
            for part in _within(account.causes, start, end):
                seen[part.what] += min(part.end, end) - max(part.begin, start)
            account = account.before
        return max(sorted(seen), key=lambda cause: seen[cause], default="")


def _within(parts: Sequence[Span[T]], start: int, end: int) -> Iterable[Span[T]]:
    first = bisect_left(parts, start, key=lambda part: part.end)
    for number in range(first, len(parts)):
        if parts[number].begin >= end:
            return
        yield parts[number]


def account_of(
    marks: Marked, every: float, throttled: Counts, before: Account | None = None
) -> Account:
    """Return what time counts as for an objective; it goes on where `before` ended.

    Bad times that only left-out time parts are one. Each lasts `every` seconds at least: what of
    that reaches into good time makes it bad, what is left out stays so.
    """
    account, least = Account(before), round(every * 1000)
    if before is not None:
        account.until, account.apart = before.until, before.apart
    for begin, end, seen in marks:
        bad = is_bad(seen, throttled)
        if bad is None:
            continue
        if bad:
            if account.apart:
                account.began.append(begin)
                account.until, account.apart = max(account.until, begin + least), False
            account.parts.append(Span(begin, end, True))
            account.causes.append(Span(begin, end, seen.stretch.cause if seen.stretch else ""))
            continue
        account.apart = True
        border = min(max(account.until, begin), end)
        if begin < border:
            account.parts.append(Span(begin, border, True))
        if border < end:
            account.parts.append(Span(border, end, False))
    return account


@dataclass(frozen=True, slots=True)
class Burn:
    """How one rule stands. Rates are None where nothing could be judged.

    `fires`: it is over; `calm`: an alert of it may end.
    """

    rule: BurnRule
    long: float | None
    short: float | None
    failures: int
    fires: bool
    calm: bool


def burn_of(account: Account, rule: BurnRule, objective: Objective, every: float, now: int) -> Burn:
    """Say how a rule stands at `now`.

    It ends later than it begins: when the last two short windows together hold no more than one of
    them may. What cannot be judged ends nothing.
    """
    allowed = objective.allowed
    most = exact(rule.over) * allowed
    short = round(rule.short * 1000)
    long_one = account.window(now - round(rule.long * 1000), now)
    short_one = account.window(now - short, now)
    both = account.window(now - 2 * short, now)
    enough = long_one.judged >= rule.min_samples * every * 1000
    fires = (
        enough
        and long_one.failures >= rule.min_failures
        and all(one.bad > most * one.judged for one in (long_one, short_one))
    )
    return Burn(
        rule,
        long_one.rate(allowed),
        short_one.rate(allowed),
        long_one.failures,
        fires,
        calm=both.judged >= short and both.bad <= most * short,
    )


@dataclass(frozen=True, slots=True)
class Held:
    """How an objective is held at one moment.

    `left` is the share of the error budget that is left, negative when more than all is gone;
    `bad` and `budget` are seconds. `at` is Unix ms: as far as the ledger is known.
    """

    objective: Objective
    at: int
    judged: float
    bad: float
    burns: tuple[Burn, ...]
    causes: tuple[str, ...] = ()
    """For each rule what was wrong the longest in its long window."""

    @property
    def budget(self) -> float:
        """Seconds that may be bad."""
        return float(self.objective.allowed * WINDOW)

    @property
    def left(self) -> float:
        """The share of them that is left."""
        return 1 - self.bad / self.budget


def held_at(account: Account, objective: Objective, every: float, now: int) -> Held:
    """Say how an objective is held at `now`, by everything that is known of its endpoint."""
    whole = account.window(now - WINDOW * 1000, now)
    return Held(
        objective,
        now,
        whole.judged / 1000,
        whole.bad / 1000,
        tuple(burn_of(account, rule, objective, every, now) for rule in objective.rules),
        tuple(account.cause(now - round(rule.long * 1000), now) for rule in objective.rules),
    )


def rates_of(held: Held) -> dict[float, float]:
    """Return how fast it burns in each window that a rule has, by the window's seconds."""
    pairs = [
        pair
        for one in held.burns
        for pair in ((one.rule.long, one.long), (one.rule.short, one.short))
    ]
    return {seconds: rate for seconds, rate in pairs if rate is not None}
