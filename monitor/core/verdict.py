"""The verdict: whether a service may call Omilia now, when not, and on what evidence."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.core.breaker import Snapshot, State
from monitor.core.endpoint import Endpoint
from monitor.core.health import Health
from monitor.core.order import Mode, Order, in_force, words
from monitor.core.outlook import failed_share
from monitor.core.standing import Standing, is_stale


class Weight(StrEnum):
    """How much evidence a verdict rests on."""

    NONE = "none"
    """None, or only old evidence."""
    THIN = "thin"
    """Too little to speak of a rate: only failures in a row, or being told to wait, can open it."""
    ENOUGH = "enough"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a service obeys. Times are in seconds; field names are the HTTP contract's.

    `unknown` says that there is no evidence, or only old evidence; `evidence` how much there is.
    `valid_for` is how long a reader may rely on it without asking again.
    """

    endpoint: str
    allow: bool
    state: State
    mode: Mode
    unknown: bool
    reason: str
    retry_after: float | None
    evidence_age: float | None
    valid_for: float
    epoch: int
    evidence: Weight


def verdict_of(
    standing: Standing, endpoint: Endpoint, *, now: datetime, next_in: float | None
) -> Verdict:
    """Derive the verdict. `next_in`: seconds until the next probe, None when none is planned.

    Half-open does not allow: recovery is found by our probes, never by a user's call. An order
    changes `allow`, `mode`, `reason` and the times, and nothing else: it is about what is obeyed,
    not about what was seen.
    """
    breaker = standing.breaker
    allow = breaker.state is State.CLOSED
    until_next = endpoint.every if next_in is None else max(next_in, 0.0)
    if breaker.trial_at is not None:
        until_next = max(until_next, (breaker.trial_at - now).total_seconds())
    waiting = None if allow else round(until_next, 3)
    valid_for = round(until_next + endpoint.request.timeout, 3)
    reason = standing.reason if allow else breaker.reason
    order = in_force(standing.order, endpoint.order, now)
    if order.mode is not Mode.AUTO:
        left = None if order.until is None else (order.until - now).total_seconds()
        valid_for = valid_for if left is None else min(valid_for, _at_least_a_moment(left))
        reason = _ordered(order, allow=allow, reason=reason)
        allow = order.mode is not Mode.FORCED_OPEN
        waiting = None if allow else valid_for if left is None else _at_least_a_moment(left)
    age = None
    if standing.evidence_at is not None:
        age = round(max((now - standing.evidence_at).total_seconds(), 0.0), 3)
    unknown = standing.health is Health.UNKNOWN or is_stale(standing, endpoint, now)
    return Verdict(
        endpoint=endpoint.id,
        allow=allow,
        state=breaker.state,
        mode=order.mode,
        unknown=unknown,
        reason=reason,
        retry_after=waiting,
        evidence_age=age,
        valid_for=valid_for,
        epoch=breaker.epoch,
        evidence=Weight.NONE if unknown else _weight(breaker, endpoint),
    )


def _ordered(order: Order, *, allow: bool, reason: str) -> str:
    """Say what is ordered, and what the breaker would say."""
    if allow:
        return words(order)
    return f"{words(order)}; the breaker would not allow it: {reason}"


def _at_least_a_moment(seconds: float) -> float:
    return max(round(seconds, 3), 0.001)


def acted_on(verdict: Verdict) -> tuple[object, ...]:
    """Return what a caller acts on: as long as it is equal, nobody need be told.

    Ages and times go on without it.
    """
    v = verdict
    return (v.endpoint, v.allow, v.state, v.mode, v.unknown, v.reason, v.epoch)


def _weight(breaker: Snapshot, endpoint: Endpoint) -> Weight:
    """Weigh evidence that is not old; what opened a breaker was enough."""
    if breaker.state is not State.CLOSED or failed_share(breaker, endpoint).is_enough:
        return Weight.ENOUGH
    return Weight.THIN
