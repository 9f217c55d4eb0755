"""What is configured becomes windows: where they lie when the clocks change, and how many."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from monitor.app.maintenance.unfold import AHEAD, BACK, MOST, SURELY, unfold
from monitor.app.settings import Maintenance
from monitor.core.maintenance import AFTER_ALL, Outlook, Plan, Scope
from tests.adapters.calendars import calendar, event
from tests.examples import an_endpoint

CHAT = an_endpoint()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def configured(**keys: Any) -> Maintenance:
    return Maintenance.model_validate({"name": "patch", **keys})


def cron(expression: str, zone: str, duration: str, now: str) -> Outlook:
    return unfold(configured(cron=expression, timezone=zone, duration=duration), "", at(now))


def stretch(outlook: Outlook, now: str) -> tuple[datetime, datetime] | None:
    cover = Plan(outlook.windows).cover(CHAT, at(now))
    return None if cover is None else (cover.since, cover.until)


# ---------------------------------------------------------------- the two changes of the clocks


@pytest.mark.parametrize(
    ("expression", "zone", "duration", "day", "lies"),
    [
        # begins in the hour that is skipped, or comes twice
        ("30 2 * * *", "Europe/Berlin", "1h", "2026-03-29", "03:00+02:00 04:00+02:00"),
        ("30 2 * * *", "Europe/Berlin", "1h", "2026-10-25", "02:30+02:00 02:30+01:00"),
        ("30 2 * * *", "America/New_York", "1h", "2026-03-08", "03:00-04:00 04:00-04:00"),
        ("30 1 * * *", "America/New_York", "1h", "2026-11-01", "01:30-04:00 01:30-05:00"),
        # spans it: four hours are four hours
        ("0 1 * * *", "Europe/Berlin", "4h", "2026-03-29", "01:00+01:00 06:00+02:00"),
        ("0 1 * * *", "Europe/Berlin", "4h", "2026-10-25", "01:00+02:00 04:00+01:00"),
        ("0 1 * * *", "America/New_York", "4h", "2026-03-08", "01:00-05:00 06:00-04:00"),
        ("0 0 * * *", "America/New_York", "4h", "2026-11-01", "00:00-04:00 03:00-05:00"),
    ],
)
def test_a_window_lasts_its_elapsed_time_from_where_it_begins(
    expression: str, zone: str, duration: str, day: str, lies: str
) -> None:
    first, last = (at(f"{day}T{clock}") for clock in lies.split())
    outlook = cron(expression, zone, duration, f"{day}T00:00+00:00")
    (window,) = [one for one in outlook.windows if one.start == first]
    assert window.end == last
    tick = timedelta(microseconds=1)
    plan = Plan([window])
    moments = (first - tick, first, last - tick, last)
    covered = [plan.cover(CHAT, moment) is not None for moment in moments]
    assert covered == [False, True, True, False]


def test_a_window_that_began_before_a_day_ends_on_it() -> None:
    """The one that Gatus misses: 24 h from 10:30 are still active at 10:10 of the next day."""
    outlook = cron("30 10 * * MON", "America/New_York", "24h", "2026-03-10T14:00+00:00")
    monday, tuesday = at("2026-03-09T10:30-04:00"), at("2026-03-10T10:30-04:00")
    assert stretch(outlook, "2026-03-10T10:10-04:00") == (monday, tuesday)
    assert stretch(outlook, "2026-03-10T10:30-04:00") is None


def test_daily_windows_of_24_hours_overlap_in_spring_and_leave_an_hour_out_in_autumn() -> None:
    spring = cron("0 0 * * *", "Europe/Berlin", "24h", "2026-03-29T12:00+02:00")
    cover = stretch(spring, "2026-03-29T12:00+02:00")
    assert cover is not None
    assert cover[1] > at("2026-05-29T12:00+02:00")
    assert sum(one.is_active(at("2026-03-30T00:30+02:00")) for one in spring.windows) == 2
    autumn = cron("0 0 * * *", "Europe/Berlin", "24h", "2026-10-25T12:00+01:00")
    last = at("2026-10-25T23:00+01:00")
    cover = stretch(autumn, "2026-10-25T12:00+01:00")
    assert cover is not None
    assert cover[1] == last
    assert stretch(autumn, "2026-10-25T23:30+01:00") is None
    assert stretch(autumn, "2026-10-26T00:00+01:00") is not None


# ---------------------------------------------------------------- what a window says


def test_a_window_that_is_announced_once_is_known_for_ever() -> None:
    one = configured(
        **{"from": "2026-12-01T22:00:00", "to": "2026-12-02T02:00:00", "timezone": "Europe/Berlin"},
        endpoints=["chat"],
        regions=["us1"],
        reason="disks",
    )
    outlook = unfold(one, "", at("2030-01-01T00:00+00:00"))
    (window,) = outlook.windows
    assert outlook.upto == AFTER_ALL
    assert (window.start, window.end) == (
        at("2026-12-01T21:00+00:00"),
        at("2026-12-02T01:00+00:00"),
    )
    assert (window.id, window.by) == ("patch-20261201T210000Z", "configuration")
    assert (window.scope, window.reason) == (Scope(("chat",), (), ("us1",)), "disks")


def test_an_event_is_called_as_it_calls_itself_and_has_an_id_of_its_own() -> None:
    begins = "DTSTART:20261201T210000Z"
    text = calendar(
        event(begins, "DURATION:PT1H", "DESCRIPTION:new\\ndisks", uid="a", summary="Disks"),
        event(begins, "DURATION:PT2H", uid="b", summary=""),
    )
    one = configured(url="https://a.example/work.ics")
    outlook = unfold(one, text, at("2026-11-22T18:00+00:00"))
    assert [(w.name, w.reason, w.by) for w in outlook.windows] == [
        ("Disks", "new disks", "calendar"),
        ("patch", "", "calendar"),
    ]
    assert len({w.id for w in outlook.windows}) == 2
    again = unfold(one, text, at("2026-11-30T18:00+00:00"))
    assert {w.id for w in again.windows} == {w.id for w in outlook.windows}


# ---------------------------------------------------------------- how far, and how many


def test_windows_are_known_from_a_week_ago_to_three_months_ahead() -> None:
    now = at("2026-11-22T18:00+00:00")
    outlook = cron("0 2 * * *", "UTC", "1h", "2026-11-22T18:00+00:00")
    assert outlook.upto == now + AHEAD
    assert now - BACK < outlook.windows[0].end < now - BACK + timedelta(days=1)
    assert outlook.upto - outlook.windows[-1].start < timedelta(days=1)


@pytest.mark.parametrize("duration", ["30s", "2h", "31d"])
def test_however_many_there_are_now_is_known(duration: str) -> None:
    now = at("2026-11-22T18:00:10+00:00")
    outlook = cron("* * * * *", "UTC", duration, "2026-11-22T18:00:10+00:00")
    assert len(outlook.windows) <= 2 * MOST
    assert now + timedelta(hours=16) < outlook.upto < now + AHEAD
    assert Plan(outlook.windows).cover(CHAT, now) is not None


def test_a_calendar_with_very_many_events_is_known_for_some_days_at_least() -> None:
    now = at("2026-11-22T18:00+00:00")
    rule = "RRULE:FREQ=DAILY;BYHOUR=" + ",".join(map(str, range(24)))
    many = [event("DTSTART:20260101T000000Z", "DURATION:PT5M", rule, uid=str(n)) for n in range(20)]
    outlook = unfold(configured(url="https://a.example/"), calendar(*many), now)
    assert now + SURELY <= outlook.upto < now + AHEAD
