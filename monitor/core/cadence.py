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


def not_too_soon(now: float, every: float, phase: float) -> float:
    """Return in how many seconds the grid's first place comes that is not soon, at `now` (Unix s).

    Who had to wait would else be asked again at once, and a line that formed once would never end.
    """
    return next_on_grid(now + every / 2, every, phase) - now


def sooner_than_grid(
    snapshot: Snapshot, policy: Policy, every: float, *, undecided: bool
) -> float | None:
    """Return in how many seconds the next probe is due when the grid does not say so, else None.

    Open: one trial, exactly when the open time ends. Otherwise the grid, unless something is
    `undecided` (standing.is_undecided: a first failure, a first refusal, a good trial), which is
    looked at again quickly.
    """
    if snapshot.state is State.OPEN:
        return whole_ms(snapshot.retry_after or 0.0)
    return min(policy.confirm_after, every) if undecided else None


LONGEST_PAUSE = 900.0
"""Seconds after which a rejected credential is shown again at the latest."""


def pause(every: float, refusals: int) -> float:
    """Return how long a credential that was rejected so many times is not shown, in seconds.

    Twice as long each time: nobody hammers with a dead token (Omilia suspends accounts), and a
    token that works again is found without anybody's help.
    """
    doubled = every * 2.0 ** min(max(refusals - 1, 0), 32)
    return min(doubled, max(LONGEST_PAUSE, every))


def whole_ms(seconds: float) -> float:
    """Round up to whole milliseconds, at least one: who comes too early has to come again."""
    return max(math.ceil(round(seconds * 1000, 3)), 1) / 1000
