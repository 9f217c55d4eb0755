"""How everything stands, as events: what a new follower begins with."""

import asyncio
from collections.abc import Iterator

from monitor.board import Board
from monitor.ports import Clock
from monitor.web.encoding import encode
from monitor.web.incident_views import change_view
from monitor.web.rendered import BIG, Rendered
from monitor.web.stream.ring import written
from monitor.web.stream.source import Source


class Snapshots:
    """Writes it once for all who begin in the same second."""

    def __init__(self, board: Board, clock: Clock, source: Source) -> None:
        self._board = board
        self._source = source
        self._all = Rendered(board, clock, lambda: self._make(frozenset()))

    async def get(self, wanted: frozenset[str]) -> tuple[int, bytes]:
        """Return a place on the ring, and how everything stood there or later."""
        if not wanted:
            return await self._all.get()
        if len(wanted) < BIG:
            return self._make(wanted)
        return await asyncio.to_thread(self._make, wanted)

    def _make(self, wanted: frozenset[str]) -> tuple[int, bytes]:
        place = self._source.ring.head  # read first: what comes meanwhile is told once more
        return place, b"".join((*self._events(wanted), self._end(place)))

    def _events(self, wanted: frozenset[str]) -> Iterator[bytes]:
        """Say everything, without ids: who loses the stream in the middle begins again."""
        source, names = self._source, [entry.endpoint.id for entry in self._board.entries()]
        for name in names:
            if wanted and name not in wanted:
                continue
            if (verdict := source.verdict(name)) is not None:
                yield written("verdict", verdict)
            if (health := source.health(name)) is not None:
                yield written("health", health)
        for incident in self._board.open_incidents():
            if not wanted or incident.endpoint in wanted:
                yield written("incident", encode(change_view(incident)))

    def _end(self, place: int) -> bytes:
        """Say which endpoints there are: what a follower knows of others is no longer true."""
        return written("config", self._source.config(), place)
