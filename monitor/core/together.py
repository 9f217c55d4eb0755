"""Most of a region failing together: when that is one incident of the platform's, and for how long.

Only endpoints that speak of the platform count, and only those that say something about it: what
is blocked, refused or not known is no evidence. Applications, and what failed long before, stand
alone.
"""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.around import Watched
from monitor.core.breaker import State
from monitor.core.endpoint import Endpoint, Request
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity, Trouble
from monitor.core.outcome import About, Category, Effect
from monitor.core.standing import is_paused

AWAITED = 60.0
"""Seconds for which an incident is not told at the most, while others may turn out to be down."""
ANSWERED = 3.0
"""Seconds after which those that were asked at once have answered, or fail too."""
ASKED = 3
"""So many others are asked at once when an endpoint begins to fail."""

_PREFIX = "platform:"
_EVIDENT = (Health.OPERATIONAL, Health.DEGRADED, Health.DOWN, Health.THROTTLED)
_FALLEN = (Health.DOWN, Health.THROTTLED)
_WORST = (Severity.CRITICAL, Severity.ERROR, Severity.WARNING)
_NAMED = 5
_READS = ("GET", "HEAD")


@dataclass(frozen=True, slots=True)
class Together:
    """When failures are one: more than `share` of a region and `at_least`, `within` seconds."""

    share: float = 0.5
    at_least: int = 3
    within: float = 120.0

    def enough(self, members: int) -> int:
        """Return how many of so many must be down."""
        return max(self.at_least, math.floor(self.share * members) + 1)


def key_of(region: str) -> str:
    """Name the incident of a region's platform."""
    return f"{_PREFIX}{region or 'default'}"


def is_platform(key: str) -> bool:
    """Tell whether an incident's key is that of a platform."""
    return key.startswith(_PREFIX)


def members_of(key: str, watched: Iterable[Watched]) -> list[Watched]:
    """Return those that say something about the platform of a region, by the incident's key."""
    return [
        one
        for one in watched
        if key_of(one.endpoint.region) == key
        and one.endpoint.about is About.PLATFORM
        and one.standing.health in _EVIDENT
    ]


def is_fallen(incident: Incident | None) -> bool:
    """Tell whether an endpoint's own incident is that its breaker does not close."""
    return incident is not None and incident.health in _FALLEN


def is_failing(one: Watched) -> bool:
    """Tell whether an endpoint fails, and its breaker has not tripped yet."""
    last = one.standing.last
    closed = one.standing.breaker.state is State.CLOSED
    return closed and last is not None and last.effect is Effect.FAILURE


def is_silent(one: Watched, incident: Incident) -> bool:
    """Tell whether an endpoint has shown nothing since an incident began."""
    began = incident.samples[0].at if incident.samples else incident.opened_at
    return one.standing.last is not None and one.standing.last.at < began


def to_ask(
    failing: Endpoint, since: datetime, watched: Iterable[Watched], policy: Together
) -> list[Watched]:
    """Return whom to ask at once when an endpoint begins to fail, to know whether it fails alone.

    A few of its region, the critical ones first, that have shown nothing since; nobody when enough
    are known to fail. Only plain reads are asked out of turn, and nobody who refuses us.
    """
    members = members_of(key_of(failing.region), watched)
    if sum(map(is_failing, members)) >= policy.enough(len(members)):
        return []
    silent = [
        one
        for one in members
        if one.endpoint.id != failing.id
        and _is_plain_read(one.endpoint.request)
        and one.standing.breaker.state is State.CLOSED
        and not is_failing(one)
        and one.standing.last is not None
        and one.standing.last.at < since
        and not is_paused(one.standing)
    ]
    return sorted(silent, key=lambda one: not one.endpoint.critical)[:ASKED]


def _is_plain_read(request: Request) -> bool:
    return type(request) is Request and request.method in _READS


def trouble_together(key: str, fallen: Sequence[Incident], members: int) -> Trouble:
    """Say what is wrong with a platform: as bad as its worst, and of the commonest kind."""
    (category, _), *_ = Counter(one.category for one in fallen).most_common(1)
    typical = next(one for one in fallen if one.category is category)
    return Trouble(
        key=key,
        health=Health.DOWN if any(one.health is Health.DOWN for one in fallen) else typical.health,
        severity=min((one.severity for one in fallen), key=_WORST.index),
        category=category,
        reason=f"{len(fallen)} of {members} endpoints: {_listed(fallen)}; {_kinds(fallen)}",
        http_status=typical.http_status,
        samples=tuple(one.samples[-1] for one in fallen if one.samples)[-_NAMED:],
    )


def worse(trouble: Trouble, known: Incident) -> Trouble:
    """Return a trouble no less bad than an incident that goes on: recovery is told at its end."""
    return Trouble(
        key=trouble.key,
        health=Health.DOWN if known.health is Health.DOWN else trouble.health,
        severity=min(trouble.severity, known.severity, key=_WORST.index),
        category=trouble.category,
        reason=trouble.reason,
        http_status=trouble.http_status,
        samples=known.samples,
    )


def _listed(incidents: Collection[Incident]) -> str:
    names = [one.endpoint for one in incidents]
    further = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {further} more" if further > 0 else "")


def _kinds(incidents: Iterable[Incident]) -> str:
    counted = Counter(_kind(one) for one in incidents)
    return ", ".join(f"{kind} ({count})" for kind, count in counted.most_common())


def _kind(incident: Incident) -> str:
    status = incident.http_status
    known = status is not None and incident.category is not Category.UNEXPECTED
    return f"HTTP {status}" if known else str(incident.category)
