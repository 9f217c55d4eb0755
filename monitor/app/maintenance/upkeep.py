"""Upkeep: the board's plan of maintenance, from the almanac and from operators, and its moments.

What is announced over the API is durable, and stands beside what the almanac says. A window of the
almanac's that an operator ends is kept in the same way, under its id: that one holds.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from monitor.app.maintenance.almanac import Almanac
from monitor.app.maintenance.unfold import BACK
from monitor.board import Board
from monitor.core.event import Event, Kind
from monitor.core.maintenance import CalendarHealth, Plan, Window, ended
from monitor.ports import Clock, Timeline

log = logging.getLogger(__name__)

MOST = 500
"""Windows announced over the API that go on or are to come."""
_LATEST = 1.0
"""Seconds after which the clock is looked at again: it may have been set."""
_DAY = timedelta(days=1)


class Upkeep:
    """Fits `monitor.ports.Maintenance`. `keep` makes a window durable, `held` looks at alerts."""

    def __init__(
        self,
        board: Board,
        clock: Clock,
        almanac: Almanac,
        *,
        keep: Callable[[Window], Awaitable[None]],
        timeline: Timeline,
        held: Callable[[], None],
    ) -> None:
        self.almanac = almanac
        self._board = board
        self._clock = clock
        self._keep = keep
        self._timeline = timeline
        self._held = held
        self._announced: dict[str, Window] = {}
        self._active: dict[str, Window] = {}
        self._count = count(1)

    # ------------------------------------------------------------ what is planned

    def restore(self, windows: Iterable[Window]) -> None:
        """Go on with what operators announced and ended."""
        for window in windows:
            known = self._announced.get(window.id)
            if known is None or known.revision < window.revision:
                self._announced[window.id] = window

    def plan(self) -> None:
        """Put what is announced on the board."""
        now = self._clock.now()
        for over in [w.id for w in self._announced.values() if w.end < now - BACK - _DAY]:
            del self._announced[over]
        windows = {window.id: window for window in self.almanac.windows()}
        self._board.plan = Plan((windows | self._announced).values())
        self.look()

    def look(self) -> None:
        """See to what begins or ends at this moment: health, alerts that wait, the timeline."""
        now = self._clock.now()
        if self._board.look(now):
            self._note(now)
            self._held()

    async def renew(self) -> None:
        """Look at the calendars that are due, and further ahead."""
        if await self.almanac.renew():
            self.plan()

    def next_moment(self) -> datetime:
        """Return when something begins or ends next."""
        return self._board.plan.spell(self._clock.now()).end

    async def run(self) -> None:
        """Look at every moment at which something begins or ends, for ever."""
        while True:
            left = (self.next_moment() - self._clock.now()).total_seconds()
            await asyncio.sleep(min(max(left, 0.0), _LATEST))
            try:
                self.look()
            except Exception:
                log.exception("maintenance.bug")

    # ------------------------------------------------------------ what operators say

    def windows(self) -> list[Window]:
        """Return the windows that go on or are to come, the earliest first."""
        return self._board.plan.from_(self._clock.now())

    def calendars(self) -> list[CalendarHealth]:
        """Return how the calendars are."""
        return self.almanac.calendars()

    async def announce(self, window: Window) -> Window | None:
        """Announce a window; it holds when this returns, with the id that it got.

        None when there are too many already.
        """
        now = self._clock.now()
        if sum(one.end > now for one in self._announced.values()) >= MOST:
            return None
        named = replace(window, id=self._new_id(now))
        await self._keep(named)
        self._announced[named.id] = named
        self.plan()
        return named

    async def end(self, window_id: str, by: str) -> Window | None:
        """End a window now, or take it back before it began. None when there is no such."""
        now = self._clock.now()
        window = next((one for one in self._board.plan.from_(now) if one.id == window_id), None)
        if window is None:
            return None
        over = ended(window, now, by)
        await self._keep(over)
        self._announced[window_id] = over
        self.plan()
        return over

    def _new_id(self, now: datetime) -> str:
        """Return an id that no window has, nor any that is being kept just now."""
        while True:
            name = f"api-{now:%Y%m%dT%H%M%SZ}-{next(self._count)}"
            if name not in self._announced:
                return name

    # ------------------------------------------------------------ the timeline

    def _note(self, now: datetime) -> None:
        """Note what began and what ended. What was noted before a restart is the same event."""
        active = {window.id: window for window in self._board.plan.spell(now).windows}
        known = {window.id: window for window in self._board.plan.windows} | self._announced
        for name, window in active.items():
            if name not in self._active:
                self._timeline.note(_event(window, "began", window.start, window.by))
        for name in self._active.keys() - active.keys():
            window = known.get(name, self._active[name])
            at = min(window.end, now)
            self._timeline.note(_event(window, "ended", at, window.ended_by or window.by))
        self._active = active


def _event(window: Window, what: str, at: datetime, by: str) -> Event:
    endpoints = window.scope.endpoints
    alone = len(endpoints) == 1 and not (window.scope.groups or window.scope.regions)
    return Event(
        at,
        Kind.MAINTENANCE,
        f"maintenance {what}: {window.name}",
        endpoints[0] if alone else None,
        {"window": window.id, "by": by},
    )
