"""The one door between the packages: an incident goes in, an alert comes out."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any

from alerts.alert import Alert, Flap, Severity, Status
from alerts.moment import rfc3339
from alerts.terms import Terms
from monitor.app.settings import Settings
from monitor.app.telling.holding import FREE, Hold
from monitor.core.blame import Blame
from monitor.core.breaker import Snapshot
from monitor.core.erosion import KIND
from monitor.core.flapping import is_flapping, thing_of
from monitor.core.incident import Incident
from monitor.core.network import NETWORK
from monitor.core.order import words
from monitor.core.outcome import Category
from monitor.core.together import is_platform

_TITLES: Mapping[Category, str] = {
    Category.THROTTLED: "{key} is throttled",
    Category.CREDENTIAL: "our credential is rejected: {key}",
    Category.LICENCE: "no licence available: {key}",
    Category.PERMISSION: "not permitted: {key}",
    Category.MISCONFIGURED: "our probe is wrong: {key}",
    Category.REQUEST_FAILED: "valid request refused: {key}",
    Category.SLOW: "{key} is slow",
    Category.IMPAIRED: "{key} says that it is not well",
    Category.UNREACHABLE: "cannot reach {key}",
    Category.UNEXPECTED: "{key} answers, but not as expected",
}
_BEGUN = {
    NETWORK: "we are offline",
    "certificate": "the certificate of {key} runs out",
    "credential-age": "our credential runs out: {key}",
    "traffic": "probes and real traffic disagree: {key}",
    KIND: "{key} erodes its objective",
}
_ENDED = {
    NETWORK: "our own network works again",
    "certificate": "the certificate of {key} is a new one",
    "credential-age": "our credential is a new one: {key}",
    "traffic": "probes and real traffic agree: {key}",
    KIND: "{key} holds its objective again",
}


def to_alert(
    incident: Incident,
    *,
    breaker: Snapshot | None,
    channels: tuple[str, ...],
    public_url: str,
    now: datetime,
    hold: Hold = FREE,
    terms: Mapping[str, Terms] = MappingProxyType({}),
    blocks: Sequence[str] = (),
    more: Mapping[str, Any] = MappingProxyType({}),
) -> Alert:
    """Say of an incident what a message needs. Nothing secret is in an incident.

    `blocks` are the endpoints that need what is down, and are not asked meanwhile; `more` are
    further facts (see facts.py).
    """
    resolved = not incident.is_open
    waiting = _waiting(len(blocks))
    why = "; ".join(part for part in (_reason(incident), waiting, hold.began) if part)
    return Alert(
        id=incident.id,
        revision=incident.revision,
        key=incident.key,
        status=Status.RESOLVED if resolved else Status.FIRING,
        severity=Severity(incident.severity),
        title=_title(incident),
        reason=incident.closed_because if resolved else why,
        started_at=incident.opened_at,
        updated_at=incident.closed_at or now,
        ended_at=incident.closed_at,
        channels=channels,
        digest=incident.key == NETWORK,
        held=hold.held,
        released_at=hold.released_at,
        flap=_flap(incident),
        terms=terms,
        acked_until=None if incident.ack is None else incident.ack.until,
        acked_by="" if incident.ack is None else incident.ack.by,
        acked_from="" if incident.ack is None else incident.ack.channel,
        facts={
            "endpoint": incident.endpoint,
            "group": incident.group,
            "category": str(incident.category),
            "http_status": incident.http_status,
            "detail": incident.samples[-1].detail if incident.samples else incident.reason,
            "blame": str(incident.blame),
            "sentence": incident.sentence,
            "breaker": _breaker(breaker),
            "location": incident.location,
            "blocks": list(blocks),
            "last_good_at": rfc3339(incident.last_good_at) if incident.last_good_at else None,
            "links": {"incident": f"{public_url}/v1/incidents/{incident.id}"},
            **more,
        },
    )


def _thing(key: str) -> str:
    """Name what an incident is about: an endpoint, a credential, all that wait with one."""
    kind, colon, name = thing_of(key).partition(":")
    if not colon or kind in ("credential", *_BEGUN):
        return name or kind
    return f"credential {name}" if kind == "throttled" else f"{kind} {name}"


def _title(incident: Incident) -> str:
    """Say in one line what it is about, in the words of its kind, or of what was seen."""
    kind, thing = incident.key.partition(":")[0], _thing(incident.key)
    if is_flapping(incident.key):
        if not incident.is_open:
            return f"resolved: {thing} flaps no more"
        return f"{thing} flaps: {incident.reason}"
    if not incident.is_open:
        return f"resolved: {_ENDED.get(kind, '{key} works again')}".format(key=thing)
    title = _TITLES.get(incident.category, "{key} is down")
    if kind in _BEGUN:
        title = _BEGUN[kind]
    elif is_platform(incident.key):
        title = "most of {key} fails"
    elif kind == "credential" and incident.category is not Category.CREDENTIAL:
        title = "no token can be had: {key}"
    elif incident.blame is Blame.APPLICATION:
        title = "our application is not well: {key}"
    return title.format(key=thing)


def _flap(incident: Incident) -> Flap:
    """Say whether it tells of something that flaps, and whether its revision is but a sum."""
    if incident.tally is None:
        return Flap.NO
    return Flap.DIGEST if incident.tally.digest == incident.revision else Flap.YES


def _reason(incident: Incident) -> str:
    """Say first whose fault it is: whoever is woken has ten seconds."""
    said = f"{incident.sentence} {incident.reason}".strip()
    return said if incident.order is None else f"{said}; {words(incident.order)}"


def _waiting(count: int) -> str:
    """Say how many others need it."""
    if not count:
        return ""
    return "1 other needs it" if count == 1 else f"{count} others need it"


def _breaker(breaker: Snapshot | None) -> dict[str, Any]:
    if breaker is None:
        return {}
    return {
        "state": str(breaker.state),
        "trips": breaker.trips,
        "epoch": breaker.epoch,
        "reason": breaker.reason,
        "retry_after": None if breaker.retry_after is None else round(breaker.retry_after, 3),
    }


def own_alert(
    what: str, title: str, reason: str, *, since: datetime, until: datetime | None, **more: Any
) -> Alert:
    """Say that something of our own is wrong (`what`: store, ...), or is right again."""
    return Alert(
        id=f"self-{what.replace(':', '-')}-{since:%Y%m%dT%H%M%S}Z",
        revision=1 if until is None else 2,
        key=f"self:{what}",
        status=Status.FIRING if until is None else Status.RESOLVED,
        severity=Severity.ERROR,
        title=title if until is None else f"resolved: {title}",
        reason=reason,
        started_at=since,
        updated_at=until or since,
        ended_at=until,
        **more,
    )


def watchdog(settings: Settings, now: datetime) -> Alert:
    """Say that we live, as an alert that always stands (kube-prometheus' Watchdog).

    Alertmanager takes our silence for its end: whoever waits for it there notices that we are gone.
    Where no channel is to hear of it, it is over.
    """
    stands = bool(settings.watchdog)
    return Alert(
        id=f"watchdog-{settings.location}",
        revision=1 if stands else 2,
        key="watchdog",
        status=Status.FIRING if stands else Status.RESOLVED,
        severity=Severity.INFO,
        title="Watchdog",
        reason="always stands while the monitor lives; its end means that the monitor is gone",
        started_at=now,
        updated_at=now,
        ended_at=None if stands else now,
        channels=tuple(settings.watchdog),
        facts={"endpoint": "watchdog", "location": settings.location},
    )
