"""Who needs whom: what is down of that, and whether a failure is its fault.

An endpoint that needs another is not asked while that one is down. Often it fails first, because it
happened to be asked first: then what it needs is asked at once, and the trip waits for the answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from monitor.core.around import Watched
from monitor.core.breaker import State
from monitor.core.endpoint import Endpoint
from monitor.core.evidence import would_trip
from monitor.core.outcome import Category, Effect, Outcome


def needed(endpoint: Endpoint, watched: Mapping[str, Watched]) -> Iterator[Watched]:
    """Yield all that an endpoint needs, directly or not, the nearest first."""
    ahead, seen = list(endpoint.needs), {endpoint.id, *endpoint.needs}
    while ahead:
        need = watched.get(ahead.pop(0))
        if need is None:
            continue
        yield need
        further = [one for one in need.endpoint.needs if one not in seen]
        seen.update(further)
        ahead += further


def dependants(name: str, watched: Mapping[str, Watched]) -> tuple[str, ...]:
    """Name all that need an endpoint, directly or not: while it is down they are blocked."""
    return tuple(
        one.endpoint.id
        for one in watched.values()
        if any(need.endpoint.id == name for need in needed(one.endpoint, watched))
    )


def blocker(endpoint: Endpoint, watched: Mapping[str, Watched]) -> str | None:
    """Name what is down of all that the endpoint needs."""
    for need in needed(endpoint, watched):
        if need.standing.breaker.state is not State.CLOSED:
            return need.endpoint.id
    return None


def doubted(
    endpoint: Endpoint, outcome: Outcome, since: datetime, watched: Mapping[str, Watched]
) -> list[Watched]:
    """Return what an endpoint needs and nobody has seen work since its failures began.

    Any answer that is no failure speaks for a need: one that only refuses us is not down. A failure
    that cannot come from it (we are told to wait) doubts nobody.
    """
    if not endpoint.needs or outcome.category is Category.THROTTLED:
        return []
    return [need for need in needed(endpoint, watched) if not _speaks(need, since)]


def _speaks(need: Watched, since: datetime) -> bool:
    last = need.standing.last
    if last is None or last.at < since or last.category is Category.BLOCKED:
        return False
    return last.effect is not Effect.FAILURE and not last.is_inconclusive


def waits(one: Watched, doubts: Sequence[Watched], since: datetime, now: datetime) -> bool:
    """Tell whether a failure waits for the verdict on what is doubted, because it would trip.

    Not for ever: a need decides within its own confirmations, and one that does not is no excuse.
    """
    if not doubts or not would_trip(one.standing.breaker, one.endpoint.policy):
        return False
    return (now - since).total_seconds() < max(map(_decides_within, doubts))


def _decides_within(need: Watched) -> float:
    endpoint, policy = need.endpoint, need.endpoint.policy
    confirmation = min(policy.confirm_after, endpoint.every) + endpoint.request.timeout
    return (policy.fail_max + 2) * confirmation


def hurry(need: Watched, now: datetime) -> float:
    """Return in how many seconds a need is to be asked: at once, but not again and again."""
    last = need.standing.last
    if last is None:
        return 0.0
    asked = (now - last.at).total_seconds()
    return max(need.endpoint.policy.confirm_after - asked, 0.0)


def blocked_by(name: str, watched: Mapping[str, Watched]) -> list[Watched]:
    """Return those that were last not asked and need an endpoint, directly or not."""
    return [
        one
        for one in watched.values()
        if one.standing.last is not None
        and one.standing.last.category is Category.BLOCKED
        and any(need.endpoint.id == name for need in needed(one.endpoint, watched))
    ]
