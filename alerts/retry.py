"""When to try again. Pure: the dice are handed in, all times are seconds."""

from alerts.attempt import Attempt, Result
from alerts.moment import Uniform

BASE = 2.0
"""The first wait is at most this long."""
CAP = 300.0
"""No wait of our own choosing is longer."""
ASK_AGAIN = 300.0
"""How long a misconfigured channel rests before one message asks whether it works by now."""
_STEPS = 16
"""Doublings after which the cap is reached anyway; keeps the numbers small."""


def ceiling(failures: int) -> float:
    """Return the longest wait after so many failures in a row: 2, 4, 8 ... 300."""
    return min(CAP, BASE * 2.0 ** min(max(failures - 1, 0), _STEPS))


def backoff(failures: int, uniform: Uniform) -> float:
    """Return the wait after so many failures in a row, with full jitter."""
    return uniform(0.0, ceiling(failures))


def channel_wait(attempt: Attempt, failures: int, uniform: Uniform) -> float:
    """Return how long a whole channel waits after an attempt, its `failures`-th in a row.

    A receiver's hint is never shortened; jitter comes after it. A receiver that throttles without
    a hint gets the full back-off first, because asking on is what it asked us not to do.
    """
    if attempt.result is Result.THROTTLED:
        least = ceiling(failures) if attempt.hint is None else attempt.hint
        return least + backoff(failures, uniform)
    if attempt.result is Result.MISCONFIGURED:
        return ASK_AGAIN + backoff(1, uniform)
    return backoff(failures, uniform)


def left_of(not_before_ms: int | None, since_ms: int, now_ms: int) -> float:
    """Return what is left of a wait that began at `since_ms`, read back from the journal.

    The wall clock may have been stepped back meanwhile: no wait becomes longer than it was.
    """
    if not_before_ms is None:
        return 0.0
    whole = max(not_before_ms - since_ms, 0)
    return min(max(not_before_ms - now_ms, 0), whole) / 1000
