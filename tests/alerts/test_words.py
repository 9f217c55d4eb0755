"""What people read, at night, in ten seconds."""

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.alert import Alert, Severity
from alerts.message import Notification
from alerts.moment import lasted
from alerts.policy import Why
from alerts.words import Words, colour_of, words
from tests.alerts.kit import alert, resolved
from tests.clock import START

FACTS = {
    "endpoint": "chat",
    "group": "platform",
    "location": "here",
    "detail": "HTTP 503: Service Unavailable",
    "sentence": "Omilia answers with errors.",
    "breaker": {"state": "half_open", "trips": 2, "retry_after": 75.2},
    "links": {"incident": "https://monitor.example.org/v1/incidents/A"},
}
ONE = replace(
    alert(severity=Severity.CRITICAL, facts=FACTS),
    reason="Omilia answers with errors. 3 failures in a row",
)


def said(one: Alert, why: Why = Why.FIRST, after: float = 5.0, **more: object) -> Words:
    return words(Notification(why, one, START + timedelta(seconds=after), **more))  # type: ignore[arg-type]


def line(found: Words, label: str) -> str | None:
    return dict(found.lines).get(label)


def test_the_title_stands_alone_and_the_short_words_say_whose_fault_it_is_and_since_when() -> None:
    found = said(ONE)
    assert found.title == "CRITICAL: chat is down"
    assert found.short == (
        "Omilia answers with errors. 3 failures in a row. Since 2026-11-22 18:00:00 UTC."
    )
    assert found.link == "https://monitor.example.org/v1/incidents/A"


def test_the_lines_say_what_is_needed_in_order() -> None:
    found = said(ONE)
    labels = [label for label, _ in found.lines]
    assert labels[:4] == ["Whose fault", "Seen", "Because", "Since"]
    assert line(found, "Breaker") == "half-open, tripped 2 times"
    assert line(found, "Since") == "2026-11-22 18:00:00 UTC, 5 s ago"
    assert line(found, "Told late") is None
    assert line(found, "Incident") == ONE.id, "as whoever takes it writes it"
    assert all(text for _, text in found.lines), "nothing is said about what is not known"


def test_what_waits_and_what_was_last_good_is_said() -> None:
    facts = FACTS | {"blocks": [f"e{n}" for n in range(10)], "last_good_at": "2026-11-22T17:59:00Z"}
    found = said(replace(ONE, facts=facts))
    assert line(found, "Blocks") == (
        "10 that need it are not asked: e0, e1, e2, e3, e4, e5, e6, e7 and 2 more"
    )
    assert line(found, "Last good") == "2026-11-22 17:59:00 UTC"


def test_an_update_says_what_changed_and_a_late_one_by_how_much() -> None:
    before = replace(ONE, severity=Severity.WARNING, title="chat is slow")
    found = said(replace(ONE, revision=2), Why.ESCALATED, 600.0, before=before)
    assert found.short.startswith('Was warning, is now critical; was "chat is slow". ')
    assert line(found, "Changed") == 'Was warning, is now critical; was "chat is slow".'
    assert line(found, "Told late") == "by 10 min"


@pytest.mark.parametrize("why", Why)
def test_every_reason_has_its_words(why: Why) -> None:
    over = why in (Why.RESOLVED, Why.DIGEST)
    found = said(resolved(ONE) if over else ONE, why, number=2)
    told = {Why.DIGEST: "over, and not told before", Why.REMINDER: "reminder 2", Why.FIRST: "new"}
    assert line(found, "Told as") == told.get(why, line(found, "Told as"))
    assert len(line(found, "Told as") or "") > 2
    assert line(said(ONE, Why.DIGEST), "Told as") == "what happened so far, in sum"


def test_who_has_taken_it_is_said() -> None:
    taken = replace(ONE, acked_by="ada", acked_until=START + timedelta(hours=2))
    found = said(taken, Why.UPDATED, before=ONE)
    assert line(found, "Changed") == "Ada has taken it."
    assert line(found, "Taken by") == "ada, until 2026-11-22 20:00:00 UTC"


def test_who_has_it_no_longer_is_said_as_what_changed() -> None:
    taken = replace(ONE, acked_by="ada", acked_until=START + timedelta(hours=2))
    found = said(ONE, Why.UPDATED, before=taken)
    assert line(found, "Changed") == "Ada has it no longer."
    assert line(found, "Taken by") is None


def test_a_reminder_says_that_it_still_goes_on_and_how_often_it_was_said() -> None:
    found = said(ONE, Why.REMINDER, 7260.0, number=2)
    assert found.title == "CRITICAL: chat is down (still, after 2 h 1 min; reminder 2)"
    assert line(found, "Told late") is None


def test_a_resolve_says_how_long_it_lasted() -> None:
    over = replace(resolved(ONE, 8165.0), title="resolved: chat works again", reason="2 trials ok")
    found = said(over, Why.RESOLVED, 8166.0)
    assert found.title == "resolved: chat works again"
    assert found.short == "It lasted 2 h 16 min. 2 trials ok."
    assert line(found, "To") == "2026-11-22 20:16:05 UTC"
    assert colour_of(over) != colour_of(ONE)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "less than a second"),
        (0.2, "less than a second"),
        (59.6, "1 min"),
        (3661, "1 h 1 min"),
        (90_061, "1 d 1 h"),
        (86_400, "1 d"),
    ],
)
def test_spans_of_time_have_two_units_at_most(seconds: float, text: str) -> None:
    assert lasted(seconds) == text


def test_words_are_bounded_whatever_was_said() -> None:
    found = said(replace(ONE, title="t" * 5000, reason="r" * 5000))
    assert len(found.title) <= 200
    assert max(len(text) for _, text in found.lines) <= 600
