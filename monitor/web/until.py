"""When something that somebody says over the interface ends."""

from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.web.problems import Problem

AHEAD = timedelta(days=366)
"""So far ahead something may end."""


def end_of(
    ends: Callable[[datetime], datetime | None], now: datetime, *, if_longer: str
) -> datetime | None:
    """Return when it ends. Raises Problem for a time that makes no sense.

    `if_longer` says what to do instead of naming an end that is too far ahead.
    """
    try:
        until = ends(now)
    except (OverflowError, ValueError):
        raise _no_end("it is no time that a calendar knows") from None
    if until is not None and until <= now:
        raise _no_end("it is over before it begins")
    if until is not None and until - now > AHEAD:
        raise _no_end(f"it is more than {AHEAD.days} days ahead; {if_longer}")
    return until


def span_of(
    within: Callable[[datetime], tuple[datetime, datetime]], now: datetime
) -> tuple[datetime, datetime]:
    """Return from when to when it lasts. Raises Problem for what is no time."""
    try:
        return within(now)
    except (OverflowError, ValueError):
        detail = "it begins or ends at no time that a calendar knows"
        errors = [{"pointer": "#", "detail": detail}]
        raise Problem(422, "bad-body", f"{detail}; nothing was changed.", errors=errors) from None


def _no_end(detail: str) -> Problem:
    errors = [{"pointer": "#/until", "detail": detail}]
    return Problem(422, "bad-body", f"until: {detail}; nothing was changed.", errors=errors)
