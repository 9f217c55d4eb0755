"""A copy in memory of what the ledger says of the last weeks. Pure: it remembers values."""

from collections.abc import Container
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.core.availability import Watch
from monitor.core.stretch import Mark, Presence, Stretch

if TYPE_CHECKING:
    from monitor.core.incident import Incident

_Key = tuple[bool, datetime]
"""What is unique of a stretch among those of its endpoint, as in the store."""


class LedgerCopy:
    """What was read so far of one location. Rows may be read any number of times, in any order."""

    def __init__(self) -> None:
        self._stretches: dict[str, dict[_Key, Stretch]] = {}
        self._presences: dict[datetime, Presence] = {}
        self._incidents: dict[str, Incident] = {}

    def take(self, watch: Watch, wanted: Container[str]) -> None:
        """Take in what was read, of the endpoints that are wanted."""
        for stretch in watch.stretches:
            if stretch.endpoint in wanted:
                key = (stretch.mark is Mark.MAINTENANCE, stretch.begin)
                self._stretches.setdefault(stretch.endpoint, {})[key] = stretch
        self._presences.update((one.begin, one) for one in watch.presences)
        self._incidents.update(watch.incidents)

    def forget_before(self, moment: datetime, wanted: Container[str]) -> None:
        """Forget what ended before, and whatever is not wanted."""
        kept: dict[str, dict[_Key, Stretch]] = {}
        for name, rows in self._stretches.items():
            if name in wanted:
                kept[name] = {k: one for k, one in rows.items() if not one.end or one.end > moment}
        self._stretches = kept
        self._presences = {k: one for k, one in self._presences.items() if one.seen >= moment}
        named = {one.incident for rows in kept.values() for one in rows.values()}
        self._incidents = {name: self._incidents[name] for name in named & self._incidents.keys()}

    @property
    def seen(self) -> datetime | None:
        """When the monitor was last there."""
        return max((one.seen for one in self._presences.values()), default=None)

    def of(self, endpoint: str, since: datetime) -> Watch:
        """Return what is known of one endpoint since then."""
        rows = self._stretches.get(endpoint, {}).values()
        late = [one for one in rows if one.end is None or one.end > since]
        return Watch("", late, list(self._presences.values()), self._incidents)
