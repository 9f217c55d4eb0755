"""What a calendar announces, in absolute times, over both changes of the clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from monitor.adapters.calendars import CalendarError, Event, events, zone_of
from tests.adapters.calendars import calendar, event

BERLIN = zone_of("Europe/Berlin")
SPRING, AUTUMN = "2026-03-28", "2026-10-24"

VTIMEZONE = """BEGIN:VTIMEZONE
TZID:Our own
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
""".replace("\n", "\r\n")


def read(text: str, day: str = SPRING, days: float = 3, zone: str = "UTC") -> list[Event]:
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    end = start + timedelta(days=days)
    return events(text, zone_of(zone), start=start, surely=start, end=end, most=100)[0]


def walls(text: str, day: str = SPRING, days: float = 3, zone: str = "UTC") -> list[str]:
    """Say from when to when, on the clocks of Berlin."""
    return [
        f"{one.start.astimezone(BERLIN):%d %H:%M%z} {one.end.astimezone(BERLIN):%d %H:%M%z}"
        for one in read(text, day, days, zone)
    ]


def berlin(start: str, end: str, rule: str = "RRULE:FREQ=DAILY") -> str:
    zone = ";TZID=Europe/Berlin"
    return calendar(event(f"DTSTART{zone}:{start}", f"DTEND{zone}:{end}", rule))


# ---------------------------------------------------------------- the two changes of the clocks


def test_in_spring_a_time_that_does_not_exist_comes_after_the_gap_and_keeps_its_length() -> None:
    assert walls(berlin("20260301T023000", "20260301T033000")) == [
        "28 02:30+0100 28 03:30+0100",
        "29 03:30+0200 29 04:30+0200",
        "30 02:30+0200 30 03:30+0200",
    ]


def test_in_autumn_a_time_that_comes_twice_is_the_first_one() -> None:
    assert walls(berlin("20261001T023000", "20261001T033000"), AUTUMN) == [
        "24 02:30+0200 24 03:30+0200",
        "25 02:30+0200 25 03:30+0100",
        "26 02:30+0100 26 03:30+0100",
    ]


@pytest.mark.parametrize(("day", "hours"), [(SPRING, [4, 3, 4]), (AUTUMN, [4, 5, 4])])
def test_an_event_ends_when_the_calendar_shows_that_it_ends(day: str, hours: list[int]) -> None:
    found = read(berlin("20260101T010000", "20260101T050000"), day)
    assert [(one.end - one.start).total_seconds() / 3600 for one in found[:3]] == hours


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_an_event_that_says_how_many_hours_it_takes_takes_them(day: str) -> None:
    text = calendar(
        event("DTSTART;TZID=Europe/Berlin:20260101T010000", "DURATION:PT4H", "RRULE:FREQ=DAILY")
    )
    assert {one.end - one.start for one in read(text, day)} == {timedelta(hours=4)}


@pytest.mark.parametrize(("day", "hours"), [(SPRING, [24, 23, 24]), (AUTUMN, [24, 25, 24])])
def test_a_whole_day_is_from_midnight_to_midnight_of_its_zone(day: str, hours: list[int]) -> None:
    text = calendar(event("DTSTART;VALUE=DATE:20260101", "RRULE:FREQ=DAILY"))
    found = read(text, day, zone="Europe/Berlin")
    assert [(one.end - one.start).total_seconds() / 3600 for one in found[:3]] == hours
    assert {f"{one.start.astimezone(BERLIN):%H:%M}" for one in found} == {"00:00"}


def test_a_zone_that_the_calendar_describes_itself_is_the_same() -> None:
    named = berlin("20260301T023000", "20260301T033000")
    described = calendar(
        event(
            "DTSTART;TZID=Our own:20260301T023000",
            "DTEND;TZID=Our own:20260301T033000",
            "RRULE:FREQ=DAILY",
        ),
        head=VTIMEZONE,
    )
    assert walls(described) == walls(named)
    assert walls(described, AUTUMN) == walls(named, AUTUMN)


def test_outlooks_names_of_zones_are_understood() -> None:
    text = calendar(
        event(
            "DTSTART;TZID=W. Europe Standard Time:20260330T010000",
            "DTEND;TZID=W. Europe Standard Time:20260330T020000",
        )
    )
    assert walls(text) == ["30 01:00+0200 30 02:00+0200"]


# ---------------------------------------------------------------- what is repeated, and what is not


def test_exceptions_are_left_out_and_what_was_moved_is_where_it_was_moved_to() -> None:
    zone = ";TZID=Europe/Berlin"
    series = event(
        f"DTSTART{zone}:20260327T010000",
        f"DTEND{zone}:20260327T020000",
        "RRULE:FREQ=DAILY;COUNT=5",
        f"EXDATE{zone}:20260329T010000",
    )
    moved = event(
        f"RECURRENCE-ID{zone}:20260330T010000",
        f"DTSTART{zone}:20260330T120000",
        f"DTEND{zone}:20260330T150000",
        summary="Patch day",
    )
    text = calendar(series, moved)
    assert walls(text, days=9) == [
        "28 01:00+0100 28 02:00+0100",
        "30 12:00+0200 30 15:00+0200",
        "31 01:00+0200 31 02:00+0200",
    ]
    assert [one.summary for one in read(text, days=9)] == [
        "Patch night",
        "Patch day",
        "Patch night",
    ]


def test_further_dates_and_periods_are_understood() -> None:
    text = calendar(
        event(
            "DTSTART:20260328T010000Z",
            "DTEND:20260328T020000Z",
            "RDATE;VALUE=PERIOD:20260329T010000Z/PT3H",
        )
    )
    assert [(one.end - one.start) for one in read(text)] == [timedelta(hours=1), timedelta(hours=3)]


def test_what_is_called_off_or_takes_no_time_is_no_window() -> None:
    begins = "DTSTART:20260328T010000Z"
    off = event(begins, "DTEND:20260328T020000Z", "STATUS:CANCELLED", uid="off")
    assert read(calendar(off, event(begins, uid="reminder"))) == []


def test_what_began_before_and_still_goes_on_is_there() -> None:
    text = calendar(event("DTSTART:20260320T000000Z", "DTEND:20260328T120000Z"))
    (one,) = read(text)
    assert one.start == datetime(2026, 3, 20, tzinfo=UTC)
    assert read(text, "2026-03-29") == []


@pytest.mark.parametrize(
    ("head", "zone", "expected"),
    [
        ("", "UTC", "30 03:00+0200"),
        ("", "America/New_York", "30 07:00+0200"),
        ("X-WR-TIMEZONE:Europe/Berlin\r\n", "America/New_York", "30 01:00+0200"),
    ],
)
def test_times_without_a_zone_are_the_calendars_or_else_ours(
    head: str, zone: str, expected: str
) -> None:
    text = calendar(event("DTSTART:20260330T010000", "DTEND:20260330T020000"), head=head)
    assert [one[:13] for one in walls(text, zone=zone)] == [expected]


def test_what_has_no_zone_is_not_missed_at_the_edges() -> None:
    text = calendar(event("DTSTART:20260327T230000", "DTEND:20260328T000000"))
    assert len(read(text, zone="America/New_York")) == 1
    late = calendar(event("DTSTART:20260331T010000", "DTEND:20260331T020000"))
    assert len(read(late, zone="Europe/Berlin")) == 1
    assert read(late, zone="UTC") == []


def test_it_is_said_how_far_a_calendar_was_unfolded() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    end = start + timedelta(days=100)
    text = calendar(event("DTSTART:20260101T010000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY"))
    found, upto = events(text, UTC, start=start, surely=start, end=end, most=1000)
    assert (len(found), upto) == (100, end)
    found, upto = events(text, UTC, start=start, surely=start, end=end, most=10)
    assert len(found) >= 10
    assert found[-1].start < upto < end
    later = start + timedelta(days=50)
    found, upto = events(text, UTC, start=start, surely=later, end=end, most=10)
    assert later <= upto < end


# ---------------------------------------------------------------- what is refused

GOOD = ("DTSTART:20260328T010000Z", "DTEND:20260328T020000Z")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "does not begin with BEGIN:VCALENDAR"),
        ("<html>sign in</html>", "does not begin with BEGIN:VCALENDAR"),
        ("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "cannot be read"),
        (calendar(event(*GOOD))[:-30], "cannot be read"),
        (calendar(event("DTEND:20260328T020000Z")), "Patch night: it has no DTSTART"),
        (calendar(event("DTSTART:tomorrow")), "Patch night: DTSTART cannot be read"),
        (calendar(event(*GOOD, "RRULE:FREQ=SOMETIMES")), "cannot be read"),
        (calendar(event(*reversed(GOOD), "RRULE:FREQ=HOURLY")), "repeats HOURLY"),
        (calendar(event("DTSTART:20260328T020000Z", "DTEND:20260328T010000Z")), "ends before"),
        (calendar(event("DTSTART:20260328T020000Z", "DURATION:-PT1H")), "ends before"),
        (
            calendar(event("DTSTART;TZID=Mars/Base:20260328T020000", "DURATION:PT1H")),
            "DTSTART is in an unknown time zone 'Mars/Base'",
        ),
        (
            calendar(event(*GOOD, "RRULE:FREQ=DAILY", "EXDATE;TZID=Mars/Base:20260328T020000")),
            "EXDATE is in an unknown time zone 'Mars/Base'",
        ),
        (
            calendar(
                *(event(*GOOD, "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5", uid=str(n)) for n in range(101))
            ),
            "repeat 505 times a day; at most 500",
        ),
        ("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n" * 2, "cannot be read"),
    ],
)
def test_what_cannot_be_understood_is_refused_as_a_whole(text: str, words: str) -> None:
    with pytest.raises(CalendarError, match=words):
        read(text)


def test_what_takes_too_long_is_given_up() -> None:
    text = calendar(event(*GOOD, "RRULE:FREQ=DAILY"))
    with pytest.raises(CalendarError, match="too long"):
        events(
            text,
            UTC,
            start=datetime(2026, 3, 1, tzinfo=UTC),
            surely=datetime(2026, 3, 1, tzinfo=UTC),
            end=datetime(2026, 6, 1, tzinfo=UTC),
            most=100,
            late=lambda: True,
        )
