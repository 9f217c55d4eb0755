"""Watches over objectives: reads what the ledger says, and tells when an error budget erodes.

One look a minute, beside the ticks: the first reads 30 days, every further one what changed since.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta

from monitor.app.expiry_watch import Notice
from monitor.app.settings import Settings
from monitor.app.threads import in_a_thread
from monitor.app.wiring import objectives_of
from monitor.board import Board, Entry
from monitor.core import erosion
from monitor.core.accounts import Accounts
from monitor.core.availability import FRESH, Watch
from monitor.core.burn import Held
from monitor.core.incident import Incident
from monitor.core.incident_book import IncidentBook
from monitor.core.ledger_copy import LedgerCopy
from monitor.core.marks import Counts, ms
from monitor.core.objective import Objective
from monitor.ports import Clock, StoreUnavailableError

EVERY = 60.0
"""Seconds from one look to the next."""
AGAIN = timedelta(hours=1)
"""How far back rows are read again: what grew old is rewritten from when it was last known."""
_ROUNDS = 5
"""The same in rounds, for endpoints that are seldom asked."""
_EDGE = timedelta(milliseconds=1)
"""The end of what is read is not part of it; what begins now is."""

log = logging.getLogger(__name__)

Read = Callable[[datetime, datetime], Awaitable[Watch]]
Terms = tuple[Objective, float, Counts]
"""An objective, how often its endpoint is asked, and what throttled counts as."""


class BurnWatch:
    """Knows how every objective is held, and gives the notices. `notice` is the engine's.

    `read` returns what this location wrote down of a time. Of an endpoint that is in an incident
    of its own, erosion is neither told nor ended: one cause, one message.
    """

    def __init__(
        self,
        clock: Clock,
        board: Board,
        settings: Callable[[], Settings],
        *,
        read: Read,
        book: IncidentBook,
        notice: Notice,
    ) -> None:
        self._clock = clock
        self._board = board
        self._settings = settings
        self._read = read
        self._book = book
        self._notice = notice
        self._copy, self._accounts = LedgerCopy(), Accounts()
        self._known: frozenset[str] = frozenset()
        self._read_to: datetime | None = None
        self._held: dict[str, Held] = {}

    def held(self) -> Mapping[str, Held]:
        """Return how the objectives are held, by endpoint, as far as that was worked out."""
        return self._held

    async def look(self) -> None:
        """Look at every objective once. While the store cannot be read all stays as it was."""
        entries = {one.endpoint.id: one for one in self._board.entries()}
        objectives = {k: one for k, one in objectives_of(self._settings()).items() if k in entries}
        self._held = {k: one for k, one in self._held.items() if k in objectives}
        told = {one.key: one for one in self._book.open_incidents() if one.notice}
        await self._end_others(objectives, told, entries)
        if not objectives:
            self._read_to = None
            return
        throttled = Counts(self._settings().availability.throttled)
        terms = {
            name: (one, entries[name].endpoint.every, throttled) for name, one in objectives.items()
        }
        try:
            self._held = await self._reckon(terms) or self._held
        except StoreUnavailableError as error:
            log.warning("burn.not_read", extra={"error": str(error)})
            return
        for name, held in self._held.items():
            await self._tell(entries[name], held, told.get(erosion.key_of(name)))

    async def _reckon(self, terms: Mapping[str, Terms]) -> dict[str, Held] | None:
        """Read what is new, and work it out beside the loop; None when too little is known."""
        now, wanted = self._clock.now(), frozenset(terms)
        reach = timedelta(seconds=max(one.longest for one, _, _ in terms.values()))
        rounds = timedelta(seconds=_ROUNDS * max(every for _, every, _ in terms.values()))
        again = max(AGAIN, rounds)
        start = now - reach
        if self._read_to is not None and wanted <= self._known:
            start = max(start, min(self._read_to, now) - again)
        else:
            self._copy, self._accounts = LedgerCopy(), Accounts()
        watch = await self._read(start, now + _EDGE)
        self._known, self._read_to = wanted, now

        def work() -> dict[str, Held] | None:
            self._copy.take(watch, wanted)
            self._copy.forget_before(now - reach, wanted)
            seen = self._copy.seen
            if seen is None or ms(now) - ms(seen) > FRESH:
                return None
            end = min(ms(seen), ms(now))
            return {
                name: self._accounts.held(self._copy, name, one, end, again)
                for name, one in terms.items()
            }

        return await in_a_thread(work, "objectives")

    async def _tell(self, entry: Entry, held: Held, told: Incident | None) -> None:
        name, now = entry.endpoint.id, self._clock.now()
        burn = erosion.to_tell(held, None if told is None else told.grounds)
        if self._book.of(name) is not None or (burn is None and told is None):
            return
        trouble = None if burn is None else erosion.trouble_of(entry.endpoint, held, burn, now)
        await self._notice(erosion.key_of(name), trouble, name, erosion.over_because(held))

    async def _end_others(
        self,
        objectives: Mapping[str, Objective],
        told: Mapping[str, Incident],
        entries: Mapping[str, Entry],
    ) -> None:
        """End what is told of objectives that nobody has any more."""
        mine = {erosion.key_of(name) for name in objectives}
        for key in told:
            if key.startswith(erosion.key_of("")) and key not in mine and entries:
                await self._notice(key, None, next(iter(entries)), "it has no objective any more")
