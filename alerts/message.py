"""Notifications, and the words of the standard message. Pure; rendered when it is sent.

The body is JSON as Standard Webhooks asks: `type`, `timestamp` of the event, `data`. A receiver
sees in `data` how things stand now, why it is told, and by how much the news is late.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from alerts.alert import Alert, Status
from alerts.moment import rfc3339
from alerts.policy import Why

if TYPE_CHECKING:
    from alerts.words import Words

LATE = 60.0
"""News older than so many seconds says so."""
LARGEST = 20_000
"""Bytes of a body; Standard Webhooks recommends less than 20 KB."""

_TYPES = {
    Why.FIRST: "incident.opened",
    Why.FLAPPING: "incident.opened",
    Why.ESCALATED: "incident.updated",
    Why.UPDATED: "incident.updated",
    Why.REMINDER: "incident.reminder",
    Why.RESENT: "incident.reminder",
    Why.RESOLVED: "incident.resolved",
    Why.DIGEST: "incident.resolved",
}
_FACTS = (
    *("endpoint", "group", "category", "http_status", "detail", "blame", "sentence"),
    *("breaker", "location", "links"),
)
_LONGEST = {"title": 300, "reason": 1000, "detail": 1000}


@dataclass(frozen=True, slots=True)
class Notification:
    """One telling of one alert to one channel.

    `now` is when it is sent. `plain` asks for the smallest message that says it: the full one was
    refused. `remote` is the handle that the channel returned when it last told of this incident.
    `number` counts reminders, from 1. `before` is the alert as this channel was last told of it.
    `said` are the words that were found for it, None where the built-in ones will do.
    `since` is from when it might be told, where it had to wait for its time. `to` is the channel.
    """

    why: Why
    alert: Alert
    now: datetime
    plain: bool = False
    remote: Mapping[str, Any] = field(default_factory=dict)
    number: int = 0
    before: Alert | None = None
    said: "Words | None" = None
    since: datetime | None = None
    to: str = ""

    @property
    def id(self) -> str:
        """The idempotency id, the same over retries; a reminder is no repetition of the news."""
        again = f".r{self.number}" if self.number else ""
        return f"{self.alert.idempotency_id}{again}"

    @property
    def event_at(self) -> datetime:
        """When what it tells of happened."""
        if self.why.begins:
            return self.alert.started_at
        if self.why in (Why.REMINDER, Why.RESENT):
            return self.now
        if self.why in (Why.RESOLVED, Why.DIGEST):
            return self.alert.ended_at or self.alert.updated_at
        return self.alert.updated_at

    @property
    def age(self) -> float:
        """How old the news is, in seconds, from when it might be told; never negative."""
        might = [at for at in (self.event_at, self.alert.released_at, self.since) if at]
        return max((self.now - max(might)).total_seconds(), 0.0)

    @property
    def duration(self) -> float:
        """How long the incident lasted, or has lasted so far, in seconds."""
        end = self.alert.ended_at if self.alert.status is Status.RESOLVED else None
        return max(((end or self.now) - self.alert.started_at).total_seconds(), 0.0)


def payload(notification: Notification) -> dict[str, Any]:
    """Return the standard message as JSON values."""
    alert = notification.alert
    facts = {} if notification.plain else dict(alert.facts)
    data: dict[str, Any] = {
        "id": alert.id,
        "revision": alert.revision,
        "key": alert.key,
        "status": alert.status.value,
        "severity": alert.severity.value,
        "title": alert.title,
        "reason": alert.reason,
        "notification_reason": notification.why.value,
        **{name: facts.pop(name, None) for name in _FACTS},
        "started_at": rfc3339(alert.started_at),
        "ended_at": None if alert.ended_at is None else rfc3339(alert.ended_at),
        "duration": round(notification.duration, 3),
    }
    for name, longest in _LONGEST.items():
        data[name] = _cut(data[name], longest)
    if notification.age > LATE:
        data["late_by"] = round(notification.age, 3)
    further = {name: value for name, value in facts.items() if name not in data}
    return {
        "type": _type(notification),
        "timestamp": rfc3339(notification.event_at),
        "data": data | further,
    }


def _type(notification: Notification) -> str:
    """Return the type of a message: the sum of what goes on is no end of it."""
    goes_on = notification.alert.status is Status.FIRING
    why = Why.UPDATED if notification.why is Why.DIGEST and goes_on else notification.why
    return _TYPES[why]


def body(notification: Notification) -> bytes:
    """Return the standard message as it goes over the wire, at most LARGEST bytes.

    One that would be larger leaves out its facts and says `truncated`.
    """
    full = _encoded(payload(notification))
    if len(full) <= LARGEST:
        return full
    alone = Notification(notification.why, notification.alert, notification.now, plain=True)
    small = payload(alone)
    small["data"] |= {name: _fitting(notification.alert.facts.get(name)) for name in _FACTS}
    small["data"]["truncated"] = True
    return _encoded(small)


def _encoded(message: dict[str, Any]) -> bytes:
    text = json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.encode("utf-8", "replace")


def _fitting(value: Any) -> Any:
    """Keep a fact that is short, for a message that would be too large with all of them."""
    if isinstance(value, str):
        return _cut(value, 200)
    return value if isinstance(value, int | float) else None


def _cut(value: Any, longest: int) -> Any:
    """Shorten text that is longer than a message can bear."""
    if not isinstance(value, str) or len(value) <= longest:
        return value
    return value[: longest - 1].rstrip() + "…"
