"""From what is configured to windows: as far ahead as is of use, and no more than is bearable."""

import hashlib
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import takewhile

from monitor.adapters import calendars
from monitor.app.settings import Maintenance
from monitor.core.maintenance import AFTER_ALL, Outlook, Scope, Window

BACK = timedelta(days=7)
"""Windows that ended so long ago are still known: an alert may have to say what it began in."""
AHEAD = timedelta(days=92)
"""So far ahead windows are known."""
SURELY = timedelta(days=3)
"""So far ahead they are known however many there are."""
MOST = 1000
"""Windows of one kind of announcement."""


def unfold(
    configured: Maintenance, text: str, now: datetime, late: Callable[[], bool] = lambda: False
) -> Outlook:
    """Return what is announced around `now`; `text` is the calendar's, where there is one.

    May take seconds: not for the loop. Raises CalendarError, also when it is `late`.
    """
    if configured.from_ is not None:
        start, end = configured.once()
        return Outlook((_window(configured, start, end),), AFTER_ALL)
    if configured.cron is not None:
        return _cron(configured, now)
    zone = calendars.zone_of(configured.timezone or "UTC")
    events, upto = calendars.events(
        text,
        zone,
        start=now - BACK,
        surely=now + SURELY,
        end=now + AHEAD,
        most=MOST,
        late=late,
    )
    return Outlook(tuple(_of_event(configured, event) for event in events), upto)


def scope_of(configured: Maintenance) -> Scope:
    """Return whom it is about."""
    parts = (configured.endpoints, configured.groups, configured.regions)
    return Scope(*(tuple(part or ()) for part in parts))


def _cron(configured: Maintenance, now: datetime) -> Outlook:
    """Unfold a cron expression.

    Of what began before only the newest are kept: those began last, and go on the longest.
    """
    zone = calendars.zone_of(configured.timezone or "UTC")
    lasts = timedelta(seconds=configured.duration or 0.0)
    end, upto = now + AHEAD, now + AHEAD
    past: deque[datetime] = deque(maxlen=MOST)
    future: list[datetime] = []
    all_ = calendars.starts(configured.cron or "", zone, now - BACK - lasts)
    for start in takewhile(lambda one: one < end, all_):
        if start <= now:
            past.append(start)
            continue
        future.append(start)
        if len(future) == MOST:
            upto = start
            break
    return Outlook(tuple(_window(configured, one, one + lasts) for one in (*past, *future)), upto)


def _window(configured: Maintenance, start: datetime, end: datetime) -> Window:
    return Window(
        id=f"{configured.name}-{start:%Y%m%dT%H%M%SZ}",
        name=configured.name,
        start=start,
        end=end,
        scope=scope_of(configured),
        reason=configured.reason,
    )


def _of_event(configured: Maintenance, event: calendars.Event) -> Window:
    mark = hashlib.blake2b(event.uid.encode(), digest_size=4).hexdigest()
    return Window(
        id=f"{configured.name}-{event.start:%Y%m%dT%H%M%SZ}-{mark}",
        name=event.summary or configured.name,
        start=event.start,
        end=event.end,
        scope=scope_of(configured),
        reason=configured.reason or event.description,
        by="calendar",
    )
