from datetime import timedelta
from email.utils import format_datetime

import pytest
from multidict import CIMultiDict

from alerts.attempt import LONGEST_HINT, Attempt, Reason, Result, classify, seconds_until
from tests.clock import START

TABLE = [
    (200, {}, Result.TOLD, Reason.NONE),
    (202, {}, Result.TOLD, Reason.NONE),
    (204, {}, Result.TOLD, Reason.NONE),
    (101, {}, Result.REFUSED, Reason.CLIENT),
    (301, {}, Result.REFUSED, Reason.REDIRECT),
    (302, {}, Result.REFUSED, Reason.REDIRECT),
    (308, {}, Result.REFUSED, Reason.REDIRECT),
    (400, {}, Result.REFUSED, Reason.CLIENT),
    (401, {}, Result.MISCONFIGURED, Reason.AUTH),
    (402, {}, Result.REFUSED, Reason.CLIENT),
    (403, {}, Result.MISCONFIGURED, Reason.AUTH),
    (404, {}, Result.MISCONFIGURED, Reason.NOT_FOUND),
    (405, {}, Result.REFUSED, Reason.CLIENT),
    (408, {}, Result.UNREACHABLE, Reason.TIMEOUT),
    (410, {}, Result.DISABLED, Reason.GONE),
    (413, {}, Result.REFUSED, Reason.CLIENT),
    (422, {}, Result.REFUSED, Reason.CLIENT),
    (425, {}, Result.UNREACHABLE, Reason.CLIENT),
    (429, {}, Result.THROTTLED, Reason.RATE_LIMITED),
    (429, {"Retry-After": "7"}, Result.THROTTLED, Reason.RATE_LIMITED),
    (500, {"Retry-After": "7"}, Result.UNREACHABLE, Reason.SERVER),
    (503, {}, Result.UNREACHABLE, Reason.SERVER),
    (503, {"Retry-After": "7"}, Result.THROTTLED, Reason.RATE_LIMITED),
    (503, {"Retry-After": "soon"}, Result.UNREACHABLE, Reason.SERVER),
    (599, {}, Result.UNREACHABLE, Reason.SERVER),
    (600, {}, Result.REFUSED, Reason.CLIENT),
    (999, {}, Result.REFUSED, Reason.CLIENT),
]


@pytest.mark.parametrize(("status", "headers", "result", "reason"), TABLE)
def test_a_status_says_what_the_receiver_made_of_it(
    status: int, headers: dict[str, str], result: Result, reason: Reason
) -> None:
    attempt = classify(status, CIMultiDict(headers), START)
    assert (attempt.result, attempt.reason) == (result, reason)


def test_every_status_there_is_has_a_meaning() -> None:
    for status in range(100, 1000):
        told = classify(status, {}, START).result is Result.TOLD
        assert told == (200 <= status < 300)


def test_only_throttling_carries_a_hint() -> None:
    headers = {"Retry-After": "7"}
    assert classify(429, headers, START).hint == 7.0
    assert classify(503, headers, START).hint == 7.0
    assert classify(500, headers, START).hint is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("999999999999999999999", LONGEST_HINT),
        ("-5", None),
        ("1.5", 1.5),
        ("٣", None),
        ("soon", None),
        ("", None),
        (format_datetime(START + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(START - timedelta(seconds=90), usegmt=True), 0.0),
        (format_datetime(START + timedelta(days=9), usegmt=True), LONGEST_HINT),
        ("Sun, 22 Nov 2026 18:00:30 -0000", 30.0),
        ("Sun, 99 Nov 2026 18:00:30 GMT", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    text: str | None, seconds: float | None
) -> None:
    assert seconds_until(text, now=START) == seconds


def test_an_error_is_one_bounded_printable_line() -> None:
    attempt = Attempt(Result.REFUSED, Reason.CLIENT, "no\nway\x00\ud800" + "x" * 999)
    assert attempt.error.startswith("refused (clientError): no way  x")
    assert len(attempt.error) == 300
    assert attempt.error.isprintable()
    assert Attempt(Result.TOLD, detail="fine").error == ""
    assert Attempt(Result.UNKNOWN).error == "unknown"
