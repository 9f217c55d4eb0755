"""Cron expressions, read as Debian's cron reads them on the wall clock of a time zone.

Around a change of the clocks: a time that is skipped counts as the first moment after the gap, one
that comes twice counts once, the first time. Expressions with `*` in minutes or hours follow real
time instead: each hour that there is.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

_FIELDS = 5
_MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
_SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)


def check(expression: str) -> str:
    """Check an expression. Raises ValueError that says what would be right."""
    right = "write minute hour day month weekday, for example 30 2 * * SUN"
    if expression.strip().lower() in _MACROS:
        raise ValueError(f"{expression} is written {_MACROS[expression.strip().lower()]}")
    fields = len(expression.split())
    if fields != _FIELDS:
        raise ValueError(f"{fields} field{'s' * (fields != 1)}, not five; {right}")
    try:
        next(CronSim(expression, _SOME_DAY))
    except CronSimError as error:
        raise ValueError(f"{str(error).lower()}; {right}") from None
    except (StopIteration, RuntimeError):
        raise ValueError("there is no such day; it would never begin") from None
    return expression


def starts(expression: str, zone: ZoneInfo, after: datetime) -> Iterator[datetime]:
    """Yield when it is time, in UTC, the earliest first: all from `after` on."""
    # A day earlier: cronsim walks along the wall clock, which may have been set back meanwhile.
    for wall in CronSim(expression, (after - _DAY).astimezone(zone)):
        at = wall.astimezone(UTC)
        if at >= after:
            yield at
