"""What an event says: the same values as the rest of the interface, for programs that follow."""

from monitor.board import Entry
from monitor.core.health import Health, Status
from monitor.core.incident import Incident
from monitor.core.maintenance import Cover
from monitor.web.encoding import stamp, stamp_or_none
from monitor.web.views import View, since_of


def health_change(entry: Entry, health: Health, cover: Cover | None, status: Status) -> View:
    """Say how an endpoint looks now, and the platform with it."""
    since, reason = since_of(entry.standing, health, cover)
    return {
        "endpoint": entry.endpoint.id,
        "group": entry.endpoint.group,
        "health": health,
        "since": stamp_or_none(since),
        "reason": reason,
        "status": status,
    }


def incident_change(incident: Incident) -> View:
    """Say how an incident stands; its samples, and who was told, are at `/v1/incidents/{id}`."""
    return {
        "id": incident.id,
        "key": incident.key,
        "endpoint": incident.endpoint,
        "group": incident.group,
        "location": incident.location,
        "status": "open" if incident.is_open else "closed",
        "severity": incident.severity,
        "health": incident.health,
        "category": incident.category,
        "http_status": incident.http_status,
        "reason": incident.reason,
        "blame": incident.blame,
        "sentence": incident.sentence,
        "opened_at": stamp(incident.opened_at),
        "closed_at": stamp_or_none(incident.closed_at),
        "closed_because": incident.closed_because,
        "revision": incident.revision,
        "trips": incident.trips,
    }
