"""Looks at what runs out: certificates that were seen, credentials whose dates are known."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from monitor.app.settings import Settings
from monitor.board import Board, Entry
from monitor.core import expiry
from monitor.core.incident import Incident, Trouble
from monitor.ports import Clock

EVERY = 60.0
"""Seconds from one look to the next: what is measured in days is in no hurry."""

Notice = Callable[[str, Trouble | None, str, str], Awaitable[None]]


class ExpiryWatch:
    """Gives notices of what runs out, and ends them when it was renewed. `notice` is the engine's.

    A certificate's end is known once it was seen; until then, after a restart, and while nobody
    answers, a notice stays as it is.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        board: Board,
        settings: Callable[[], Settings],
        open_incidents: Callable[[], tuple[Incident, ...]],
        notice: Notice,
    ) -> None:
        self._clock = clock
        self._board = board
        self._settings = settings
        self._open_incidents = open_incidents
        self._notice = notice
        self._seen: dict[str, float] = {}

    async def look(self) -> None:
        """Look at everything once."""
        entries = self._board.entries()
        if not entries:
            return
        noticed = {one.key for one in self._open_incidents() if one.notice}
        told = await self._certificates(entries, noticed)
        told |= await self._credentials(entries, noticed)
        for key in sorted(noticed - told):
            if key.startswith((expiry.certificate_key(""), expiry.age_key(""))):
                await self._notice(key, None, entries[0].endpoint.id, "no longer watched")

    async def _certificates(self, entries: list[Entry], noticed: set[str]) -> set[str]:
        """Tell of certificates; return the keys that are still somebody's."""
        hosts: dict[str, list[Entry]] = {}
        for entry in entries:
            host = expiry.host_of(entry.endpoint.request.url)
            if host is not None:
                hosts.setdefault(host, []).append(entry)
            last = entry.standing.last
            if last is not None and last.certificate_expiry is not None:
                self._seen[entry.endpoint.id] = last.certificate_expiry
        watched = {entry.endpoint.id for entry in entries}
        self._seen = {name: ends for name, ends in self._seen.items() if name in watched}
        ahead = timedelta(seconds=self._settings().warn.certificate)
        now = self._clock.now()
        for host, users in hosts.items():
            seen = [self._seen[one.endpoint.id] for one in users if one.endpoint.id in self._seen]
            if seen:
                ends = datetime.fromtimestamp(min(seen), UTC)
                trouble = expiry.certificate_trouble(host, ends, ahead, now)
                key = expiry.certificate_key(host)
                await self._say(key, trouble, users[0], ends, noticed)
        return {expiry.certificate_key(host) for host in hosts}

    async def _credentials(self, entries: list[Entry], noticed: set[str]) -> set[str]:
        """Tell of credentials; return the keys that are still somebody's."""
        now, keys = self._clock.now(), set()
        for name, configured in self._settings().credentials.items():
            ends = configured.life().ends
            if ends is None:
                continue
            keys.add(key := expiry.age_key(name))
            ahead = timedelta(seconds=configured.warn_before)
            users = [one for one in entries if one.endpoint.request.credential == name]
            trouble = expiry.age_trouble(name, ends, ahead, now)
            await self._say(key, trouble, (users or entries)[0], ends, noticed)
        return keys

    async def _say(
        self,
        key: str,
        trouble: Trouble | None,
        entry: Entry,
        ends: datetime,
        noticed: set[str],
    ) -> None:
        if trouble is not None or key in noticed:
            because = f"renewed: it ends on {ends:%Y-%m-%d}"
            await self._notice(key, trouble, entry.endpoint.id, because)
