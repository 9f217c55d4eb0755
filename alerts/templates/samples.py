"""Messages of every kind, to try templates on: of an outage that never was."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alerts.alert import Alert, Flap, Severity, Status
from alerts.message import Notification
from alerts.moment import rfc3339
from alerts.policy import Why
from alerts.terms import Terms

_BEGAN = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
_SENTENCE = "It is Omilia: it answers 503."


def samples(began: datetime = _BEGAN) -> tuple[Notification, ...]:
    """Return a first message, one grown worse, an update, a reminder, an end, a digest, a flap."""
    down = _down(began)
    slow = replace(
        down,
        severity=Severity.WARNING,
        title="example-endpoint is slow",
        reason="It is Omilia: it answers, but too slowly. 12 of 20 slow in 10 min (over 50 %)",
        facts={**down.facts, "category": "slow", "http_status": 200, "blocks": []},
    )
    worse = replace(down, revision=2, updated_at=_after(began, 300))
    taken = replace(
        worse, revision=3, acked_by="ada", acked_until=_after(began, 7200), facts=worse.facts
    )
    over = replace(
        taken,
        revision=4,
        status=Status.RESOLVED,
        title="resolved: example-endpoint works again",
        reason="answers as expected",
        updated_at=_after(began, 8165),
        ended_at=_after(began, 8165),
        facts={**down.facts, "next": "", "next_probe_at": None, "blocks": []},
    )
    bare = replace(over, facts={}, acked_by="", acked_until=None, reason="blind for 7 min")
    flap = replace(
        down,
        key="flapping:example-endpoint",
        title="example-endpoint flaps: 4 outages within 60 min, down 17 % of the time",
        reason=f"{_SENTENCE} 4 outages within 60 min, down 17 % of the time",
        flap=Flap.YES,
    )
    return (
        _going_on(Why.FIRST, slow, _after(began, 2)),
        _going_on(Why.ESCALATED, worse, _after(began, 300), before=slow),
        _going_on(Why.UPDATED, taken, _after(began, 600), before=worse),
        _going_on(Why.REMINDER, worse, _after(began, 3600), number=1, before=worse),
        Notification(Why.RESOLVED, over, _after(began, 8165), before=taken),
        Notification(Why.DIGEST, bare, _after(began, 9000)),
        _going_on(Why.FLAPPING, flap, _after(began, 2400)),
    )


def _going_on(why: Why, alert: Alert, now: datetime, **more: Any) -> Notification:
    """Return a message about what goes on: the next trial is a few seconds ahead."""
    ahead = {"next_probe_at": rfc3339(_after(now, 12))}
    return Notification(why, replace(alert, facts={**alert.facts, **ahead}), now, **more)


def _after(began: datetime, seconds: float) -> datetime:
    return began + timedelta(seconds=seconds)


def _down(began: datetime) -> Alert:
    return Alert(
        id=f"{began:%Y%m%dT%H%M%S}000Z-here-example-endpoint",
        revision=1,
        key="example-endpoint",
        status=Status.FIRING,
        severity=Severity.CRITICAL,
        title="example-endpoint is down",
        reason=f"{_SENTENCE} 3 failures in a row, the last: HTTP 503: Service Unavailable",
        started_at=began,
        updated_at=began,
        terms={"pager": Terms(after=300.0, unless_acked=True)},
        facts={
            "endpoint": "example-endpoint",
            "group": "platform",
            "category": "server_error",
            "http_status": 503,
            "detail": "HTTP 503: Service Unavailable",
            "blame": "omilia",
            "sentence": _SENTENCE,
            "breaker": {"state": "open", "trips": 2, "reason": "3 failures in a row"},
            "location": "here",
            "blocks": ["another-endpoint", "a-third"],
            "last_good_at": rfc3339(_after(began, -45)),
            "evidence": "3 probes in 10 s: 2 x 503, timeout",
            "next": "2 good trials end it.",
            "runbook": "https://wiki.example.org/example-endpoint",
            "links": {"incident": "https://monitor.example.org/v1/incidents/example"},
        },
    )
