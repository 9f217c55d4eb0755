"""Cron windows over both changes of the clocks, in two zones: when they begin is said here."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.adapters.calendars import check_cron, exact, starts, zone_of

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def walls(expression: str, zone: str, day: str, count: int = 3) -> list[str]:
    """Say when it is time from a day on: on the wall clock there, with its offset."""
    begin = datetime.fromisoformat(day).replace(tzinfo=zone_of(zone)).astimezone(UTC)
    found = islice(starts(expression, zone_of(zone), begin), count)
    return [f"{at.astimezone(zone_of(zone)):%m-%dT%H:%M%z}" for at in found]


@pytest.mark.parametrize(
    ("expression", "zone", "day", "expected"),
    [
        # spring: 02:30 does not exist, and counts as the first moment after the gap
        (
            "30 2 * * *",
            BERLIN,
            "2026-03-28",
            ["03-28T02:30+0100", "03-29T03:00+0200", "03-30T02:30+0200"],
        ),
        (
            "30 2 * * *",
            NEW_YORK,
            "2026-03-07",
            ["03-07T02:30-0500", "03-08T03:00-0400", "03-09T02:30-0400"],
        ),
        # autumn: 02:30 comes twice, and counts once, the first time
        (
            "30 2 * * *",
            BERLIN,
            "2026-10-24",
            ["10-24T02:30+0200", "10-25T02:30+0200", "10-26T02:30+0100"],
        ),
        (
            "30 1 * * *",
            NEW_YORK,
            "2026-10-31",
            ["10-31T01:30-0400", "11-01T01:30-0400", "11-02T01:30-0500"],
        ),
        # what is in neither is where the clock shows it
        (
            "0 22 * * SAT",
            BERLIN,
            "2026-03-21",
            ["03-21T22:00+0100", "03-28T22:00+0100", "04-04T22:00+0200"],
        ),
        (
            "0 0 * * *",
            NEW_YORK,
            "2026-11-01",
            ["11-01T00:00-0400", "11-02T00:00-0500", "11-03T00:00-0500"],
        ),
        # every hour follows real time
        (
            "30 * * * *",
            BERLIN,
            "2026-03-29T01:00",
            ["03-29T01:30+0100", "03-29T03:30+0200", "03-29T04:30+0200"],
        ),
        (
            "30 * * * *",
            BERLIN,
            "2026-10-25T02:00",
            ["10-25T02:30+0200", "10-25T02:30+0100", "10-25T03:30+0100"],
        ),
        (
            "0 3 L * *",
            "UTC",
            "2026-02-01",
            ["02-28T03:00+0000", "03-31T03:00+0000", "04-30T03:00+0000"],
        ),
    ],
)
def test_when_it_is_time_around_a_change_of_the_clocks(
    expression: str, zone: str, day: str, expected: list[str]
) -> None:
    assert walls(expression, zone, day) == expected


def test_asking_in_the_middle_of_the_hour_that_comes_twice_repeats_nothing() -> None:
    second = datetime.fromisoformat("2026-10-25T02:10:00+01:00").astimezone(UTC)
    found = next(starts("30 2 * * *", zone_of(BERLIN), second))
    assert found == datetime.fromisoformat("2026-10-26T02:30:00+01:00")


@given(
    st.sampled_from([BERLIN, NEW_YORK, "UTC", "Australia/Lord_Howe"]),
    st.sampled_from(
        ["30 2 * * *", "*/20 1-3 * * *", "0 0,2,3 * * *", "15 * * * SUN", "0 12 1 * *"]
    ),
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001  hypothesis adds the zone
)
def test_starts_grow_and_do_not_depend_on_when_one_asks(
    zone: str, expression: str, after: datetime
) -> None:
    found = list(islice(starts(expression, zone_of(zone), after), 6))
    assert found == sorted(set(found))
    assert found[0] >= after
    assert list(islice(starts(expression, zone_of(zone), found[2]), 4)) == found[2:]
    earlier = starts(expression, zone_of(zone), after - timedelta(days=3))
    upto_last = takewhile(lambda one: one <= found[-1], earlier)
    assert [one for one in upto_last if one >= after] == found


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("30 2 * *", "4 fields, not five"),
        ("0 30 2 * * *", "6 fields, not five"),
        ("", "0 fields"),
        ("61 2 * * *", "bad minute"),
        ("0 25 * * *", "bad hour"),
        ("0 2 * * FUN", "bad day-of-week; write minute hour day month weekday"),
        ("0 0 31 2 *", "bad day-of-month"),
        ("@daily", "@daily is written 0 0 * * *"),
    ],
)
def test_a_bad_expression_says_what_would_be_right(expression: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("*", r"\*")):
        check_cron(expression)


@pytest.mark.parametrize("expression", ["0 2 * * SUN", "*/15 1-3 1,15 * MON#1", "0 0 29 2 *"])
def test_a_good_expression_is_what_it_was(expression: str) -> None:
    assert check_cron(expression) == expression


# ---------------------------------------------------------------- zones, and exact times


def test_a_zone_that_does_not_exist_may_be_a_typo() -> None:
    with pytest.raises(ValueError, match=r"'Europe/Berln'; did you mean Europe/Berlin"):
        zone_of("Europe/Berln")
    with pytest.raises(ValueError, match="write a name such as Europe/Berlin"):
        zone_of("!!!")


def test_an_exact_time_is_one_that_comes_once() -> None:
    wall = datetime.fromisoformat
    berlin = zone_of(BERLIN)
    assert exact(wall("2026-03-29T03:00"), berlin) == wall("2026-03-29T01:00:00+00:00")
    with pytest.raises(ValueError, match="2026-03-29 02:30:00 does not exist in Europe/Berlin"):
        exact(wall("2026-03-29T02:30"), berlin)
    twice = "exists twice in Europe/Berlin; write 2026-10-25T02:30:00\\+02:00 or .*\\+01:00"
    with pytest.raises(ValueError, match=twice):
        exact(wall("2026-10-25T02:30"), berlin)
