"""What those have in common who share a quota: a wait that one of them was told of."""

from collections.abc import Iterable

from monitor.core.around import Watched
from monitor.core.breaker import Sample, State
from monitor.core.endpoint import Endpoint
from monitor.core.grounds import Grounds, Rule
from monitor.core.instant import Instant

Wait = tuple[float, Grounds, tuple[Sample, ...]]
"""How long, why, and the outcomes behind it: what a gate is held with."""


def wait_of(endpoint: Endpoint, watched: Iterable[Watched], now: Instant) -> Wait | None:
    """Return the wait that goes on among those who share a new endpoint's quota, if one does."""
    if endpoint.quota is None:
        return None
    waits: list[Wait] = []
    for one in watched:
        breaker = one.standing.breaker
        if one.endpoint.quota != endpoint.quota or not breaker.throttled:
            continue
        left = (breaker.retry_after or 0.0) - (now.mono - breaker.taken_mono)
        if breaker.state is State.OPEN and left > 0:
            by = (breaker.grounds.by if breaker.grounds else "") or one.endpoint.id
            waits.append((left, Grounds(Rule.THROTTLED, 1, by=by), breaker.samples))
    return max(waits, key=lambda wait: wait[0], default=None)
