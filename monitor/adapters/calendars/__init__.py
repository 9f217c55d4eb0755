"""From wall clocks and calendars to absolute times: cron expressions, iCalendar, time zones."""

from monitor.adapters.calendars.cron import check as check_cron
from monitor.adapters.calendars.cron import starts
from monitor.adapters.calendars.feed import Feed, FeedError, Fetched, text_of
from monitor.adapters.calendars.ical import CalendarError, Event, events, understand
from monitor.adapters.calendars.zones import exact, zone_of

__all__ = [
    "CalendarError",
    "Event",
    "Feed",
    "FeedError",
    "Fetched",
    "check_cron",
    "events",
    "exact",
    "starts",
    "text_of",
    "understand",
    "zone_of",
]
