"""The almanac: all that the configuration announces, read and unfolded beside the loop."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator

from alerts.alert import Alert
from monitor.app.maintenance.source import Source
from monitor.app.settings import Maintenance
from monitor.app.telling.door import own_alert
from monitor.core.instant import Instant
from monitor.core.maintenance import CalendarHealth, Copy, Outlook, Window
from monitor.ports import Clock, read

PATIENCE = 900.0
"""Seconds that a calendar may fail before somebody is told. At once, if nothing is known of it."""

KEY = "self:calendar:"
"""How the keys of alerts about calendars begin."""


class Almanac:
    """Knows what is announced, and says so when a calendar cannot be read.

    `keep` makes a copy of a calendar durable. `tell` takes an alert of our own, `channels` are
    those that hear of it.
    """

    def __init__(
        self,
        clock: Clock,
        keep: Callable[[Copy], Awaitable[None]],
        tell: Callable[[Alert], None],
        channels: Callable[[], tuple[str, ...]],
    ) -> None:
        self._clock = clock
        self._keep = keep
        self._tell = tell
        self._channels = channels
        self._sources: dict[str, Source] = {}
        self._told: dict[str, Alert] = {}
        self._renewing = asyncio.Lock()

    def windows(self) -> Iterator[Window]:
        """Yield everything that is announced, as far as it is known."""
        for source in self._sources.values():
            yield from source.outlook.windows

    def calendars(self) -> list[CalendarHealth]:
        """Return how the calendars are."""
        return [source.health() for source in self._sources.values() if source.is_calendar]

    async def adopt(self, configured: Iterable[Maintenance], copies: Iterable[Copy] = ()) -> None:
        """Go by other announcements; what did not change keeps what is known of it.

        Returns when all is known that lies here: the network is not waited for.
        """
        had = (one.copy for one in self._sources.values() if one.copy is not None)
        by_origin = {copy.origin: copy for copy in (*copies, *had)}
        now, sources = read(self._clock), {}
        for one in configured:
            known = self._sources.get(one.name)
            if known is None or known.configured != one:
                known = Source(one, self._clock)
                if one.ics is not None:
                    await known.look(now)
            known.restore(by_origin)
            if known.is_short(now.wall):
                await known.unfold(now.wall)
            sources[one.name] = known
        self._sources = sources
        for name in self._told.keys() - sources.keys():
            self._end(name, now, "it is no longer configured")

    def take_up(self, believed: Iterable[Alert]) -> None:
        """Go on with alerts that were raised before a restart: the next look decides about them."""
        for alert in believed:
            name = alert.key.removeprefix(KEY)
            if name in self._sources:
                self._told[name] = alert
                self._tell(alert)

    async def renew(self) -> bool:
        """Look at calendars that are due, and further ahead; tell whether anything is otherwise."""
        async with self._renewing:
            now, sources = read(self._clock), list(self._sources.values())
            due = [one for one in sources if one.is_due(now)]
            before = self._outlooks()
            for copy in await asyncio.gather(*(one.look(now) for one in due)):
                if copy is not None:
                    await self._keep(copy)
            for one in sources:
                if one.is_short(now.wall):
                    await one.unfold(now.wall)
            for one in due:
                if self._sources.get(one.configured.name) is one:  # no reload came meanwhile
                    self._say(one.health(), now)
            return self._outlooks() != before

    def _outlooks(self) -> list[Outlook]:
        return [one.outlook for one in self._sources.values()]

    # ------------------------------------------------------------ a calendar that fails

    def _say(self, health: CalendarHealth, now: Instant) -> None:
        """Tell when a calendar has failed for a while; tell again when it works."""
        if health.failing_since is None:
            self._end(health.name, now, "it can be read again")
            return
        failed_for = (now.wall - health.failing_since).total_seconds()
        if health.name in self._told or (health.had_at is not None and failed_for < PATIENCE):
            return
        if health.had_at is None:
            known = "nothing is known of its windows, and no alert waits for them"
        else:
            known = f"what it said at {health.had_at:%Y-%m-%d %H:%M} UTC still holds"
        alert = own_alert(
            KEY.removeprefix("self:") + health.name,
            f"the calendar {health.name} cannot be read",
            f"{health.error}; {known}",
            since=health.failing_since,
            until=None,
            channels=self._channels(),
        )
        self._told[health.name] = alert
        self._tell(alert)

    def _end(self, name: str, now: Instant, because: str) -> None:
        told = self._told.pop(name, None)
        if told is not None:
            what, title = told.key.removeprefix("self:"), told.title
            since, channels = told.started_at, self._channels()
            over = own_alert(what, title, because, since=since, until=now.wall, channels=channels)
            self._tell(over)
