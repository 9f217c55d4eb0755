import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.alert import Severity, Status
from alerts.message import LARGEST, Notification, body, payload
from alerts.policy import Why
from tests.alerts.kit import alert, resolved
from tests.clock import START

FACTS: dict[str, Any] = {
    "endpoint": "chat",
    "group": "platform",
    "category": "server_error",
    "http_status": 503,
    "detail": "HTTP 503: maintenance",
    "blame": "omilia",
    "sentence": "It is Omilia: it answers 503.",
    "breaker": {"state": "open", "trips": 1},
    "location": "default",
    "links": {"incident": "http://127.0.0.1:8080/v1/incidents/A"},
}
A1 = alert("A", facts=FACTS)


def test_the_message_says_what_the_contract_lists() -> None:
    sent_at = START + timedelta(seconds=2.5)
    assert payload(Notification(Why.FIRST, A1, sent_at)) == {
        "type": "incident.opened",
        "timestamp": "2026-11-22T18:00:00.000Z",
        "data": {
            "id": "A",
            "revision": 1,
            "key": "chat",
            "status": "firing",
            "severity": "error",
            "title": "chat is down",
            "reason": "HTTP 503",
            "notification_reason": "first",
            **FACTS,
            "started_at": "2026-11-22T18:00:00.000Z",
            "ended_at": None,
            "duration": 2.5,
        },
    }


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        (Why.FIRST, "incident.opened"),
        (Why.ESCALATED, "incident.updated"),
        (Why.UPDATED, "incident.updated"),
        (Why.RESOLVED, "incident.resolved"),
    ],
)
def test_the_type_follows_from_the_reason(why: Why, kind: str) -> None:
    assert payload(Notification(why, A1, START))["type"] == kind


def test_every_reason_has_a_type() -> None:
    for why in Why:
        payload(Notification(why, A1, START))


def test_a_resolve_says_when_it_ended_and_how_long_it_was() -> None:
    over = resolved(A1, after=90)
    message = payload(Notification(Why.RESOLVED, over, START + timedelta(seconds=95)))
    assert message["timestamp"] == message["data"]["ended_at"] == "2026-11-22T18:01:30.000Z"
    assert message["data"]["duration"] == 90.0
    assert "late_by" not in message["data"]


@pytest.mark.parametrize(
    ("why", "one", "age"),
    [
        (Why.FIRST, alert("A", 3, at=START + timedelta(hours=1)), 7200),
        (Why.UPDATED, alert("A", 3, at=START + timedelta(hours=1)), 3600),
        (Why.RESOLVED, resolved(A1), 7140),
    ],
)
def test_a_late_message_says_by_how_much(why: Why, one: Any, age: float) -> None:
    message = payload(Notification(why, one, START + timedelta(hours=2)))
    assert message["data"]["late_by"] == age


def test_a_clock_that_was_set_back_makes_no_negative_times() -> None:
    message = payload(Notification(Why.FIRST, A1, START - timedelta(hours=1)))
    assert message["data"]["duration"] == 0.0


def test_facts_that_nobody_listed_come_along_and_cannot_replace_what_is_listed() -> None:
    one = replace(A1, facts={"channel": "ops", "status": "fine", "duration": -1})
    data = payload(Notification(Why.FIRST, one, START))["data"]
    assert (data["channel"], data["status"], data["duration"]) == ("ops", "firing", 0.0)
    assert data["endpoint"] is None


@pytest.mark.parametrize(
    "facts",
    [
        {"detail": "é" * 100_000},
        {"breaker": {"samples": ["x" * 100] * 1000}, "endpoint": "chat"},
        {f"k{n}": "x" * 100 for n in range(1000)},
    ],
)
def test_a_message_is_never_larger_than_receivers_take(facts: dict[str, Any]) -> None:
    one = replace(A1, title="t" * 9000, reason="r" * 9000, facts=facts)
    content = body(Notification(Why.FIRST, one, START))
    assert len(content) <= LARGEST
    data = json.loads(content)["data"]
    assert data["id"] == "A"
    assert data["title"].endswith("…")
    assert data["endpoint"] == facts.get("endpoint")


def test_what_json_has_no_word_for_is_written_all_the_same() -> None:
    one = replace(A1, title="half \ud800", facts={"detail": START})
    data = json.loads(body(Notification(Why.FIRST, one, START)))["data"]
    assert (data["title"], data["detail"]) == ("half ?", str(START))


def test_a_resolved_alert_keeps_its_severity() -> None:
    over = resolved(alert("A", severity=Severity.CRITICAL))
    data = payload(Notification(Why.RESOLVED, over, START))["data"]
    assert (data["status"], data["severity"]) == (Status.RESOLVED, "critical")
