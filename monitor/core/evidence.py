"""What a closed breaker has heard lately: its windows, and samples of what was not good."""

import math
from collections.abc import Iterable
from dataclasses import replace

from monitor.core.breaker import Policy, Sample, Snapshot, State
from monitor.core.grounds import Grounds, of_share
from monitor.core.outcome import Category, Effect, Outcome
from monitor.core.window import FAILED, GOOD, MOST, NOTHING, SLOW, Recent, share

KEPT = 10
"""Samples that are kept to explain a move."""


class Evidence:
    """Hears every outcome that counts, and says when too many of them were bad."""

    __slots__ = ("recent", "samples", "slow")

    def __init__(
        self, recent: Recent = NOTHING, samples: Iterable[Sample] = (), *, slow: bool = False
    ) -> None:
        self.recent = recent
        self.samples = tuple(samples)[-KEPT:]
        """What was not good, the oldest first."""
        self.slow = slow
        """Whether too much is slow: it begins over the limit, and ends at half of it."""

    def hear(self, outcome: Outcome, policy: Policy, now: float) -> None:
        """Take in a success or a failure, heard at `now` (monotonic)."""
        mark = mark_of(outcome)
        failures, slows = policy.failure_rate, policy.slow_rate
        self.recent = self.recent.heard(
            mark,
            now,
            most=max(failures.of, slows.of),
            within=max(failures.within, slows.within),
        )
        if mark is not GOOD:
            self.keep(outcome)
        elif self.samples and not self.recent.is_mixed:
            self.samples = ()
        if self.slow or SLOW in self.recent.marks:
            slow = share(self.recent, slows, SLOW, now)
            self.slow = not slow.is_calm if self.slow else slow.is_over

    def keep(self, outcome: Outcome) -> None:
        """Keep a sample of an outcome."""
        self.samples = (*self.samples[1 - KEPT :], outcome.sample())

    def over(self, policy: Policy, now: float) -> tuple[Grounds, tuple[Sample, ...]] | None:
        """Return the grounds on which the breaker has to open, with their samples."""
        marks = self.recent.marks
        if FAILED in marks:
            failed = share(self.recent, policy.failure_rate, FAILED, now)
            if failed.is_over:
                return of_share(failed, FAILED), self.failures(failed.hits)
        if policy.slow_opens and SLOW in marks:
            slow = share(self.recent, policy.slow_rate, SLOW, now)
            if slow.is_over:
                return of_share(slow, SLOW), self.slows()
        return None

    def failures(self, most: int) -> tuple[Sample, ...]:
        """Return samples of the last failures, at most so many."""
        found = [one for one in self.samples if one.category != Category.SLOW]
        return tuple(found[-most:])

    def slows(self) -> tuple[Sample, ...]:
        """Return samples of what was slow."""
        return tuple(one for one in self.samples if one.category == Category.SLOW)


def would_trip(breaker: Snapshot, policy: Policy) -> bool:
    """Tell whether one more failure now would trip a closed breaker, by whatever rule."""
    if breaker.state is not State.CLOSED:
        return False
    if breaker.failures + 1 >= policy.fail_max:
        return True
    now, rate = breaker.taken_mono, policy.failure_rate
    recent = breaker.recent.heard(FAILED, now, most=rate.of, within=rate.within)
    return share(recent, rate, FAILED, now).is_over


def also_heard(breaker: Snapshot, outcome: Outcome) -> Snapshot:
    """Return a stored breaker whose windows know of a calm outcome that came after it."""
    if breaker.state is not State.CLOSED or breaker.taken_at is None:
        return breaker
    at = breaker.taken_mono + (outcome.at - breaker.taken_at).total_seconds()
    if breaker.recent.at:
        at = max(at, breaker.recent.at[-1])  # a wall clock may have been stepped
    recent = breaker.recent.heard(mark_of(outcome), at, most=MOST, within=math.inf)
    return replace(breaker, recent=recent)


def mark_of(outcome: Outcome) -> str:
    """Return the letter of an outcome that is evidence."""
    if outcome.effect is Effect.FAILURE:
        return FAILED
    return SLOW if outcome.category is Category.SLOW else GOOD
