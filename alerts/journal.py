"""The journal: what was told to whom, in memory, written through to a database.

A database that fails never stops an alert: what could not be written stays marked in memory and
is written when the database is back. While it is known to fail nobody waits for it.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from alerts.channel_state import ChannelState
from alerts.entry import Entry, Lane
from alerts.moment import Clock
from alerts.shelf import Rows
from alerts.telling import Telling, TellingKey

if TYPE_CHECKING:
    from datetime import datetime

PATIENCE = 1.0
"""Seconds that an alert waits for its entry to become durable."""
MOST_TELLINGS = 10_000
"""So many of the newest tellings are kept in memory while the database fails."""
_FORGOTTEN = 500
"""Tellings per transaction when old ones are deleted: nobody waits long for them."""
_LOADING = 10
"""Reading everything at the start may take so many times as long."""

_log = logging.getLogger("omilia_monitor.alerts.journal")


class Shelf(Protocol):
    """Where rows are kept. Any exception means: not now."""

    async def load(self) -> Rows:
        """Read everything but tellings."""
        ...

    async def save(self, rows: Rows) -> None:
        """Write rows, all or none."""
        ...

    async def tellings(self, incident_ids: Collection[str]) -> Sequence[Telling]:
        """Read what was told about some incidents, in any order."""
        ...

    async def forget_before(self, at_ms: int, most: int) -> int:
        """Delete up to `most` tellings that are older; return how many went."""
        ...


class Journal:
    """Remembers; see the module. Not for several threads."""

    def __init__(self, shelf: Shelf, clock: Clock, *, patience: float = PATIENCE) -> None:
        self.failing_since: datetime | None = None
        """Since when the database does not do what it should, None while it works."""
        self.error = ""
        """The kind of its last error."""
        self.loaded = False
        """Whether what was kept has been read."""
        self._shelf = shelf
        self._clock = clock
        self._patience = patience
        self._entries: dict[Lane, Entry] = {}
        self._by_incident: dict[str, set[Lane]] = {}
        self._channels: dict[str, ChannelState] = {}
        self._unwritten: dict[Lane, Entry] = {}
        self._unwritten_channels: dict[str, ChannelState] = {}
        self._tellings: dict[TellingKey, Telling] = {}
        self._writing: asyncio.Task[None] | None = None

    # ------------------------------------------------------------ reading

    @property
    def entries(self) -> Mapping[Lane, Entry]:
        """All entries."""
        return self._entries

    def entry(self, channel: str, key: str) -> Entry | None:
        """Return what a channel was told about a key."""
        return self._entries.get((channel, key))

    def channel(self, name: str) -> ChannelState:
        """Return how a channel was when it was last seen."""
        return self._channels.get(name) or ChannelState(name)

    def about(self, incident_id: str) -> list[Entry]:
        """Return the entries of one incident."""
        return [self._entries[lane] for lane in sorted(self._by_incident.get(incident_id, ()))]

    async def told(self, incident_ids: Collection[str]) -> dict[str, list[Telling]]:
        """Return what was told about some incidents, in any order, by incident. Never raises.

        When the database does not answer in time: what is not written yet.
        """
        if not incident_ids:
            return {}
        wanted = set(incident_ids)
        # Memory first: what is written while we read is then in one of the two, or in both.
        unwritten = {k: one for k, one in self._tellings.items() if one.incident_id in wanted}
        found: Iterable[Telling] = ()
        try:
            async with asyncio.timeout(self._patience):
                found = await self._shelf.tellings(wanted)
        except Exception as error:  # noqa: BLE001  whatever a database raises, memory answers
            _log.warning("journal.not_read", extra={"error": type(error).__name__})
        by_incident: dict[str, list[Telling]] = {}
        for one in ({one.key: one for one in found} | unwritten).values():
            by_incident.setdefault(one.incident_id, []).append(one)
        return by_incident

    def heard(self) -> Iterable[Entry]:
        """Return entries whose receiver believes, or may believe, that an incident goes on."""
        return [entry for entry in self._entries.values() if entry.heard]

    @property
    def backlog(self) -> int:
        """How many rows wait to be written."""
        return len(self._unwritten) + len(self._unwritten_channels) + len(self._tellings)

    # ------------------------------------------------------------ writing

    def note(self, entry: Entry, tellings: Iterable[Telling] = ()) -> None:
        """Remember an entry, and what was told by it: the next `durable` writes both at once."""
        self._remember(entry)
        self._unwritten[entry.lane] = entry
        for telling in tellings:
            self._tellings.pop(telling.key, None)
            self._tellings[telling.key] = telling
            if len(self._tellings) > MOST_TELLINGS:
                del self._tellings[next(iter(self._tellings))]

    def note_channel(self, state: ChannelState) -> None:
        """Remember how a channel is, to be written by the next `durable`."""
        self._channels[state.name] = state
        self._unwritten_channels[state.name] = state

    async def durable(self) -> None:
        """Return when all that was noted is written, or patience ends. Never raises.

        While the database is known to fail this starts a further attempt and returns at once.
        """
        if not self.backlog and self._writing is None:
            return
        nobody_waits = self.failing_since is not None
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="alerts-journal")
        if nobody_waits:
            return
        done, _ = await asyncio.wait({self._writing}, timeout=self._patience)
        if not done:
            self._fails("it does not answer")

    async def load(self) -> bool:
        """Read what was kept; what was noted meanwhile wins. Returns whether that went well."""
        try:
            async with asyncio.timeout(_LOADING * self._patience):
                rows = await self._shelf.load()
        except Exception as error:  # noqa: BLE001  whatever a database raises, alerts go on
            self._fails(type(error).__name__)
            return False
        for entry in rows.entries:
            newer = self._entries.get(entry.lane)
            if newer is None:
                self._remember(entry)
            elif entry.heard and entry.incident_id != newer.incident_id:
                _log.warning("journal.overtaken", extra={"incident": entry.incident_id})
        for state in rows.channels:
            self._channels.setdefault(state.name, state)
        self.loaded = True
        self._works()
        return True

    async def forget_before(self, at_ms: int) -> None:
        """Delete what was told before a moment (milliseconds since 1970), a little at a time.

        Never raises; leaves a database in peace that is known to fail.
        """
        if not self.loaded or self.failing_since is not None:
            return
        try:
            while await self._shelf.forget_before(at_ms, _FORGOTTEN) == _FORGOTTEN:
                pass
        except Exception as error:  # noqa: BLE001  whatever a database raises, it is tried again
            _log.warning("journal.not_swept", extra={"error": type(error).__name__})

    async def close(self, within: float) -> None:
        """Write what is left, for at most `within` seconds."""
        if self._writing is None and self.backlog:
            self._writing = asyncio.create_task(self._write(), name="alerts-journal")
        if self._writing is None:
            return
        _, pending = await asyncio.wait({self._writing}, timeout=within)
        for task in pending:
            task.cancel()
            await asyncio.wait({task}, timeout=within)

    async def _write(self) -> None:
        """Write until nothing is left, or something fails."""
        try:
            while self.backlog:
                entries, channels = self._unwritten, self._unwritten_channels
                tellings = list(self._tellings.values())  # they stay readable until written
                self._unwritten, self._unwritten_channels = {}, {}
                try:
                    await self._shelf.save(
                        Rows(list(entries.values()), list(channels.values()), tellings)
                    )
                except BaseException:
                    self._unwritten = entries | self._unwritten
                    self._unwritten_channels = channels | self._unwritten_channels
                    raise
                for one in tellings:
                    if self._tellings.get(one.key) is one:
                        del self._tellings[one.key]
                self._works()
        except Exception as error:  # noqa: BLE001  whatever a database raises, alerts go on
            self._fails(type(error).__name__)
        finally:
            self._writing = None

    def _remember(self, entry: Entry) -> None:
        before = self._entries.get(entry.lane)
        if before is not None and before.incident_id != entry.incident_id:
            lanes = self._by_incident[before.incident_id]
            lanes.discard(entry.lane)
            if not lanes:
                del self._by_incident[before.incident_id]
        self._entries[entry.lane] = entry
        self._by_incident.setdefault(entry.incident_id, set()).add(entry.lane)

    def _fails(self, error: str) -> None:
        self.error = error
        if self.failing_since is None:
            self.failing_since = self._clock.now()
            _log.error("journal.failing", extra={"error": error})

    def _works(self) -> None:
        if self.failing_since is not None:
            _log.info("journal.works_again", extra={"backlog": self.backlog})
        self.failing_since, self.error = None, ""
