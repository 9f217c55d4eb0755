"""An alert as JSON text, and back: what the journal keeps so that a resolve survives a restart."""

import json
from datetime import datetime
from typing import Any

from alerts.alert import Alert, Flap, Member, Severity, Status
from alerts.moment import rfc3339


def written(alert: Alert) -> dict[str, Any]:
    """Return an alert as JSON values."""
    return {
        "id": alert.id,
        "revision": alert.revision,
        "key": alert.key,
        "status": alert.status.value,
        "severity": alert.severity.value,
        "title": alert.title,
        "reason": alert.reason,
        "started_at": rfc3339(alert.started_at),
        "updated_at": rfc3339(alert.updated_at),
        "ended_at": None if alert.ended_at is None else rfc3339(alert.ended_at),
        "channels": list(alert.channels),
        "flap": alert.flap.value,
        "acked_by": alert.acked_by,
        "acked_from": alert.acked_from,
        "facts": dict(alert.facts),
        "members": [[one.id, one.name, one.revision, one.status.value] for one in alert.members],
    }


def read(value: dict[str, Any]) -> Alert:
    """Return the alert that `written` wrote. Raises KeyError, TypeError or ValueError."""
    ended = value["ended_at"]
    return Alert(
        id=str(value["id"]),
        revision=int(value["revision"]),
        key=str(value["key"]),
        status=Status(value["status"]),
        severity=Severity(value["severity"]),
        title=str(value["title"]),
        reason=str(value["reason"]),
        started_at=datetime.fromisoformat(value["started_at"]),
        updated_at=datetime.fromisoformat(value["updated_at"]),
        ended_at=None if ended is None else datetime.fromisoformat(ended),
        channels=tuple(value["channels"]),
        flap=Flap(value.get("flap", "")),
        acked_by=str(value.get("acked_by", "")),
        acked_from=str(value.get("acked_from", "")),
        facts=dict(value["facts"]),
        members=tuple(
            Member(str(id_), str(name), int(revision), Status(status))
            for id_, name, revision, status in value.get("members", ())
        ),
    )


def dumps(value: Any) -> str:
    """Write JSON compactly, in ASCII; what JSON has no word for is written as text."""
    return json.dumps(value, separators=(",", ":"), default=str)


def loads(text: str | None) -> Any:
    """Read JSON; None for None and for text that is not JSON."""
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None
