"""A stretch: the time in which one endpoint stood in one way, as the contract counts it.

Stretches are facts. They are written when something changes, kept as long as incidents, and know
more than a health: when it really began, within which bounds, and whose trouble it was.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from monitor.core.health import Health
from monitor.core.outcome import Category
from monitor.core.standing import Standing


class Mark(StrEnum):
    """How time counts. Bounded: it is part of the HTTP contract."""

    UP = "up"
    DEGRADED = "degraded"
    """It answers, but slowly or not all: up, for the contract."""
    THROTTLED = "throttled"
    """Omilia asks us to wait; the configuration says how that counts."""
    DOWN = "down"
    """By Omilia's fault."""
    MAINTENANCE = "maintenance"
    """Announced. It lies over what the probes saw meanwhile."""
    OURS = "ours"
    """Trouble that is not Omilia's: a credential, a licence, a probe of ours that is wrong."""
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
    showed it; None when it is known exactly. The same holds for its end. `region` and `critical`
    are what they were then. `cause` is one word for whose or what trouble it is, `reason` a
    sentence, `incident` an id; all are empty where all is well.
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

GOOD = frozenset({Mark.UP, Mark.DEGRADED})
BAD = frozenset({Mark.THROTTLED, Mark.DOWN})
JUDGED = GOOD | BAD
"""The marks that say something about Omilia."""


def mark_of(health: Health, standing: Standing) -> Mark:
    """Return how the time counts in which an endpoint looks like this."""
    last = standing.last
    if health is Health.BLOCKED and last is not None and last.category is Category.BLOCKED:
        return Mark.BLOCKED
    return _MARKS[health]


def cause_of(mark: Mark, standing: Standing) -> str:
    """Return one word for what is wrong; "" where nothing is."""
    if mark in BAD and standing.breaker.samples:
        return standing.breaker.samples[-1].category
    if mark in GOOD or mark is Mark.UNKNOWN or standing.last is None:
        return ""
    return standing.last.category.value
