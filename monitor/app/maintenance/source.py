"""One announcement of the configuration, and what is known of it now."""

import asyncio
import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from monitor.adapters.calendars import CalendarError, Feed, FeedError, Fetched, text_of
from monitor.adapters.prober.resolver import ThreadPerNameResolver
from monitor.app.maintenance.unfold import SURELY, unfold
from monitor.app.settings import Maintenance
from monitor.app.threads import in_a_thread
from monitor.core.instant import Instant
from monitor.core.maintenance import CalendarHealth, Copy, Outlook
from monitor.ports import Clock

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds that reading or unfolding one calendar may take."""
AGAIN = 60.0
"""Seconds until a calendar that failed is tried again; twice that and so on, up to `every`."""
_OLD = timedelta(days=1)
_RATHER_OLD = timedelta(minutes=10)


class Source:
    """What one announcement says. A calendar that fails goes on saying what it said last."""

    def __init__(self, configured: Maintenance, clock: Clock) -> None:
        self.configured = configured
        self.outlook = Outlook()
        self.failing_since: datetime | None = None
        self._clock = clock
        address = configured.address
        self._feed = None if address is None else Feed(address, ThreadPerNameResolver)
        self._origin = hashlib.sha256((address or "").encode()).hexdigest()[:16]
        self.copy: Copy | None = None
        self._unfolded_at: datetime | None = None
        self._next_look = -math.inf
        self._failures = 0
        self._error = ""

    @property
    def is_calendar(self) -> bool:
        """Whether it is read from somewhere, again and again."""
        return self._feed is not None or self.configured.ics is not None

    def restore(self, copies: Mapping[str, Copy]) -> None:
        """Go on with what was last had from the same address, whatever it was called."""
        copy = copies.get(self._origin)
        if self.copy is None and copy is not None and self._feed is not None:
            self.copy = replace(copy, name=self.configured.name)

    def health(self) -> CalendarHealth:
        """Return how the calendar is."""
        return CalendarHealth(
            name=self.configured.name,
            windows=len(self.outlook.windows),
            had_at=self.copy.had_at if self.copy else None,
            failing_since=self.failing_since,
            error=self._error,
        )

    # ------------------------------------------------------------ unfolding

    def is_short(self, now: datetime) -> bool:
        """Tell whether what is known of it no longer reaches far enough."""
        if self.is_calendar and self.copy is None:
            return False
        if self._unfolded_at is None:
            return True
        age = abs(now - self._unfolded_at)  # the clock may have been set back, too
        return age > _OLD or (self.outlook.upto < now + SURELY / 2 and age > _RATHER_OLD)

    async def unfold(self, now: datetime) -> None:
        """Work out what it says around `now`. What cannot be is a failure, not an exception."""
        try:
            self.outlook = await self._unfolded(self.copy.text if self.copy else "", now)
        except CalendarError as error:
            self._fail(str(error), now)
        self._unfolded_at = now

    async def _unfolded(self, text: str, now: datetime) -> Outlook:
        until = self._clock.monotonic() + PATIENCE
        late = lambda: self._clock.monotonic() > until  # noqa: E731  handed on as it is
        return await _in_time(lambda: unfold(self.configured, text, now, late))

    # ------------------------------------------------------------ looking again

    def is_due(self, now: Instant) -> bool:
        """Tell whether the calendar is to be looked at again."""
        return self.is_calendar and now.mono >= self._next_look

    async def look(self, now: Instant) -> Copy | None:
        """Read the calendar again. Returns what was had, when a restart must know of it."""
        before = self.copy
        try:
            found = await self._read("" if before is None else before.etag)
            if found is not None and (before is None or found.text != before.text):
                self.outlook = await self._unfolded(found.text, now.wall)
                self._unfolded_at = now.wall
        except (FeedError, CalendarError) as error:
            self._fail(str(error), now.wall)
            wait = AGAIN * 2 ** min(self._failures - 1, 16)
            self._next_look = now.mono + min(self.configured.every, wait)
            return None
        self._next_look = now.mono + self.configured.every
        self._failures, self.failing_since, self._error = 0, None, ""
        if found is not None:
            self.copy = Copy(self.configured.name, self._origin, now.wall, found.text, found.etag)
        elif before is not None:
            self.copy = replace(before, had_at=now.wall)
        is_new = found is not None and (before is None or found.text != before.text)
        return self.copy if is_new and self._feed is not None else None

    async def _read(self, etag: str) -> Fetched | None:
        """Read what is there, None when it is what had this tag."""
        if self._feed is not None:
            return await self._feed.fetch(etag)
        file = Path(self.configured.ics or "")
        return Fetched(await _in_time(lambda: text_of(file)))

    def _fail(self, error: str, now: datetime) -> None:
        self._failures += 1
        self.failing_since = self.failing_since or now
        self._error = error


async def _in_time(do: Callable[[], T]) -> T:
    """Do something slow beside the loop, and give it up after a while."""
    try:
        async with asyncio.timeout(2 * PATIENCE):
            return await in_a_thread(do, "calendar")
    except TimeoutError:
        raise CalendarError("reading it takes too long") from None
