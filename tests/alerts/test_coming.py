"""What happens next, as of when it is said."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alerts.alert import Alert
from alerts.coming import coming
from alerts.message import Notification
from alerts.moment import rfc3339
from alerts.policy import Why
from alerts.standing import Standing
from alerts.terms import Terms
from tests.alerts.kit import alert, resolved
from tests.clock import START

STEPS = {
    "pager": Terms(after=300.0, unless_acked=True),
    "mail": Terms(after=1800.0, unless_told="pager"),
}


def said(after: float = 0.0, terms: dict[str, Terms] | None = None, **facts: Any) -> str:
    one = replace(alert(facts=facts), terms=terms or {})
    return coming(Notification(Why.FIRST, one, START + timedelta(seconds=after)))


def test_when_somebody_looks_again_is_said_until_then() -> None:
    looks: dict[str, Any] = {
        "next_probe_at": rfc3339(START + timedelta(seconds=20)),
        "breaker": {"state": "open"},
    }
    assert said(8.0, **looks) == "The next trial is in 12 s."
    assert said(20.0, **looks) == "", "that is over"
    assert said(0.0, **looks | {"breaker": {"state": "closed"}}) == "The next probe is in 20 s."
    assert said(0.0, **looks | {"next_probe_at": None}) == ""


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (0.0, "Told next: pager, in 5 min, unless somebody takes it."),
        (299.0, "Told next: pager, in 1 s, unless somebody takes it."),
        (300.0, "Told next: mail, in 25 min, unless pager took it."),
        (1800.0, ""),
    ],
)
def test_who_is_told_next_is_said_and_what_would_spare_them(after: float, words: str) -> None:
    assert said(after, STEPS) == words


def test_who_is_told_is_not_told_of_who_stands_in_for_them() -> None:
    steps = {"mail": Terms(after=120.0, unless_told="pager"), "boss": Terms(after=300.0)}
    one = replace(alert(), terms=steps)
    said_to = {
        name: coming(Notification(Why.FIRST, one, START, to=name)) for name in ("pager", "x")
    }
    assert said_to["pager"] == "Told next: boss, in 5 min."
    assert said_to["x"] == "Told next: mail, in 2 min, unless pager took it."


def test_steps_count_from_when_it_might_be_told() -> None:
    late = replace(alert(), terms=STEPS, released_at=START + timedelta(hours=1))
    now = START + timedelta(hours=1, seconds=60)
    assert coming(Notification(Why.FIRST, late, now)).startswith("Told next: pager, in 4 min")


def test_what_ends_it_stands_between() -> None:
    looks = rfc3339(START + timedelta(seconds=20))
    assert said(0.0, STEPS, next_probe_at=looks, next="2 good trials end it.") == (
        "The next probe is in 20 s. 2 good trials end it."
        " Told next: pager, in 5 min, unless somebody takes it."
    )


def test_what_is_said_stays_true_between_two_pieces_of_news() -> None:
    """A breaker that trips again is no news; a reminder then says when the new trial is."""
    standing = Standing()

    def put(one: Alert) -> bool:
        return standing.put(one, lambda _: True)

    assert put(alert(facts={"next": "old"}))
    assert not put(replace(alert(facts={"next": "new"}), updated_at=START + timedelta(hours=1)))
    known = standing.newest("chat")
    assert known is not None
    assert standing.of("chat", "A") is known
    assert (known.facts["next"], known.updated_at) == ("new", START), "and it is no younger"
    over = resolved(known)
    assert put(over)
    assert not put(alert(facts={"next": "late"}))
    assert standing.newest("chat") is over
