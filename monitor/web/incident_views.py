"""Incidents as the interface shows them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from monitor.core.ack import Ack
from monitor.core.incident import Incident
from monitor.web.breaker_views import grounds_view, order_view, samples_view
from monitor.web.encoding import stamp, stamp_or_none
from monitor.web.views import View


def change_view(incident: Incident) -> View:
    """Say how an incident stands, for programs that follow."""
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


def incident_view(
    incident: Incident, told: Sequence[Mapping[str, Any]], now: datetime, held: str = ""
) -> View:
    """Show an incident with what was told of it; `held` says why it waits to be told."""
    return {
        **change_view(incident),
        "parent": incident.parent or None,
        "children": list(incident.children),
        "duration": duration(incident, now),
        "inconclusive": incident.inconclusive,
        "last_good_at": stamp_or_none(incident.last_good_at),
        "order": None if incident.order is None else order_view(incident.order),
        "ack": None if incident.ack is None else ack_view(incident.ack),
        "why": None if incident.grounds is None else grounds_view(incident.grounds),
        "samples": samples_view(incident.samples),
        "held": held,
        "told": [dict(one) for one in told],
    }


def ack_view(ack: Ack) -> View:
    """Show who has taken an incident."""
    return {
        "by": ack.by,
        "at": stamp(ack.at),
        "until": stamp(ack.until),
        "comment": ack.comment,
    }


def short_view(incident: Incident, now: datetime, held: str = "") -> View:
    """Show an open incident in one line."""
    ack = incident.ack
    return {
        "id": incident.id,
        "key": incident.key,
        "endpoint": incident.endpoint,
        "group": incident.group,
        "severity": incident.severity,
        "health": incident.health,
        "category": incident.category,
        "reason": incident.reason,
        "blame": incident.blame,
        "sentence": incident.sentence,
        "parent": incident.parent or None,
        "children": list(incident.children),
        "held": held,
        "ack": ack_view(ack) if ack is not None and ack.holds(now) else None,
        "opened_at": stamp(incident.opened_at),
        "duration": duration(incident, now),
    }


def duration(incident: Incident, now: datetime) -> float:
    """Return how long it took, or takes so far, in seconds; never negative."""
    end = incident.closed_at or now
    return round(max((end - incident.opened_at).total_seconds(), 0.0), 3)
