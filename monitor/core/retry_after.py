"""Retry-After, as seconds or as a date (RFC 9110, 10.2.3), bounded."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST = 3600.0
"""No hint makes us wait longer, in seconds: a typo at the other end must not blind us."""


def seconds_until(value: str | None, *, now: datetime) -> float | None:
    """Return the seconds to wait, 0..LONGEST, or None when there is no readable hint."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return min(max((when - now).total_seconds(), 0.0), LONGEST)
