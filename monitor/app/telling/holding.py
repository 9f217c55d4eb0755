"""Why an alert waits. Derived from how things stand, each time anew: nothing here is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.endpoint import Endpoint
from monitor.core.incident import Incident
from monitor.core.maintenance import Cover, Plan


@dataclass(frozen=True, slots=True)
class Hold:
    """Whether an incident may be told.

    `held` says why not, "" when it may; `released_at` when it last became so, and `began` what it
    began in then; None when it never waited.
    """

    held: str = ""
    released_at: datetime | None = None
    began: str = ""


FREE = Hold()


def hold_of(
    incident: Incident,
    endpoints: Sequence[Endpoint],
    plan: Plan,
    now: datetime,
    *,
    awaited: bool = False,
) -> Hold:
    """Say whether an incident may be told. `endpoints` are those in it, or the one that shows it.

    It waits while it is part of another, or may yet turn out to be (`awaited`), and while all
    endpoints are in maintenance: what others see too is not the work's.
    """
    if incident.is_open and incident.parent:
        return Hold(f"part of {incident.parent}")
    if incident.is_open and awaited:
        return Hold("others may be down, too")
    if not incident.is_open or not endpoints or not plan.windows:
        return FREE
    covers = [plan.cover(endpoint, now) for endpoint in endpoints]
    under = [cover for cover in covers if cover is not None]
    if len(under) == len(covers):
        return Hold(_words(min(under, key=lambda cover: cover.until)))
    ends = [plan.released(endpoint, incident.opened_at, now) for endpoint in endpoints]
    out = [end for end in ends if end is not None]
    window = plan.during(endpoints[0], incident.opened_at)
    if len(out) < len(ends) or window is None:
        return FREE
    return Hold("", min(out), f"it began during maintenance ({window.name})")


def _words(cover: Cover) -> str:
    return f"maintenance: {cover.window.name}, until {cover.until:%Y-%m-%d %H:%M} UTC"
