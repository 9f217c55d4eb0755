"""From news to events: what a follower is told, and when.

The tick only puts a name aside, and for most ticks not even that: one outcome like the one before
it changes no verdict. A task works out afterwards what changed for somebody who acts on it.

Some things change without any news: evidence grows old, a mode or a window ends. `sweep` finds
these; it is called with every ping, so that silence means that nothing changed.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime
from functools import partial

from monitor.board import Board, Entry
from monitor.core.health import Health
from monitor.core.incident import Incident
from monitor.core.verdict import acted_on
from monitor.ports import Clock, News
from monitor.web.encoding import encode
from monitor.web.incident_views import change_view
from monitor.web.stream.ring import Kind, Ring
from monitor.web.stream.views import health_change
from monitor.web.views import verdict_view

log = logging.getLogger(__name__)

ROOM = 8192
"""Events that are kept: two for each endpoint, and the newest incidents."""
GATHER = 0.01
"""Seconds for which changes are gathered, to be told together. A tick's next due time, which is
part of its verdict, is known only after it has published."""
SLICE = 50
"""Endpoints or followers that are seen to in one turn of the loop."""

_Look = tuple[object, ...]


class Source:
    """Listens to the board, and keeps the ring of what followers are told."""

    def __init__(self, board: Board, clock: Clock, bug: Callable[[str], None]) -> None:
        self._board = board
        self.clock = clock
        self._bug = bug
        self.ring = Ring(round(clock.now().timestamp() * 1e6), ROOM)
        self._woken = asyncio.Event()
        self._seen: dict[str, _Look] = {}
        self._changed: dict[str, None] = {}
        self._incidents: dict[str, Incident] = {}
        self._configured = False
        self._told: dict[tuple[Kind, str], object] = {}

    # ------------------------------------------------------------ on the tick

    def publish(self, news: News) -> None:
        """Take news from the board: note whose verdict or health may be another now."""
        standing, name = news.standing, news.endpoint.id
        look = (news.endpoint, standing.health, standing.reason, standing.breaker.epoch)
        if news.outcome and not news.incidents and self._seen.get(name) == look:
            return
        self._seen[name] = look
        self._changed[name] = None
        for incident in news.incidents:
            self._incidents[incident.id] = incident
        self._woken.set()

    def configured(self) -> None:
        """Take note that other endpoints may be watched now."""
        self._configured = True
        self._woken.set()

    # ------------------------------------------------------------ afterwards

    async def gather(self) -> None:
        """Wait until something may have changed, and put what did on the ring."""
        await self._woken.wait()
        await asyncio.sleep(GATHER)
        await self.tell()

    async def tell(self) -> None:
        """Put on the ring what news have changed."""
        self._woken.clear()
        changed, self._changed = self._changed, {}
        incidents, self._incidents = self._incidents, {}
        await self._look_at(list(changed))
        for incident in incidents.values():
            self._tell_of(incident)
        if self._configured:
            self._configured = False
            self._forget_others()
            self.ring.put("config", "", None, self.config, lasting=True)

    async def sweep(self) -> None:
        """Put on the ring what changed without news."""
        self._board.platform(self.clock.now())  # which a health event names: it grows old too
        await self._look_at([entry.endpoint.id for entry in self._board.entries()])

    async def _look_at(self, names: list[str]) -> None:
        now = self.clock.now()
        for number, name in enumerate(names, 1):
            entry = self._board.entry(name)
            try:
                if entry is not None:
                    self._look(entry, now)
            except Exception:
                log.exception("web.events", extra={"endpoint": name})
                self._bug("events")
            if number % SLICE == 0:
                await asyncio.sleep(0)
                now = self.clock.now()

    def _look(self, entry: Entry, now: datetime) -> None:
        """Tell of an endpoint what is not as it was told last."""
        name = entry.endpoint.id
        verdict, health = self._board.verdict(entry, now), self._board.health(entry, now)
        if verdict.unknown or health is Health.UNKNOWN:
            self._seen.pop(name, None)  # what ends this may look like the outcome before it
        if self._is_news("verdict", name, acted_on(verdict)):
            self.ring.put("verdict", name, name, partial(self.verdict, name))
        if self._is_news("health", name, health):
            self.ring.put("health", name, name, partial(self.health, name))

    def _is_news(self, kind: Kind, name: str, value: object) -> bool:
        if self._told.get((kind, name)) == value:
            return False
        self._told[kind, name] = value
        return True

    def _tell_of(self, incident: Incident) -> None:
        data = partial(encode, change_view(incident))
        self.ring.put("incident", incident.id, incident.endpoint, data, lasting=True)

    def _forget_others(self) -> None:
        """Forget what was told of endpoints that are no longer watched."""
        watched = {entry.endpoint.id for entry in self._board.entries()}
        self._told = {key: value for key, value in self._told.items() if key[1] in watched}
        self._seen = {name: look for name, look in self._seen.items() if name in watched}

    # ------------------------------------------------------------ what is told

    def verdict(self, name: str) -> bytes | None:
        """Write an endpoint's verdict as it is now; None when it is no longer watched."""
        entry = self._board.entry(name)
        if entry is None:
            return None
        return encode(verdict_view(self._board.verdict(entry, self.clock.now())))

    def health(self, name: str) -> bytes | None:
        """Write an endpoint's health as it is now; None when it is no longer watched."""
        entry = self._board.entry(name)
        if entry is None:
            return None
        now = self.clock.now()
        health = self._board.health(entry, now)
        cover = self._board.maintenance(entry.endpoint, now)
        return encode(health_change(entry, health, cover, self._board.status))

    def config(self) -> bytes:
        """Write which endpoints are watched."""
        return encode({"endpoints": [entry.endpoint.id for entry in self._board.entries()]})
