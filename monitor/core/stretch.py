"""A stretch: the time in which one endpoint stood in one way, as the contract counts it.

Stretches are facts. They are written when something changes, kept as long as incidents, and know
more than a health: when it really began, within which bounds, and whose trouble it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from monitor.core.blame import Blame
from monitor.core.health import Health
from monitor.core.outcome import Category, Effect
from monitor.core.standing import Standing, was_good


class Mark(StrEnum):
    """How time counts. Bounded: it is part of the HTTP contract."""

    UP = "up"
    DEGRADED = "degraded"
    """It answers, but slowly or not all: up, for the contract."""
    THROTTLED = "throttled"
    """Omilia asks us to wait; the configuration says how that counts."""
    DOWN = "down"
    """By Omilia's fault; what is written is only that it is down, whose fault it is says the
    incident."""
    UNCLEAR = "unclear"
    """Down, and nobody can tell whose fault it is. Never written."""
    MAINTENANCE = "maintenance"
    """Announced. It lies over what the probes saw meanwhile."""
    OURS = "ours"
    """Trouble that is not Omilia's: an application, a credential, a licence, a wrong probe."""
    BLOCKED = "blocked"
    """Not asked, because what it needs could not be had."""
    UNKNOWN = "unknown"
    """Asked, but without evidence for too long."""
    UNWATCHED = "unwatched"
    """Nobody looked: the monitor was away, or did not know the endpoint. Never written."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """One stretch of one endpoint, [begin, end); it goes on while `end` is None.

    It really began after `begin_after` and not later than `begin`, which is the first probe that
    showed it; None when it is known exactly. The same holds for its end. `region` is what it was
    then, `critical` whether it counted for it. `cause` is a category, or whose trouble it is where
    that is ours; `reason` a sentence, `incident` an id; all are empty where all is well. What is up
    with a cause is failing: probes fail, and the breaker is not convinced (yet).
    """

    endpoint: str
    mark: Mark
    begin: datetime
    end: datetime | None = None
    begin_after: datetime | None = None
    end_after: datetime | None = None
    region: str = ""
    critical: bool = True
    cause: str = ""
    reason: str = ""
    incident: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """A time in which the monitor was there to look, as far as `seen`."""

    begin: datetime
    seen: datetime


_MARKS: Mapping[Health, Mark] = MappingProxyType(
    {
        Health.OPERATIONAL: Mark.UP,
        Health.DEGRADED: Mark.DEGRADED,
        Health.THROTTLED: Mark.THROTTLED,
        Health.DOWN: Mark.DOWN,
        Health.BLOCKED: Mark.OURS,
        Health.MISCONFIGURED: Mark.OURS,
        Health.UNKNOWN: Mark.UNKNOWN,
        Health.MAINTENANCE: Mark.MAINTENANCE,
    }
)

UNAVAILABLE = 503
GOOD = frozenset({Mark.UP, Mark.DEGRADED})
BAD = frozenset({Mark.THROTTLED, Mark.DOWN})


_WHOSE: Mapping[Category, Blame] = MappingProxyType(
    {
        Category.CREDENTIAL: Blame.CREDENTIAL,
        Category.LICENCE: Blame.LICENCE,
        Category.PERMISSION: Blame.CONFIGURATION,
        Category.MISCONFIGURED: Blame.CONFIGURATION,
    }
)


def mark_of(health: Health, standing: Standing) -> Mark:
    """Return how the time counts in which an endpoint looks like this.

    A 503 is downtime even where it says when to come again: Omilia is not available.
    """
    last = standing.last
    if health is Health.BLOCKED and last is not None and last.category is Category.BLOCKED:
        return Mark.BLOCKED
    if health is Health.THROTTLED and standing.breaker.samples:
        return Mark.DOWN if standing.breaker.samples[-1].status == UNAVAILABLE else Mark.THROTTLED
    return _MARKS[health]


def cause_of(mark: Mark, standing: Standing) -> str:
    """Return one word for what is wrong, or whose trouble it is; "" where nothing is."""
    if mark in BAD and standing.breaker.samples:
        return standing.breaker.samples[-1].category
    if mark in GOOD and was_good(standing) is False:
        return _failing(standing)
    if mark in GOOD or mark is Mark.UNKNOWN or standing.last is None:
        return ""
    category = standing.last.category
    return _WHOSE[category] if mark is Mark.OURS and category in _WHOSE else category


def _failing(standing: Standing) -> str:
    """Name what the last evidence was, which was bad; any bad word where it was not the last."""
    last = standing.last
    failed = last is not None and last.effect is Effect.FAILURE
    return last.category if last is not None and failed else Category.UNREACHABLE


def laid_on(stretch: Stretch, blame: Blame) -> Stretch:
    """Return a stretch as it counts when its incident is blamed on somebody."""
    if stretch.mark is not Mark.DOWN or blame is Blame.OMILIA:
        return stretch
    if blame is Blame.UNCLEAR:
        return replace(stretch, mark=Mark.UNCLEAR)
    return replace(stretch, mark=Mark.OURS, cause=blame)
