from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.month import Month

ZONES = [ZoneInfo(name) for name in ("Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC")]
MONTHS = st.builds(Month, st.integers(1970, 9998), st.integers(1, 12))


@given(MONTHS)
def test_a_month_is_written_as_it_is_read(month: Month) -> None:
    assert Month.parse(str(month)) == month


@pytest.mark.parametrize(
    "text",
    ["", "2026", "2026-1", "2026-13", "2026-00", "1969-12", "9999-01", "2026-10 ", "2026-1\u0660"],
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="2026-10"):
        Month.parse(text)


def test_the_clocks_make_a_month_an_hour_longer_or_shorter() -> None:
    berlin = ZONES[0]
    hours = {}
    for text in ("2026-03", "2026-10", "2026-12"):
        start, end = Month.parse(text).span(berlin)
        hours[text] = (end - start) / timedelta(hours=1)
    assert hours == {"2026-03": 31 * 24 - 1, "2026-10": 31 * 24 + 1, "2026-12": 31 * 24}
    assert Month.parse("2026-10").span(berlin)[0] == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert Month.parse("2026-11").span(berlin)[0] == datetime(2026, 10, 31, 23, tzinfo=UTC)


@given(MONTHS, st.sampled_from(ZONES))
def test_each_month_ends_where_the_next_begins(month: Month, zone: ZoneInfo) -> None:
    start, end = month.span(zone)
    assert Month.of(start, zone) == Month.of(end - timedelta(microseconds=1), zone) == month
    assert Month.of(end, zone) == min(m for m in _neighbours(month) if m > month)


def _neighbours(month: Month) -> list[Month]:
    return [Month(month.year, m) for m in range(1, 13)] + [Month(month.year + 1, 1)]
