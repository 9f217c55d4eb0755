"""What is known, for how long it is believed, and that everything else fails open."""

from typing import Any

import pytest

from monitor.client.book import LIVE, Book
from monitor.client.verdict import Verdict, Why
from tests.client.speaking import verdict


class Time:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def book(time: Time) -> Book:
    return Book(time, None)


def test_before_anything_is_heard_everything_is_allowed(book: Book) -> None:
    assert book.allows("chat")
    assert book.verdict("chat") == Verdict("chat", allow=True, why=Why.NO_DAEMON)


def test_an_endpoint_that_is_not_watched_is_allowed(book: Book) -> None:
    book.heard()
    assert book.allows("chat")
    assert book.verdict("chat").why is Why.UNKNOWN_ENDPOINT


def test_a_verdict_that_holds_is_obeyed_and_counts_down(book: Book, time: Time) -> None:
    book.say(verdict(allow=False))
    time.now += 10
    assert not book.allows("chat")
    assert book.verdict("chat") == Verdict(
        endpoint="chat",
        allow=False,
        why=Why.VERDICT,
        reason="3 failures in a row",
        state="open",
        mode="auto",
        unknown=False,
        retry_after=20.0,
        evidence_age=12.0,
        epoch=1,
        evidence="enough",
    )
    time.now += 30
    assert book.verdict("chat").retry_after == 0.0
    book.say(verdict())
    assert book.allows("chat")
    assert book.verdict("chat").retry_after is None


def test_a_refusal_that_is_too_old_is_not_obeyed(book: Book, time: Time) -> None:
    book.say(verdict(allow=False, valid_for=60.0))
    time.now += 60
    assert not book.allows("chat")
    time.now += 0.001
    assert book.allows("chat")
    stale = book.verdict("chat")
    assert (stale.allow, stale.why, stale.stale, stale.retry_after) == (True, Why.STALE, True, None)
    assert stale.evidence_age == pytest.approx(62.001)


def test_while_the_daemon_is_heard_a_verdict_holds(book: Book, time: Time) -> None:
    book.say(verdict(allow=False, valid_for=5.0))
    for _ in range(100):
        book.heard()
        time.now += LIVE
        assert not book.allows("chat")
        assert book.lapses_in("chat") == 0.0
    time.now += 0.001
    assert book.allows("chat"), "nothing was heard for too long"


@pytest.mark.parametrize(("valid_for", "held"), [(5.0, 5.0), (40.0, 40.0), (300.0, LIVE)])
def test_once_the_daemon_is_lost_a_verdict_holds_for_its_own_time(
    book: Book, time: Time, valid_for: float, held: float
) -> None:
    book.say(verdict(allow=False, valid_for=valid_for))
    time.now += 1000
    book.heard()
    time.now += 3
    for _ in range(3):
        book.lost()
    time.now += held - 3
    assert not book.allows("chat")
    time.now += 0.001
    assert book.allows("chat")


def test_a_lost_daemon_never_shortens_what_it_promised(book: Book, time: Time) -> None:
    book.heard()
    book.say(verdict(allow=False, valid_for=300.0))
    book.lost()
    time.now += 300
    assert not book.allows("chat")


def test_losing_a_daemon_that_was_never_heard_changes_nothing(book: Book) -> None:
    book.lost()
    assert book.verdict("chat").why is Why.NO_DAEMON


def test_what_is_no_longer_watched_is_forgotten(book: Book) -> None:
    book.heard()
    book.say(verdict("chat", allow=False))
    book.say(verdict("bots", allow=False))
    book.keep_only(["bots", "auth"])
    assert book.endpoints() == ["bots"]
    assert (book.allows("chat"), book.allows("bots")) == (True, False)


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        "no",
        {},
        {"endpoint": "chat"},
        {"allow": False},
        {"endpoint": 7, "allow": False},
        {"endpoint": "chat", "allow": "no"},
    ],
)
def test_what_is_no_verdict_is_passed_over(book: Book, said: object) -> None:
    book.say(said)
    assert book.endpoints() == []


@pytest.mark.parametrize("odd", ["soon", None, True, -1, float("nan"), float("inf"), 1e300])
def test_odd_times_make_no_refusal_last(book: Book, time: Time, odd: object) -> None:
    book.say(verdict(allow=False, valid_for=odd, retry_after=odd, evidence_age=odd))
    shown = book.verdict("chat")
    assert (shown.retry_after, shown.evidence_age) == (None, None)
    time.now += 0.001
    assert book.allows("chat")


def test_fields_of_a_later_release_are_no_trouble(book: Book) -> None:
    book.say(verdict(allow=False, state="melting", further={"a": 1}))
    assert book.verdict("chat").state == "melting"


def test_changes_are_told_and_repetitions_are_not(time: Time) -> None:
    told: list[Verdict] = []
    book = Book(time, told.append)
    turns: list[int] = []
    book.turned = lambda: turns.append(len(told))
    book.heard()
    for said in (
        verdict(),
        verdict(evidence_age=7.0, valid_for=1.0),
        verdict(allow=False),
        verdict(allow=False, retry_after=3.0),
        verdict(allow=False, unknown=True),
        verdict(allow=False, unknown=True, reason="other"),
    ):
        book.say(said)
    book.keep_only([])
    assert [(one.allow, one.unknown, one.reason) for one in told] == [
        (True, False, ""),
        (False, False, "3 failures in a row"),
        (False, True, "3 failures in a row"),
        (False, True, "other"),
        (True, True, ""),
    ]
    assert turns == [0, 1, 2, 3, 4]


def test_a_callback_that_fails_stops_nothing(time: Time, caplog: pytest.LogCaptureFixture) -> None:
    def fail(_: Any) -> None:
        raise ZeroDivisionError

    book = Book(time, fail)
    book.say(verdict(allow=False))
    assert not book.allows("chat")
    assert "on_change failed for chat" in caplog.text
