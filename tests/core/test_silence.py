"""Silences as values: when they silence what, and how they end."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from monitor.core.matchers import matcher
from monitor.core.silence import (
    Silence,
    SilenceState,
    expired,
    is_about_something,
    silenced_at_last,
    silenced_by,
)
from tests.clock import START

PENDING, ACTIVE, EXPIRED = SilenceState
LABELS = {"severity": "critical", "endpoint": "chat-rest"}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def silence(start: float, end: float, *matchers: str, name: str = "s") -> Silence:
    asked = matchers or ("severity=critical",)
    return Silence(name, tuple(map(matcher, asked)), at(start), at(end), "ana", "known")


@pytest.mark.parametrize(
    ("now", "state"), [(-1, PENDING), (0, ACTIVE), (59.9, ACTIVE), (60, EXPIRED)]
)
def test_it_is_active_from_its_start_on_and_no_longer_at_its_end(
    now: float, state: SilenceState
) -> None:
    one = silence(0, 60)
    assert one.state(at(now)) is state
    assert one.is_active(at(now)) is (state is ACTIVE)


@pytest.mark.parametrize(
    ("matchers", "matches"),
    [
        (("severity=critical",), True),
        (("severity=critical", 'endpoint=~"chat-.*"'), True),
        (("severity=critical", 'endpoint=~"voice-.*"'), False),
        (("severity=critical", "group!=lab"), True),
    ],
)
def test_all_matchers_must_hold(matchers: tuple[str, ...], matches: bool) -> None:
    assert silence(0, 60, *matchers).matches(LABELS) is matches


@pytest.mark.parametrize(
    ("matchers", "about"),
    [
        (["severity=critical"], True),
        (["group!=lab", "severity=critical"], True),
        (['group=~".+"'], True),
        (["group!~.*"], True),
        (["group!=lab"], False),
        (['group=""'], False),
        (['group=~".*"'], False),
        (["group!~lab", "severity!=critical"], False),
        ([], False),
    ],
)
def test_one_must_ask_for_a_label_to_be_there(matchers: list[str], about: bool) -> None:
    assert is_about_something(map(matcher, matchers)) is about


def test_it_is_ended_early_taken_back_and_ended_once() -> None:
    one = silence(0, 60)
    early = expired(one, at(30), "bo")
    assert (early.ends_at, early.expired_by, early.revision) == (at(30), "bo", 2)
    assert early.state(at(30)) is EXPIRED
    back = expired(one, at(-30), "bo")
    assert (back.starts_at, back.ends_at) == (at(-30), at(-30))
    assert back.state(at(-30)) is EXPIRED
    assert expired(early, at(40), "cy") is early
    assert expired(one, at(60), "cy") is one, "it ended by itself"


def test_of_several_the_one_counts_that_ends_last() -> None:
    short, long = silence(0, 30, name="short"), silence(10, 60, name="long")
    other = silence(0, 90, "severity=warning")
    known = (long, other, short)
    assert [silenced_by(known, LABELS, at(now)) for now in (-1, 5, 20, 40, 60)] == [
        *(None, short, long, long, None)
    ]
    assert silenced_at_last(known, LABELS, at(5), at(60)) is long
    assert silenced_at_last(known, LABELS, at(5), at(40)) is short
    assert silenced_at_last(known, LABELS, at(30), at(40)) is None, "it ended before"


def test_one_that_was_taken_back_before_it_began_silenced_nothing() -> None:
    back = expired(silence(10, 60), at(5), "bo")
    assert silenced_at_last([back], LABELS, at(0), at(20)) is None
    assert silenced_by([replace(back, ends_at=at(5))], LABELS, at(5)) is None
