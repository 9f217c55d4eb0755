"""When an endpoint is probed next: a grid that does not drift, and the exceptions to it.

Every endpoint has its own grid of due times, `k * every + phase`, in Unix seconds. The phase
derives from the id, so that endpoints are spread, a restart keeps each one's place, and several
machines agree on the grid without talking.
"""

import hashlib
import math

from monitor.core.breaker import Policy, Snapshot, State


def phase_of(endpoint: str, every: float) -> float:
    """Return the endpoint's offset on its grid, 0 <= phase < every, in seconds (whole ms)."""
    digest = hashlib.blake2b(endpoint.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") % max(1, round(every * 1000))) / 1000


def next_on_grid(after: float, every: float, phase: float) -> float:
    """Return the first due time of the grid that is strictly later than `after` (Unix seconds)."""
    k = math.floor((after - phase) / every) + 1
    due = round(k * every + phase, 3)
    # `after` is itself a due time most of the time: rounding must not give it back.
    return due if due > after + 1e-6 else round((k + 1) * every + phase, 3)


def last_on_grid(at: float, every: float, phase: float) -> float:
    """Return the latest due time of the grid that is not later than `at` (Unix seconds)."""
    return next_on_grid(at, every, phase) - every


def sooner_than_grid(
    snapshot: Snapshot, policy: Policy, every: float, *, undecided: bool
) -> float | None:
    """Return in how many seconds the next probe is due when the grid does not say so, else None.

    Closed: the grid, unless something is `undecided` (a first failure, a first refusal), which is
    looked at again quickly. Open: one trial, exactly when the open time ends. Half-open: quick
    trials until it is decided.
    """
    quick = min(policy.confirm_after, every)
    match snapshot.state:
        case State.OPEN:
            return max(snapshot.retry_after or 0.0, 0.0)
        case State.HALF_OPEN:
            return quick
        case State.CLOSED:
            return quick if undecided else None
