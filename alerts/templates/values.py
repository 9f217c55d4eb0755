"""What a template sees: plain values, copied and bounded, and nothing that can be called."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from alerts.message import LATE, Notification
from alerts.moment import rfc3339
from alerts.words import built_in

_MOST = 100
"""Items of a list."""
_LONGEST = 2000
"""Characters of a text."""

VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "title": "what it is, in a few words: `chat is down`",
        "reason": "whose fault it is, and why it is told",
        "severity": "`critical`, `error`, `warning`, `info`",
        "status": "`firing`, or `resolved` when it is over",
        "why": "`first`, `flapping`, `escalated`, `updated`, `reminder`, `resolved`, `digest`",
        "since": "when it began, RFC 3339; for the filter `moment`",
        "ended": "when it ended; empty while it goes on",
        "duration": "how long it has lasted, in seconds; for the filter `lasted`",
        "late_by": "by how many seconds it is told late, 0 when it is not",
        "number": "which reminder it is, from 1; else 0",
        "changed": "what changed since it was told last",
        "sentence": "whose fault it is, in one sentence",
        "blame": "whose fault, in one word: `omilia`, `credential`, `network`, ...",
        "endpoint": "which endpoint shows it",
        "group": "the endpoint's group",
        "location": "where we probe from",
        "category": "what kind of trouble: `server_error`, `throttled`, ...",
        "http_status": "the HTTP status, 0 when there was none",
        "detail": "what was seen last",
        "evidence": "how many probes saw it, in how long, and what each saw",
        "last_good_at": "when all was well last",
        "breaker": "`breaker.state`, `breaker.trips`, `breaker.reason`",
        "next": "what happens next, in a sentence or two",
        "next_probe_at": "when somebody looks again",
        "blocks": "a list: the endpoints that need it, and are not asked meanwhile",
        "acked_by": "who has taken it",
        "acked_until": "until when",
        "runbook": "the endpoint's runbook",
        "link": "where the incident is shown",
        "id": "the incident and its revision",
        "lines": "a list of (label, text): all of the above in our words",
        "builtin": "our own words: `builtin.title`, `builtin.short`, `builtin.body`",
    }
)
"""By name: what it is. The table in docs/alerts.md is checked against this one."""

_FACTS = ("sentence", "blame", "endpoint", "group", "location", "category", "detail")
_MORE = ("evidence", "last_good_at", "next_probe_at", "runbook")


def values_of(notification: Notification) -> dict[str, Any]:
    """Return the values for one message; what is not known is empty, and never missing."""
    alert, said = notification.alert, built_in(notification)
    facts, lines = alert.facts, dict(said.lines)
    breaker = facts.get("breaker")
    known = breaker if isinstance(breaker, Mapping) else {}
    return {
        name: _plain(value)
        for name, value in {
            "title": alert.title,
            "reason": alert.reason,
            "severity": alert.severity.value,
            "status": alert.status.value,
            "why": notification.why.value,
            "since": rfc3339(alert.started_at),
            "ended": rfc3339(alert.ended_at) if alert.ended_at else "",
            "duration": notification.duration,
            "late_by": notification.age if notification.age > LATE else 0,
            "number": notification.number,
            "changed": lines.get("Changed", ""),
            **{name: facts.get(name) or "" for name in (*_FACTS, *_MORE)},
            "http_status": facts.get("http_status") or 0,
            "breaker": {
                "state": known.get("state") or "",
                "trips": known.get("trips") or 0,
                "reason": known.get("reason") or "",
            },
            "next": lines.get("Next", ""),
            "blocks": facts.get("blocks") or [],
            "acked_by": alert.acked_by if alert.is_acked(notification.now) else "",
            "acked_until": rfc3339(alert.acked_until) if alert.acked_until else "",
            "link": said.link,
            "id": alert.idempotency_id,
            "lines": said.lines,
            "builtin": {"title": said.title, "short": said.short, "body": said.text},
        }.items()
    }


def _plain(value: Any) -> Any:
    """Copy a value so that it is plain, whatever it was: texts, numbers, lists, mappings."""
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in list(value.items())[:_MOST]}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value[:_MOST]]
    if isinstance(value, bool | int | float):
        return value
    return str(value)[:_LONGEST]
