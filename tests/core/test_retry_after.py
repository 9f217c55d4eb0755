from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.retry_after import LONGEST, seconds_until
from tests.clock import START


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("0", 0.0),
        ("1", 1.0),
        (" 120 ", 120.0),
        ("00000000000060", 60.0),
        ("3600", LONGEST),
        ("3601", LONGEST),
        ("9" * 5000, LONGEST),
    ],
    ids=lambda value: str(value)[:20],
)
def test_seconds_are_read_and_bounded(said: str, seconds: float) -> None:
    assert seconds_until(said, now=START) == seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Sun, 22 Nov 2026 18:01:30 GMT", 90.0),
        ("Sunday, 22-Nov-26 18:01:30 GMT", 90.0),
        ("Sun Nov 22 18:01:30 2026", 90.0),
        ("Sun, 22 Nov 2026 18:01:30 -0000", 90.0),
        ("Sun, 22 Nov 2026 20:01:30 +0200", 90.0),
        ("Sun, 22 Nov 2026 18:00:00 GMT", 0.0),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 0.0),
        ("Mon, 23 Nov 2026 18:00:00 GMT", LONGEST),
        ("Fri, 31 Dec 9999 23:59:59 GMT", LONGEST),
    ],
)
def test_dates_are_read_in_every_form_of_http(said: str, seconds: float) -> None:
    assert seconds_until(said, now=START) == seconds


@pytest.mark.parametrize(
    "said",
    [
        None,
        "",
        " ",
        "-1",
        "+1",
        "1.5",
        "1e3",
        "60s",
        "soon",
        "\u0661\u0662",
        "\u00b2",
        "Sun, 99 Nov 2026 18:01:30 GMT",
        "Sun, 22 Nov 2026 18:01:30 +99999999999999",
        "Sun, 22 Nov 99999 18:01:30 GMT",
        "2026-11-22T18:01:30Z",
    ],
)
def test_what_cannot_be_read_is_no_hint(said: str | None) -> None:
    assert seconds_until(said, now=START) is None


DATEISH = st.lists(
    st.sampled_from(
        ["Sun", ",", " ", "22", "Nov", "2026", "18", ":", "30", "GMT", "+0200", "-", ".", "0", "("]
    ),
    max_size=14,
).map("".join)


@given(st.text(max_size=60) | DATEISH)
def test_no_text_is_too_strange_and_no_hint_too_long(said: str) -> None:
    seconds = seconds_until(said, now=START)
    assert seconds is None or 0.0 <= seconds <= LONGEST


@given(st.integers(min_value=0, max_value=int(LONGEST)))
def test_a_date_means_the_same_as_its_distance(seconds: int) -> None:
    when = format_datetime((START + timedelta(seconds=seconds)).astimezone(UTC), usegmt=True)
    assert seconds_until(when, now=START) == seconds_until(str(seconds), now=START) == seconds


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2100, 1, 1)))  # noqa: DTZ001  hypothesis wants naive bounds
def test_a_date_is_never_negative_whatever_our_clock_says(now: datetime) -> None:
    hint = seconds_until("Sun, 22 Nov 2026 18:00:00 GMT", now=now.replace(tzinfo=UTC))
    assert hint is not None
    assert 0.0 <= hint <= LONGEST
