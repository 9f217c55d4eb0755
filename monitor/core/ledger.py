"""The ledger: how long every endpoint stood how, as it is being written. Pure: it remembers values.

A new stretch begins with the first probe that showed it, not when the breaker believed it: the open
stretch is cut there, and written again. Times never run backwards in it: what would begin before
the open stretch takes that one's place.
"""

from collections.abc import Callable, Container, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.breaker import State
from monitor.core.endpoint import Endpoint
from monitor.core.health import Health
from monitor.core.maintenance import Cover
from monitor.core.outcome import About
from monitor.core.standing import Standing, was_good
from monitor.core.stretch import BAD, GOOD, Mark, Stretch, cause_of, mark_of


class Ledger:
    """Knows the open stretch of each endpoint, and returns what is to be written.

    `incident_of` names the incident that an endpoint is in, "" when it is in none. Announced
    maintenance lies over what the probes see, and has stretches of its own: it is announced in
    absolute times, and needs no look to be known.
    """

    def __init__(self, incident_of: Callable[[str], str]) -> None:
        self._incident_of = incident_of
        self._open: dict[str, Stretch] = {}
        self._announced: dict[str, Stretch] = {}

    def restore(
        self, stretches: Iterable[Stretch], watched: Container[str], seen: datetime
    ) -> list[Stretch]:
        """Go on with stretches that were open when the monitor was last there, at `seen`.

        Those of endpoints that are no longer watched, or of which a later one is known, end there.
        """
        ended = []
        for stretch in stretches:
            lane = self._lane(stretch.mark)
            if stretch.endpoint in watched and stretch.endpoint not in lane:
                lane[stretch.endpoint] = stretch
            else:
                ended.append(replace(stretch, end=max(seen, stretch.begin)))
        return ended

    def look(
        self, endpoint: Endpoint, standing: Standing, health: Health, now: datetime
    ) -> list[Stretch]:
        """Take in how an endpoint looks, maintenance aside; return the stretches that changed."""
        mark, old = mark_of(health, standing), self._open.get(endpoint.id)
        cause = cause_of(mark, standing)
        if old is not None and _is_the_same(old, mark, cause, endpoint):
            return self._name_incident(old) if not old.incident and mark is not Mark.UP else []
        begin, after = _began(old, mark, standing, endpoint, now)
        new = Stretch(
            endpoint=endpoint.id,
            mark=mark,
            begin=begin,
            begin_after=after,
            region=endpoint.region,
            critical=counts(endpoint),
            cause=cause,
            reason=_reason(mark, cause, standing),
            incident="" if mark is Mark.UP else self._incident_of(endpoint.id),
        )
        self._open[endpoint.id] = new
        if old is None or begin == old.begin:
            return [new]
        return [replace(old, end=begin, end_after=after), new]

    def announce(self, endpoint: Endpoint, cover: Cover | None, now: datetime) -> list[Stretch]:
        """Take in what maintenance an endpoint is under; return the stretches that changed.

        It is written with the end that was announced, and again when it ended otherwise.
        """
        known = self._announced.get(endpoint.id)
        if cover is None:
            if known is None:
                return []
            del self._announced[endpoint.id]
            early = known.end is None or known.end > now
            return [replace(known, end=max(now, known.begin))] if early else []
        if known is not None and (known.begin, known.end) == (cover.since, cover.until):
            return []
        new = self._announced[endpoint.id] = Stretch(
            endpoint.id,
            Mark.MAINTENANCE,
            cover.since,
            cover.until,
            region=endpoint.region,
            critical=counts(endpoint),
            reason=cover.window.name,
        )
        return [new]

    def forget(self, endpoint: str, now: datetime) -> list[Stretch]:
        """Let an endpoint go that is no longer watched."""
        gone = self._open.pop(endpoint, None)
        ended = [] if gone is None else [replace(gone, end=max(now, gone.begin))]
        known = self._announced.pop(endpoint, None)
        if known is not None and (known.end is None or known.end > now):
            ended.append(replace(known, end=max(now, known.begin)))
        return ended

    def begin_anew(self, seen: datetime, now: datetime) -> list[Stretch]:
        """Go on from `now` after the clock was set back; what was open ends at `seen`."""
        changed = []
        for name, old in self._open.items():
            new = self._open[name] = replace(old, begin=now, begin_after=None)
            changed += [replace(old, end=max(seen, old.begin)), new]
        return changed

    def _lane(self, mark: Mark) -> dict[str, Stretch]:
        return self._announced if mark is Mark.MAINTENANCE else self._open

    def _name_incident(self, stretch: Stretch) -> list[Stretch]:
        """Note the incident that was opened later: a refusal is confirmed before it is told."""
        incident = self._incident_of(stretch.endpoint)
        if not incident:
            return []
        named = self._open[stretch.endpoint] = replace(stretch, incident=incident)
        return [named]


def counts(endpoint: Endpoint) -> bool:
    """Tell whether an endpoint counts for its region: an application is not the platform."""
    return endpoint.critical and endpoint.about is About.PLATFORM


def _is_the_same(old: Stretch, mark: Mark, cause: str, endpoint: Endpoint) -> bool:
    return (
        old.mark is mark
        and old.region == endpoint.region
        and old.critical is counts(endpoint)
        and (mark is not Mark.OURS or old.cause == cause)
        and (mark not in GOOD or bool(old.cause) is bool(cause))
    )


def _began(
    old: Stretch | None, mark: Mark, standing: Standing, endpoint: Endpoint, now: datetime
) -> tuple[datetime, datetime | None]:
    """Return when it began, and after when at the earliest (None: exactly then).

    What good and bad evidence decide began when the evidence turned; what slow answers alone have
    tripped began now. What is unknown began when the next evidence was due, and did not come.
    An outage takes the place of the failing time before it, from the same first failure on.
    """
    begin, after, cause = now, None, cause_of(mark, standing)
    if old is None:
        return begin, after
    if mark is Mark.UNKNOWN and standing.evidence_at is not None:
        is_closed = standing.breaker.state is State.CLOSED
        wait = endpoint.every if is_closed else max(standing.breaker.open_for, endpoint.every)
        begin = min(standing.evidence_at + timedelta(seconds=wait), now)
        after = standing.evidence_at
    elif (
        mark in GOOD | BAD
        and not _are_alike(mark, cause, old)
        and was_good(standing) is (mark in GOOD and not cause)
        and standing.turned_at is not None
        and standing.turned_at >= old.begin
    ):
        begin, after = standing.turned_at, standing.turned_from
        if mark in GOOD and not cause and old.mark in GOOD and after is not None:
            # A failed probe speaks for its interval, and not for the next one that came late.
            begin = min(begin, after + timedelta(seconds=endpoint.every))
    begin = max(begin, old.begin)
    return begin, None if after is None else min(after, begin)


def _are_alike(mark: Mark, cause: str, old: Stretch) -> bool:
    if {mark, old.mark} <= GOOD:
        return bool(cause) is bool(old.cause)
    return {mark, old.mark} <= BAD


def _reason(mark: Mark, cause: str, standing: Standing) -> str:
    if mark in BAD:
        return standing.breaker.reason
    if mark is Mark.UP and cause:
        return standing.reason
    return "" if mark in (Mark.UP, Mark.UNKNOWN) else standing.reason
