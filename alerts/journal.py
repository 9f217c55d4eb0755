"""The journal: what was told to whom, in memory, written through to a database.

A database that fails never stops an alert: what could not be written stays marked in memory and
is written when the database is back. While it is known to fail nobody waits for it.
"""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Protocol

from alerts.channel_state import ChannelState
from alerts.entry import Entry, Lane
from alerts.moment import Clock
from alerts.shelf import Rows

if TYPE_CHECKING:
    from datetime import datetime

PATIENCE = 1.0
"""Seconds that an alert waits for its entry to become durable."""
_LOADING = 10
"""Reading everything at the start may take so many times as long."""

_log = logging.getLogger("omilia_monitor.alerts.journal")


class Shelf(Protocol):
    """Where rows are kept. Any exception means: not now."""

    async def load(self) -> Rows:
        """Read everything."""
        ...

    async def save(self, rows: Rows) -> None:
        """Write rows, all or none."""
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

    def heard(self) -> Iterable[Entry]:
        """Return entries whose receiver believes, or may believe, that an incident goes on."""
        return [entry for entry in self._entries.values() if entry.heard]

    @property
    def backlog(self) -> int:
        """How many rows wait to be written."""
        return len(self._unwritten) + len(self._unwritten_channels)

    # ------------------------------------------------------------ writing

    def note(self, entry: Entry) -> None:
        """Remember an entry, to be written by the next `durable`."""
        self._remember(entry)
        self._unwritten[entry.lane] = entry

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
                self._unwritten, self._unwritten_channels = {}, {}
                try:
                    await self._shelf.save(Rows(list(entries.values()), list(channels.values())))
                except BaseException:
                    self._unwritten = entries | self._unwritten
                    self._unwritten_channels = channels | self._unwritten_channels
                    raise
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
