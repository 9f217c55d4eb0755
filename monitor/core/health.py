"""Health: what an endpoint, a group or the whole platform looks like to a person."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from monitor.core.breaker import Snapshot, State
from monitor.core.outcome import Category, Effect, Outcome


class Health(StrEnum):
    """The words for one endpoint or group."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    THROTTLED = "throttled"
    DOWN = "down"
    BLOCKED = "blocked"
    MISCONFIGURED = "misconfigured"
    UNKNOWN = "unknown"
    MAINTENANCE = "maintenance"


class Status(StrEnum):
    """The words for the platform, as `/v1/status` says them."""

    OPERATIONAL = "operational"
    DEGRADED = "degraded"
    PARTIAL_OUTAGE = "partial_outage"
    MAJOR_OUTAGE = "major_outage"
    MAINTENANCE = "maintenance"
    UNKNOWN = "unknown"


WORST_FIRST = (
    Health.DOWN,
    Health.THROTTLED,
    Health.BLOCKED,
    Health.MISCONFIGURED,
    Health.DEGRADED,
    Health.UNKNOWN,
    Health.MAINTENANCE,
    Health.OPERATIONAL,
)

_LESS_THAN_WELL = {
    Category.CREDENTIAL: Health.BLOCKED,
    Category.LICENCE: Health.BLOCKED,
    Category.PERMISSION: Health.BLOCKED,
    Category.MISCONFIGURED: Health.MISCONFIGURED,
    Category.REQUEST_FAILED: Health.DEGRADED,
    Category.IMPAIRED: Health.DEGRADED,
}


def health_of(breaker: Snapshot, outcome: Outcome) -> Health | None:
    """Return the health of an endpoint after an outcome; None when it stays what it was.

    A failure that has not tripped the breaker changes nothing: the page obeys the thresholds that
    the alerts obey. So does one slow answer: it is degraded when too many of the last ones were.
    """
    if outcome.category is Category.BLOCKED:
        return Health.BLOCKED
    if breaker.state is not State.CLOSED:
        return Health.THROTTLED if breaker.throttled else Health.DOWN
    if outcome.effect is Effect.FAILURE:
        return None
    if outcome.effect is Effect.SUCCESS and breaker.slow:
        return Health.DEGRADED
    if outcome.is_inconclusive or (outcome.signals is not None and outcome.signals.unsure):
        return Health.UNKNOWN
    return _LESS_THAN_WELL.get(outcome.category, Health.OPERATIONAL)


def worst(healths: Iterable[Health]) -> Health:
    """Fold endpoints into their group: a group is as well as its worst member."""
    present = set(healths)
    return next((health for health in WORST_FIRST if health in present), Health.UNKNOWN)


Tally = Counter[tuple[Health, bool]]
"""How many endpoints have which health, those that matter to the platform apart."""


def platform(tally: Tally) -> Status:
    """Fold how many endpoints have which `(health, critical)` into the status of the platform.

    Only critical endpoints make an outage, and never those that speak of an application; trouble
    with another degrades the platform. An endpoint that is blocked, misconfigured or throttled is
    trouble, but not an outage of Omilia's. Who knows less than half does not say that all is well.
    """
    known = {pair: count for pair, count in tally.items() if count}
    awake = {pair: n for pair, n in known.items() if pair[0] is not Health.MAINTENANCE}
    if not awake:
        return Status.MAINTENANCE if known else Status.UNKNOWN
    healths = {health for health, _ in awake}
    if healths == {Health.UNKNOWN}:
        return Status.UNKNOWN
    down = awake.get((Health.DOWN, True), 0)
    if down:
        critical = sum(count for (_, matters), count in awake.items() if matters)
        return Status.MAJOR_OUTAGE if down == critical else Status.PARTIAL_OUTAGE
    calm = {Health.OPERATIONAL, Health.UNKNOWN}
    if not healths <= calm:
        return Status.DEGRADED
    unknown = sum(count for (health, _), count in awake.items() if health is Health.UNKNOWN)
    return Status.UNKNOWN if 2 * unknown > sum(awake.values()) else Status.OPERATIONAL
