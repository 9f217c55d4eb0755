"""Keeps the ledger: it follows the board, and writes down when something begins to stand otherwise.

It also writes that it is there at all: what happened while nobody looked is neither up nor down.
"""

import asyncio
from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from monitor.board import Board
from monitor.core.endpoint import Endpoint
from monitor.core.ledger import Ledger
from monitor.core.standing import Standing, health_now
from monitor.core.stretch import Presence, Stretch
from monitor.ports import Clock, News, Saved

EVERY = 15.0
"""Seconds between two beats: as much presence as `kill -9` can cost."""
AWAY = timedelta(seconds=60)
"""Whoever was not heard of for longer than this was not there: suspended, or its clock was set."""
_PART = 200
"""Endpoints that are looked at between two turns of the loop."""


class Bookkeeper:
    """A listener of the board: hands what changed to the store, which writes it when it can.

    Nothing here waits. A kill between two beats costs at most the presence since the last of them;
    what stood otherwise by then is found in the standings at the next start.
    """

    def __init__(
        self,
        board: Board,
        clock: Clock,
        ledger: Ledger,
        record: Callable[[Collection[Stretch], Presence], None],
    ) -> None:
        self._board = board
        self._clock = clock
        self._ledger = ledger
        self._record = record
        self._begun = self._seen = clock.now()
        self._is_open = False

    def open(self, saved: Saved) -> None:
        """Go on where the last run ended; to be called when everything stands on the board."""
        now = self._begun = self._seen = self._clock.now()
        watched = {entry.endpoint.id for entry in self._board.entries()}
        left = now if saved.presence is None else saved.presence.seen
        changed = self._ledger.restore(saved.stretches, watched, left)
        for entry in self._board.entries():
            changed += self._look(entry.endpoint, entry.standing, now)
        self._write(changed)
        self._is_open = True

    def make_whole(self, saved: Saved) -> None:
        """End what a store that was away at the start says still goes on."""
        before = [one for one in saved.stretches if one.begin < self._begun]
        self._write(self._ledger.restore(before, (), self._begun))

    def hear(self, news: News) -> None:
        """Take in news: a listener of the board."""
        now = self._clock.now() if news.outcome is None else news.outcome.at
        changed = self._attend(now) + self._look(news.endpoint, news.standing, now)
        if changed:
            self._write(changed)

    async def beat(self) -> None:
        """Say that we are there, and find what has grown old without any news."""
        if not self._is_open:
            return
        now = self._clock.now()
        changed = self._attend(now)
        for number, entry in enumerate(self._board.entries(), 1):
            changed += self._look(entry.endpoint, entry.standing, now)
            if number % _PART == 0:
                await asyncio.sleep(0)
        self._write(changed)

    def forget(self, endpoint: str) -> None:
        """Let an endpoint go that is no longer configured."""
        now = self._clock.now()
        self._write(self._attend(now) + self._ledger.forget(endpoint, now))

    def _look(self, endpoint: Endpoint, standing: Standing, now: datetime) -> list[Stretch]:
        health = health_now(standing, endpoint, now)
        cover = self._board.maintenance(endpoint, now)
        return [
            *self._ledger.look(endpoint, standing, health, now),
            *self._ledger.announce(endpoint, cover, now),
        ]

    def _attend(self, now: datetime) -> list[Stretch]:
        """Be there at `now`; return what changed because we were away, or the clock was set.

        A clock that is set back a little changes nothing; by far, and everything begins anew.
        """
        if self._seen <= now <= self._seen + AWAY:
            self._seen = now
            return []
        if self._seen - AWAY <= now < self._seen:
            return []
        self._write(())  # how long we were there before
        changed = self._ledger.begin_anew(self._seen, now) if now < self._seen else []
        self._begun = self._seen = now
        return changed

    def _write(self, changed: Collection[Stretch]) -> None:
        self._record(changed, Presence(self._begun, self._seen))
