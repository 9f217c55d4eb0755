"""The shapes in which a webhook can carry a notification: the standard one, and two of others."""

import hashlib
import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from alerts.alert import Status
from alerts.message import Notification, body, payload
from alerts.moment import rfc3339
from alerts.steady import steady
from alerts.words import words

_NEVER = "0001-01-01T00:00:00Z"
"""How Alertmanager writes an end that has not come."""


def cloudevent(notification: Notification) -> bytes:
    """Return a CloudEvent 1.0.2 in structured mode: the standard message's data in an envelope."""
    standard = payload(notification)
    alert = notification.alert
    return _encoded(
        {
            "specversion": "1.0",
            "id": notification.id,
            "source": f"/omilia-monitor/{alert.facts.get('location') or 'default'}",
            "type": f"com.omilia-monitor.{standard['type']}.v1",
            "subject": str(alert.facts.get("endpoint") or alert.key),
            "time": standard["timestamp"],
            "datacontenttype": "application/json",
            "data": standard["data"],
        }
    )


def alertmanager(notification: Notification) -> bytes:
    """Return what Alertmanager posts to webhooks (version 4), for the many that read it."""
    alert, said = notification.alert, words(notification)
    over = alert.status is Status.RESOLVED
    named = steady(alert, ("endpoint", "group", "location"))
    labels = {"alertname": "OmiliaMonitor", **named, "key": alert.key}
    shared = alert.facts.get("group_labels") or {"key": alert.key}
    annotations = {"summary": alert.title, "description": said.short}
    annotations |= {"severity": alert.severity.value}
    if alert.facts.get("runbook"):
        annotations["runbook_url"] = str(alert.facts["runbook"])
    one = {
        "status": alert.status.value,
        "labels": labels,
        "annotations": annotations,
        "startsAt": rfc3339(alert.started_at),
        "endsAt": rfc3339(alert.ended_at or alert.updated_at) if over else _NEVER,
        "generatorURL": said.link,
        "fingerprint": hashlib.sha256(alert.key.encode()).hexdigest()[:16],
    }
    return _encoded(
        {
            "version": "4",
            "groupKey": f'{{}}:{{key="{alert.key}"}}',
            "truncatedAlerts": 0,
            "status": alert.status.value,
            "receiver": "omilia-monitor",
            "notification_reason": notification.why.value,
            "groupLabels": shared,
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "routeLabels": {},
            "externalURL": said.link,
            "alerts": [one],
        }
    )


FORMATS: Mapping[str, tuple[Callable[[Notification], bytes], str]] = MappingProxyType(
    {
        "standard": (body, "application/json"),
        "cloudevents": (cloudevent, "application/cloudevents+json"),
        "alertmanager": (alertmanager, "application/json"),
    }
)
"""By name: who writes the body, and its media type."""


def _encoded(value: dict[str, Any]) -> bytes:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8", "replace")
