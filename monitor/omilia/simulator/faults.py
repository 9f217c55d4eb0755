"""The faults that hold: those set by hand, and those that the script is playing."""

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from monitor.omilia.simulator.bell import Bell
from monitor.omilia.simulator.bodies import is_app_status
from monitor.omilia.simulator.fault import Fault, Kind
from monitor.omilia.simulator.script import GRAIN, Occurrence, Script
from monitor.omilia.simulator.site import STATUS
from monitor.ports import Clock


def _is_talk(path: str) -> bool:
    """Tell whether something is said at a path, over REST or in a session."""
    return path == "/chat/dialogs" or _is_message(path)


def _is_message(path: str) -> bool:
    return path.startswith("/chat/ws/session/")


_ONLY: Mapping[Kind, Callable[[str], bool]] = {
    Kind.APP_STATUS: is_app_status,
    Kind.SERVICES: STATUS.__eq__,
    Kind.MUTE: _is_talk,
    Kind.EXPIRE: _is_talk,
    Kind.HANG_UP: _is_message,
}
"""Faults that strike nothing but what they are about."""


@dataclass(slots=True)
class Active:
    """A fault that has begun. `since` and `until` are monotonic seconds."""

    id: str
    fault: Fault
    since: float
    until: float
    seen: int = 0
    hits: int = 0

    @property
    def spent(self) -> bool:
        """Whether it has struck as often as it was to."""
        return self.fault.count is not None and self.hits >= self.fault.count

    def strikes(self, path: str, credential: str | None) -> bool:
        """Decide about one request, and count it."""
        fault = self.fault
        if not path.startswith(fault.prefix) or self.spent:
            return False
        if fault.credential is not None and fault.credential != credential:
            return False
        if fault.do in _ONLY and not _ONLY[fault.do](path):
            return False
        self.seen += 1
        if self.seen % fault.nth:
            return False
        self.hits += 1
        return True

    def shown(self, now: float) -> Mapping[str, Any]:
        """Return it as JSON values; times in seconds."""
        told = self.fault.model_dump(mode="json", by_alias=True, exclude_unset=True)
        left = None if self.until == math.inf else round(max(self.until - now, 0.0), 3)
        return {"id": self.id, **told, "hits": self.hits, "remaining": left}


class Faults:
    """Keeps the faults. Those set by hand come before the script's, the newest first.

    `holding` is what holds, spent faults included, and stays right until the monotonic time
    `changes_at`, from which `turn` has something to do. `bell` rings whenever it changes.
    `on_begin` is called once for each fault that begins, late or not.
    """

    def __init__(
        self,
        clock: Clock,
        script: Script | None = None,
        on_begin: Callable[[Active], None] = lambda _: None,
    ) -> None:
        self.bell = Bell()
        self.changes_at = -math.inf
        self.holding: tuple[Active, ...] = ()
        self._on_begin = on_begin
        self._clock = clock
        self._script = script or Script()
        self._started: float | None = None
        self._turned = -math.inf
        self._numbers = itertools.count(1)
        self._by_hand: dict[str, Active] = {}
        self._played: dict[str, Active] = {}
        self._ended: set[str] = set()

    def begin(self) -> None:
        """Start the script's time."""
        self._started = self._clock.monotonic()
        self._changed(self._started)

    def set(self, fault: Fault) -> str:
        """Begin a fault now. Returns its id."""
        now = self._clock.monotonic()
        lasts = fault.ends_after
        until = math.inf if lasts is None else now + lasts
        active = Active(f"fault-{next(self._numbers)}", fault, now, until)
        # A spent hang may still hold requests; any other spent fault has nothing left to do.
        self._by_hand = {
            key: each
            for key, each in self._by_hand.items()
            if not each.spent or each.fault.do is Kind.HANG
        }
        self._by_hand[active.id] = active
        self._changed(now)
        self._on_begin(active)
        return active.id

    def clear(self, fault_id: str | None = None) -> int:
        """End one fault, or all that hold. Returns how many ended.

        A step of the script that comes again, comes again.
        """
        now = self._clock.monotonic()
        self.turn(now)
        ids = [active.id for active in self.holding if fault_id in (None, active.id)]
        for each in ids:
            if self._by_hand.pop(each, None) is None:
                self._ended.add(each)
        self._changed(now)
        return len(ids)

    def active(self, now: float | None = None) -> tuple[Active, ...]:
        """Return what holds at `now` (monotonic; by default the clock's) and is not spent."""
        self.turn(self._clock.monotonic() if now is None else now)
        return tuple(active for active in self.holding if not active.spent)

    def holds(self, active: Active, now: float) -> bool:
        """Tell whether a fault that began goes on, spent or not."""
        self.turn(now)
        return any(active is each for each in self.holding)

    def turn(self, now: float) -> None:
        """Let time pass: begin and end what is due."""
        if now < self.changes_at:
            return
        self._by_hand = {key: each for key, each in self._by_hand.items() if now < each.until}
        change = min((each.until for each in self._by_hand.values()), default=math.inf)
        if self._started is not None:
            t = round(now - self._started, GRAIN)
            self._play(t, self._started)
            change = min(change, self._started + self._script.next_change(t))
        self.holding = (*reversed(self._by_hand.values()), *reversed(self._played.values()))
        self.changes_at = change
        self.bell.ring()

    def _play(self, t: float, started: float) -> None:
        """Follow the script; what went on keeps its counts."""
        begun = self._script.begun(self._turned, t)
        self._turned = t
        known = self._played
        holding = {each.id: each for each in self._script.faults_at(t)}
        self._ended &= holding.keys()
        self._played = {
            key: known.get(key) or _activated(each, started)
            for key, each in holding.items()
            if key not in self._ended
        }
        for occurrence in begun:
            self._on_begin(self._played.get(occurrence.id) or _activated(occurrence, started))

    def _changed(self, now: float) -> None:
        """Look again at everything, although no time has passed."""
        self.changes_at = -math.inf
        self.turn(now)


def _activated(occurrence: Occurrence, started: float) -> Active:
    """Move an occurrence from the script's time to the clock's."""
    return Active(
        occurrence.id,
        occurrence.fault,
        started + occurrence.since,
        started + occurrence.until,
    )
