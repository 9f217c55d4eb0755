"""Groups as values: who is in, what is said, under which revision."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.alert import Alert, Severity, Status
from alerts.attempt import TOLD
from alerts.channels.formats import alertmanager
from alerts.channels.slack import message
from alerts.channels.teams import LARGEST as LARGEST_CARD
from alerts.channels.teams import _encoded, card
from alerts.document import read, written
from alerts.entry import begun, told
from alerts.grouping import Grouping, grouped, key_of, taken_up, told_in
from alerts.message import LARGEST, Notification, body
from alerts.policy import Due, NotDue, Why, news
from alerts.steady import steady
from alerts.telling import tellings_of
from alerts.terms import Terms
from alerts.words import words
from tests.alerts.kit import alert, resolved
from tests.clock import START

CHAT = Grouping("group:1:group=chat", {"group": "chat"}, ("ops",))
LINK = "https://monitor.example/v1/incidents/"


def member(name: str, after: float = 0.0, **changes: Any) -> Alert:
    facts = {
        "endpoint": name,
        "group": "chat",
        "blame": "omilia",
        "sentence": "Omilia is down.",
        "links": {"incident": f"{LINK}{name}-1"},
    }
    began = START + timedelta(seconds=after)
    return replace(alert(f"{name}-1", key=name, started_at=began, facts=facts), **changes)


A, B, C = member("a"), member("b", 5), member("c", 9)


def stood(*members: Alert, known: Alert | None = None, told: tuple[Alert, ...] = ()) -> Alert:
    ids = [one.id for one in told]
    found = grouped(known, members, CHAT, told=ids, now=START + timedelta(seconds=60))
    assert found is not None
    return found


def names(group: Alert) -> list[str]:
    return [one.name for one in group.members]


def test_one_speaks_for_itself() -> None:
    group = stood(A)
    said = ("title", "reason", "severity", "started_at", "status")
    assert [getattr(group, one) for one in said] == [getattr(A, one) for one in said]
    assert group.facts == {**A.facts, "group_labels": {"group": "chat"}}
    assert (group.key, group.revision, group.channels) == (CHAT.key, 1, ("ops",))
    over = stood(resolved(A), known=group, told=(A,))
    assert (over.status, over.title, over.ended_at) == (Status.RESOLVED, A.title, over.ended_at)


def test_several_are_counted_named_and_listed() -> None:
    worse = replace(B, severity=Severity.CRITICAL)
    group = stood(C, A, worse)
    assert group.title == "3 of chat are down: a, b, c"
    assert (group.severity, group.started_at) == (Severity.CRITICAL, START)
    assert group.reason == "Omilia is down."
    assert group.facts["links"] == {"incident": "https://monitor.example/v1/incidents?open=true"}
    assert [one["link"] for one in group.facts["members"]] == [f"{LINK}{n}-1" for n in "abc"]
    slow = stood(replace(A, title="a is slow"), B)
    assert slow.title == "2 of chat are not well: a, b"
    assert slow.reason == "Omilia is down. One by one: a is slow; b is down."
    ours = replace(B, facts={**B.facts, "sentence": "It is us: no licence."})
    assert stood(A, ours).reason == "One by one: a: Omilia is down; b: It is us: no licence."


def test_a_message_of_many_says_nothing_twice() -> None:
    group = stood(A, B, C)
    found = words(Notification(Why.FIRST, group, START + timedelta(seconds=60)))
    assert found.short == "Omilia is down. Since 2026-11-22 18:00:00 UTC."
    lines = dict(found.lines)
    assert "Because" not in lines
    assert lines["Member 2"] == f"b is down, since 2026-11-22 18:00:05 UTC. {LINK}b-1"
    assert found.text.count("Omilia is down.") == 1
    over = stood(*(resolved(one, 60) for one in (A, B, C)), known=group, told=(A, B, C))
    lines = dict(words(Notification(Why.RESOLVED, over, START + timedelta(seconds=90))).lines)
    assert "Because" not in lines
    assert lines["Member 1"].startswith("a is over, 2026-11-22 18:00:00 UTC to 2026-11-22 18:01:")


def test_what_is_held_does_not_join_and_does_not_leave() -> None:
    held = replace(B, held="maintenance")
    group = stood(A, held)
    assert names(group) == ["a"]
    group = stood(A, B, known=group)
    assert names(stood(A, held, known=group, told=(A, B))) == ["a", "b"]
    assert stood(A, held, known=group, told=(A, B)).held == ""
    alone = stood(resolved(A), held, known=group, told=(A, B))
    assert (alone.status, alone.held) == (Status.FIRING, "maintenance")
    assert grouped(None, [held], CHAT, told=(), now=START) is None


def test_what_was_over_before_anybody_heard_of_it_was_never_in_it() -> None:
    group = stood(A, B)
    group = stood(A, resolved(B), known=group)
    assert names(group) == ["a"]
    over = stood(resolved(A), known=group)
    assert (over.status, over.members) == (Status.RESOLVED, ())


def test_it_ends_with_the_last_and_says_how_long_each_took() -> None:
    group = stood(A, B)
    group = stood(resolved(A, 60), B, known=group, told=(A, B))
    assert group.title == "1 of chat is down: b"
    assert group.reason.endswith("1 is over")
    over = stood(resolved(A, 60), resolved(B, 7200), known=group, told=(A, B))
    assert over.title == "resolved: 2 of chat: a, b"
    assert over.reason == "all are over: a for 1 min, b for 2 h"
    assert over.ended_at == B.started_at + timedelta(hours=2)
    assert (group.revision, over.revision, over.id) == (2, 3, group.id)


def test_the_revision_grows_with_members_and_with_nothing_else() -> None:
    group = stood(A, B)
    assert stood(A, B, known=group).revision == 1
    assert stood(replace(A, facts={}), replace(B, held="x"), known=group, told=(A, B)).revision == 1
    assert stood(A, replace(B, revision=2), known=group).revision == 2


def test_it_is_taken_while_all_are_taken() -> None:
    ada = replace(A, acked_by="ada", acked_until=START + timedelta(hours=2))
    bob = replace(B, acked_by="bob", acked_until=START + timedelta(hours=1))
    assert stood(ada, B).acked_until is None
    group = stood(ada, bob)
    assert (group.acked_by, group.acked_until) == ("ada, bob", bob.acked_until)


def test_keys_are_of_the_route_and_of_what_is_shared() -> None:
    one = key_of(['severity="critical"', 'blame="omilia"'], {"group": "chat", "location": "x"})
    same = key_of(['blame="omilia"', 'severity="critical"'], {"location": "x", "group": "chat"})
    assert one == same
    assert one.endswith(":group=chat,location=x")
    others = (key_of([], {"group": "chat"}), key_of([], {"endpoint": "chat"}))
    assert len({one, *others}) == 3


def test_a_change_is_told_in_names() -> None:
    before = stood(A, B)
    now = stood(resolved(A), replace(B, revision=2), C, known=before, told=(A, B))
    said = words(Notification(Why.UPDATED, now, START, before=before))
    assert "Also c; over: a; news of b." in said.short
    left = stood(A, known=before, told=(A, B))
    assert (
        "Told otherwise: b." in words(Notification(Why.UPDATED, left, START, before=before)).short
    )


def test_each_member_s_history_has_what_its_group_told() -> None:
    before = stood(A, B)
    now = stood(resolved(A), B, C, known=before, told=(A, B))
    rows = [
        (t.incident_id, t.revision, t.why) for t in tellings_of("ops", now, before, Why.UPDATED, 1)
    ]
    assert rows == [("c-1", 1, "first"), ("a-1", 2, "resolved")]
    never = tellings_of("mail", now, None, Why.FIRST, 1)
    assert [t.incident_id for t in never] == ["b-1", "c-1"], (
        "mail never heard of the one that is over"
    )


def test_what_was_told_is_taken_up_under_the_highest_revision_that_was_used() -> None:
    first = stood(A)
    second = stood(A, B, known=first)
    knows = told(begun(None, "ops", first, 1), first, TOLD, 1)
    perhaps = begun(knows, "ops", second, 2)
    (known,) = taken_up([perhaps])
    assert (known.id, known.revision, known.members) == (first.id, 2, second.members)
    assert told_in([perhaps]) == {"a-1", "b-1"}
    assert told_in([knows]) == {"a-1"}
    assert perhaps.incident_ids == {first.id, "a-1", "b-1"}, "how they ended is asked for"
    assert stood(A, B, known=known, told=(A, B)).revision == 2, "the same again, under its id"
    assert stood(A, C, known=known, told=(A, B)).revision == 3
    assert read(written(second)).members == second.members
    over = stood(resolved(A), known=first, told=(A,))
    ended = told(begun(None, "mail", over, 3), over, TOLD, 3)
    (known,) = taken_up([knows, ended])
    assert known.status is Status.RESOLVED
    assert taken_up([ended]) == []


@pytest.mark.parametrize(
    ("changes", "after", "found"),
    [
        ({}, 10, NotDue),
        ({}, 301, Why.UPDATED),
        ({"severity": Severity.CRITICAL}, 10, Why.ESCALATED),
        ({"status": Status.RESOLVED}, 10, Why.RESOLVED),
        ({"acked_by": "ada"}, 10, Why.UPDATED),
        ({}, -301, Why.UPDATED),
    ],
)
def test_updates_come_apart_and_what_is_worse_or_over_at_once(
    changes: dict[str, Any], after: float, found: Any
) -> None:
    one = replace(alert(), terms={"ops": Terms(apart=300.0)})
    at = 1000 * int(START.timestamp())
    entry = told(begun(None, "ops", one, at), one, TOLD, at)
    now = START + timedelta(seconds=after)
    newer = replace(one, revision=2, **changes)
    answer = news(entry, newer, newer, channel="ops", now=now)
    if found is Why.UPDATED and isinstance(answer, Due):
        assert Notification(found, newer, now, since=answer.since).age <= 10, (
            "it waited because it should"
        )
    assert answer.why is found if found is not NotDue else answer.__class__ is NotDue
    if found is NotDue:
        again = news(entry, newer, newer, channel="ops", now=now, level=True)
        assert isinstance(again, Due), "who wants levels takes silence for an end"


MANY = [
    member(f"endpoint-number-{n}", n, severity=Severity.CRITICAL, title=f"e{n} {'x' * 300}")
    for n in range(500)
]


def test_five_hundred_fit_everywhere() -> None:
    group = stood(*MANY)
    said = Notification(Why.FIRST, group, START + timedelta(hours=1))
    assert "and 492 more" in group.title
    assert group.facts["more_members"] == 500 - 16
    assert len(body(said)) <= LARGEST
    assert b"truncated" not in body(said)
    assert len(_encoded(card(said, plain=False))) <= LARGEST_CARD
    blocks = message(said)["attachments"][0]["blocks"]
    assert len(blocks[1]["text"]["text"]) <= 3000
    assert ("And", "492 more") in words(said).lines


def test_labels_stay_the_same_whoever_comes_and_goes() -> None:
    one, two = stood(A), stood(A, B)
    assert steady(one, ("endpoint", "group")) == steady(two, ("endpoint", "group")) == CHAT.labels
    assert steady(A, ("endpoint", "location")) == {"endpoint": "a"}
    for group in (one, two):
        posted = alertmanager(Notification(Why.FIRST, group, START)).decode()
        assert '"groupLabels":{"group":"chat"}' in posted
        assert (
            '"labels":{"alertname":"OmiliaMonitor","group":"chat","key":"group:1:group=chat"}'
            in posted
        )
