"""Why an alert waits. Derived from how things stand, each time anew: nothing here is remembered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from monitor.core.endpoint import Endpoint
from monitor.core.incident import Incident
from monitor.core.labels import labels_of
from monitor.core.maintenance import Cover, Plan
from monitor.core.silence import Silence, silenced_at_last, silenced_by


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
    silences: Iterable[Silence] = (),
    awaited: bool = False,
) -> Hold:
    """Say whether an incident may be told. `endpoints` are those in it, or the one that shows it.

    It waits while it is part of another, or may yet turn out to be (`awaited`), while all endpoints
    are in maintenance (what others see too is not the work's), and while its labels are silenced.
    """
    if not incident.is_open:
        return FREE
    if incident.parent:
        return Hold(f"part of {incident.parent}")
    if awaited:
        return Hold("others may be down, too")
    planned = _planned(incident, endpoints, plan, now)
    silenced = planned if planned.held else _silenced(incident, list(silences), now)
    return silenced if silenced.held else _later(planned, silenced)


def _planned(incident: Incident, endpoints: Sequence[Endpoint], plan: Plan, now: datetime) -> Hold:
    """Say whether an incident waits for the end of maintenance, or did."""
    if not endpoints or not plan.windows:
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


def _silenced(incident: Incident, silences: Sequence[Silence], now: datetime) -> Hold:
    """Say whether an incident is silenced, or was."""
    labels = labels_of(incident)
    silence = silenced_by(silences, labels, now)
    if silence is not None:
        until = f"until {silence.ends_at:%Y-%m-%d %H:%M} UTC"
        return Hold(f"silenced by {silence.created_by} {until}: {silence.comment}")
    over = silenced_at_last(silences, labels, incident.opened_at, now)
    if over is None:
        return FREE
    what = "it began during a silence"
    began = silenced_by(silences, labels, incident.opened_at)
    said = "" if began is None else f"{what} ({began.created_by}: {began.comment})"
    return Hold("", over.ends_at, said)


def _later(one: Hold, other: Hold) -> Hold:
    """Put two together that are both over: it may be told since the later of them ended."""
    ends = [hold.released_at for hold in (one, other) if hold.released_at is not None]
    began = "; ".join(hold.began for hold in (one, other) if hold.began)
    return Hold("", max(ends, default=None), began)


def _words(cover: Cover) -> str:
    return f"maintenance: {cover.window.name}, until {cover.until:%Y-%m-%d %H:%M} UTC"
