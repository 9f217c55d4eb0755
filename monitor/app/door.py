"""The one door between the packages: an incident goes in, an alert comes out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.alert import Alert, Severity, Status
from monitor.app.holding import FREE, Hold
from monitor.core.blame import Blame
from monitor.core.breaker import Snapshot
from monitor.core.incident import Incident
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


def to_alert(
    incident: Incident,
    *,
    breaker: Snapshot | None,
    channels: tuple[str, ...],
    public_url: str,
    now: datetime,
    hold: Hold = FREE,
) -> Alert:
    """Say of an incident what a message needs. Nothing secret is in an incident."""
    resolved = not incident.is_open
    thing = _thing(incident.key)
    title = _title(incident).format(key=thing)
    why = f"{_reason(incident)}; {hold.began}" if hold.began else _reason(incident)
    return Alert(
        id=incident.id,
        revision=incident.revision,
        key=incident.key,
        status=Status.RESOLVED if resolved else Status.FIRING,
        severity=Severity(incident.severity),
        title=f"resolved: {thing} works again" if resolved else title,
        reason=incident.closed_because if resolved else why,
        started_at=incident.opened_at,
        updated_at=incident.closed_at or now,
        ended_at=incident.closed_at,
        channels=channels,
        held=hold.held,
        released_at=hold.released_at,
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
            "links": {"incident": f"{public_url}/v1/incidents/{incident.id}"},
        },
    )


def _thing(key: str) -> str:
    """Name what an incident is about: an endpoint, a credential, all that wait with one."""
    kind, colon, name = key.partition(":")
    if not colon:
        return key
    return {"credential": name, "throttled": f"credential {name}"}.get(kind, f"{kind} {name}")


def _title(incident: Incident) -> str:
    if is_platform(incident.key):
        return "most of {key} fails"
    if incident.blame is Blame.APPLICATION:
        return "our application is not well: {key}"
    return _TITLES.get(incident.category, "{key} is down")


def _reason(incident: Incident) -> str:
    """Say first whose fault it is: whoever is woken has ten seconds."""
    return f"{incident.sentence} {incident.reason}".strip()


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
        id=f"self-{what}-{since:%Y%m%dT%H%M%S}Z",
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
