"""Whether the monitor truly does its work: not that a timer runs, but that what is due was done."""

from collections.abc import Iterable
from datetime import datetime

from alerts.numbers import Numbers
from monitor.web.context import ReadyCheck

OVERDUE = 60.0
"""Seconds after its due time at which a probe that has not begun says that nobody probes."""


def unwell(
    checks: Iterable[ReadyCheck],
    due: Iterable[datetime | None],
    numbers: Numbers,
    *,
    untold: float,
    now: datetime,
) -> str:
    """Say what is wrong, "" when nothing is.

    `checks` are readiness, `due` when each endpoint is probed next, `untold` how many seconds
    something may wait to be told.
    """
    for check in checks:
        if not check.ok:
            return f"{check.name}: {check.detail}" if check.detail else check.name
    late = [one for one in due if one is None or (now - one).total_seconds() > OVERDUE]
    if late:
        return f"{len(late)} endpoints were due and not probed"
    if numbers.oldest_untold > untold:
        return f"something could not be told for {numbers.oldest_untold:.0f} s"
    return ""
