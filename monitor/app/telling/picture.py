"""The picture after a start: what was told to nobody yet waits until everything has been seen.

Else a platform's outage, or that of something many need, would follow messages about its parts.
"""

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import datetime

from monitor.app.telling.holding import Hold
from monitor.board import Entry
from monitor.core.breaker import State
from monitor.core.incident import Incident
from monitor.core.instant import Instant
from monitor.core.together import is_failing

UNSEEN = "just started: not everything has been looked at yet"
AWAITED = 60.0
"""Seconds after which news waits no longer, whatever has been seen."""


class Picture:
    """Knows whether everything was seen since the start. Before `begin` nothing waits."""

    def __init__(self, next_probe_at: Callable[[str], datetime | None]) -> None:
        self._next_probe_at = next_probe_at
        self._began: Instant | None = None
        self._told: frozenset[str] = frozenset()
        self._known_at: datetime | None = None

    def begin(self, now: Instant, told: Collection[str]) -> None:
        """Start to look. `told` are the incidents that somebody knows of: they do not wait."""
        self._began, self._told, self._known_at = now, frozenset(told), None

    def look(self, entries: Iterable[Entry], now: Instant) -> None:
        """Take note of whether everything has been seen. What was known once stays known."""
        began = self._began
        if began is None or self._known_at is not None:
            return
        late = now.mono - began.mono >= AWAITED
        if late or all(self._is_decided(entry, began, now) for entry in entries):
            self._known_at = now.wall

    def waits(self, incident: Incident) -> bool:
        """Tell whether an incident waits to be told: its end never does."""
        unknown = self._began is not None and self._known_at is None
        return unknown and incident.is_open and incident.id not in self._told

    def released(self, hold: Hold, incident: Incident) -> Hold:
        """Return a hold that is over as one that says since when: waiting for us is not late.

        What began before the start is late: nobody was there to tell it.
        """
        began, known_at = self._began, self._known_at
        if hold.held or began is None or known_at is None or not incident.is_open:
            return hold
        if not began.wall <= incident.opened_at <= known_at:
            return hold
        return replace(hold, released_at=max(known_at, hold.released_at or known_at))

    def _is_decided(self, entry: Entry, began: Instant, now: Instant) -> bool:
        """Tell whether an endpoint was seen, and is not failing with its breaker still closed.

        One whose breaker is open is known, and nobody waits for one that is not due for long.
        """
        standing = entry.standing
        if standing.breaker.state is not State.CLOSED:
            return True
        if standing.last is not None and standing.last.at >= began.wall:
            return not is_failing(entry)
        due = self._next_probe_at(entry.endpoint.id)
        left = AWAITED - (now.mono - began.mono)
        return due is None or (due - now.wall).total_seconds() > left
