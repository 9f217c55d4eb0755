"""Incidents: one per cause, from the first sign that counts to the proof that it is over.

A breaker that trips opens one; re-trips belong to it; the reset closes it. Refusals that the
breaker must not hear of (credential, licence, permission, our own mistake) open one of their own
when they are confirmed. One rejected credential is one incident, however many endpoints use it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from monitor.core.ack import Ack, kept
from monitor.core.blame import Blame, Blamed, Seen
from monitor.core.breaker import Sample, Snapshot, State
from monitor.core.endpoint import Endpoint
from monitor.core.exchange import Fault
from monitor.core.flapping import Tally
from monitor.core.grounds import Grounds, of_share, pace
from monitor.core.health import Health
from monitor.core.order import Order
from monitor.core.outcome import Category, Effect, Outcome
from monitor.core.outlook import slow_share
from monitor.core.standing import CONFIRMED, Standing
from monitor.core.window import SLOW


class Severity(StrEnum):
    """How bad it is, in the words of PagerDuty and Alertmanager."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong with one endpoint now, if anything worth telling is.

    `category`, `http_status` and `samples` are the evidence: what tripped the breaker, or the
    refusal itself; never the good trial that came after. `blamed` is given by who knows better than
    the table (core/blame.py) whose fault it is.
    """

    key: str
    health: Health
    severity: Severity
    category: Category
    reason: str
    http_status: int | None = None
    samples: tuple[Sample, ...] = ()
    grounds: Grounds | None = None
    blamed: Blamed | None = None

    def seen(self, endpoint: Endpoint) -> Seen:
        """Return what is to be blamed on somebody."""
        last = self.samples[-1] if self.samples else None
        return Seen(
            category=self.category,
            status=self.http_status,
            fault=Fault(last.fault) if last and last.fault else None,
            about=endpoint.about,
            application=last is not None and last.application,
        )


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident. `revision` grows with each change that is worth telling somebody.

    `key` is what it is about and stays the same over incidents: an endpoint's id, or a kind and a
    name (`credential:<name>`, `throttled:<credential>`); `endpoint` is then one that shows it.
    `health` is how bad the endpoint looked when it was last revised.
    """

    id: str
    key: str
    endpoint: str
    location: str
    group: str
    opened_at: datetime
    revision: int
    severity: Severity
    health: Health
    category: Category
    reason: str
    http_status: int | None = None
    closed_at: datetime | None = None
    closed_because: str = ""
    last_good_at: datetime | None = None
    trips: int = 0
    samples: tuple[Sample, ...] = ()
    grounds: Grounds | None = None
    """The rule and the numbers behind it, where a breaker or a window found it."""
    notice: bool = False
    """Whoever noticed what it is about ends it, and not the endpoints (see IncidentBook.notice)."""
    inconclusive: int = 0
    """Probes that could say nothing, because we were offline."""
    blame: Blame = Blame.UNCLEAR
    sentence: str = ""
    """Whose fault it is, for people: one sentence."""
    parent: str = ""
    """The id of the incident that this one is part of: only that one is told."""
    children: tuple[str, ...] = ()
    """The ids of the incidents that are, or were, part of this one."""
    order: Order | None = None
    """What was ordered about its endpoint's verdict, as of its last revision."""
    ack: Ack | None = None
    """Who has taken it; nobody any more when it grew worse since."""
    tally: Tally | None = None
    """What has happened so far, in the incident that something flaps; None in all others."""
    heard: tuple[str, ...] = ()
    """Acknowledgements of other systems that have counted: each does so once."""

    @property
    def is_open(self) -> bool:
        """Whether it goes on."""
        return self.closed_at is None


def trouble_of(standing: Standing, endpoint: Endpoint) -> Trouble | None:
    """Say what is wrong with an endpoint, in the terms of the category table."""
    outcome = standing.last
    if outcome is None or outcome.category is Category.BLOCKED:
        return None
    if standing.breaker.state is not State.CLOSED:
        return _tripped(standing.breaker, outcome, endpoint)
    if outcome.effect is Effect.FAILURE or outcome.is_inconclusive:
        return None  # the breaker decides on failures, those that only `count` makes so too
    if outcome.category in (Category.OK, Category.SLOW):
        return _slow(standing, endpoint) if standing.breaker.slow else None
    if standing.streak < CONFIRMED:
        return None
    ours = outcome.category is Category.CREDENTIAL
    return Trouble(
        key=(ours and credential_key(endpoint)) or endpoint.id,
        health=standing.health,
        severity=_TOLD[outcome.category],
        category=outcome.category,
        reason=outcome.detail,
        http_status=outcome.status,
        samples=(outcome.sample(),),
    )


def _slow(standing: Standing, endpoint: Endpoint) -> Trouble:
    """Say that too many of the last answers were slow, whatever the last one of all was."""
    samples = tuple(one for one in standing.breaker.samples if one.category == Category.SLOW)
    return Trouble(
        key=endpoint.id,
        health=Health.DEGRADED,
        severity=_TOLD[Category.SLOW],
        category=Category.SLOW,
        reason=standing.reason,
        http_status=samples[-1].status if samples else None,
        samples=samples,
        grounds=of_share(slow_share(standing.breaker, endpoint), SLOW),
    )


def credential_key(endpoint: Endpoint) -> str | None:
    """Name the incident that all share who use the endpoint's credential; None without one."""
    credential = endpoint.request.credential
    return None if credential is None else f"credential:{credential}"


def throttled_key(endpoint: Endpoint) -> str | None:
    """Name the incident of all that wait together with an endpoint; None when it waits alone."""
    return None if endpoint.quota is None else f"throttled:{endpoint.quota}"


def shared_key(standing: Standing, endpoint: Endpoint) -> str | None:
    """Name the incident that an endpoint would share with others, as it stands."""
    if standing.breaker.throttled:
        return throttled_key(endpoint)
    return credential_key(endpoint)


def _tripped(breaker: Snapshot, last: Outcome, endpoint: Endpoint) -> Trouble:
    """Say what is wrong while the breaker is not closed: what tripped it, not what came after."""
    cause = breaker.samples[-1] if breaker.samples else None
    return Trouble(
        key=(breaker.throttled and throttled_key(endpoint)) or endpoint.id,
        health=Health.THROTTLED if breaker.throttled else Health.DOWN,
        severity=_severity(endpoint, throttled=breaker.throttled),
        category=Category(cause.category) if cause else last.category,
        reason=breaker.reason,
        http_status=cause.status if cause else last.status,
        samples=breaker.samples,
        grounds=breaker.grounds,
    )


_TOLD: Mapping[Category, Severity] = {
    Category.CREDENTIAL: Severity.ERROR,
    Category.LICENCE: Severity.ERROR,
    Category.PERMISSION: Severity.WARNING,
    Category.MISCONFIGURED: Severity.WARNING,
    Category.REQUEST_FAILED: Severity.WARNING,
    Category.SLOW: Severity.WARNING,
    Category.IMPAIRED: Severity.WARNING,
}


def _severity(endpoint: Endpoint, *, throttled: bool) -> Severity:
    """Rank a breaker that is not closed."""
    if throttled:
        return Severity.WARNING
    return Severity.CRITICAL if endpoint.critical else Severity.ERROR


def open_incident(
    trouble: Trouble,
    standing: Standing,
    endpoint: Endpoint,
    whose: Blamed,
    *,
    location: str,
    now: datetime,
    notice: bool = False,
    order: Order | None = None,
) -> Incident:
    """Open an incident. Its id derives from when, where and what, so that it can be made twice."""
    return Incident(
        id=id_of(trouble.key, location, now),
        key=trouble.key,
        endpoint=endpoint.id,
        location=location,
        group=endpoint.group,
        opened_at=now,
        revision=1,
        severity=trouble.severity,
        health=trouble.health,
        category=trouble.category,
        reason=trouble.reason,
        http_status=trouble.http_status,
        last_good_at=standing.last_good_at,
        trips=standing.breaker.trips,
        samples=trouble.samples,
        grounds=trouble.grounds,
        notice=notice,
        blame=whose.blame,
        sentence=whose.sentence,
        order=order,
    )


def id_of(key: str, location: str, now: datetime) -> str:
    """Return the id of an incident that is opened now."""
    stamp = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z"
    return f"{stamp}-{location}-{key.replace(':', '-')}"


def revise(incident: Incident, trouble: Trouble, standing: Standing, whose: Blamed) -> Incident:
    """Bring an open incident up to date; the same object when nothing changed.

    The revision grows only when the health, the severity, the blame or an objective's rule changes:
    a re-trip with another 5xx is no news to somebody who was told. A clear blame stays clear.
    """
    if whose.blame is Blame.UNCLEAR:
        whose = Blamed(incident.blame, incident.sentence)
    known = incident.health, incident.severity, incident.blame, pace(incident.grounds)
    changed = known != (trouble.health, trouble.severity, whose.blame, pace(trouble.grounds))
    trips = max(incident.trips, standing.breaker.trips)
    if not changed and trips == incident.trips:
        return incident
    return replace(
        incident,
        revision=incident.revision + changed,
        severity=trouble.severity,
        health=trouble.health,
        category=trouble.category,
        reason=trouble.reason,
        http_status=trouble.http_status,
        trips=trips,
        samples=trouble.samples or incident.samples,
        blame=whose.blame,
        sentence=whose.sentence,
        grounds=trouble.grounds,
        ack=kept(incident.ack, incident.severity, trouble.severity),
    )


def close(incident: Incident, *, now: datetime, because: str) -> Incident:
    """Close an incident, and say what proved it."""
    return replace(incident, closed_at=now, closed_because=because, revision=incident.revision + 1)
