"""The dead-man's switch: somebody hears of us while all is well; our silence is the alarm."""

import logging
from collections.abc import Callable

from alerts.attempt import Result
from alerts.channels.post import Poster
from monitor.app.settings.watching import DeadMan
from monitor.ports import Clock

log = logging.getLogger("omilia_monitor")

LOOK = 1.0
"""Seconds between two looks whether it is time."""
TIMEOUT = 10.0


class DeadManPing:
    """Pings while all is truly well. It never says that something is wrong: others do that.

    `unwell` takes how long something may wait to be told (seconds), and says what is wrong.
    """

    def __init__(
        self, clock: Clock, configured: Callable[[], DeadMan | None], unwell: Callable[[float], str]
    ) -> None:
        self._clock = clock
        self._configured = configured
        self._unwell = unwell
        self._next = clock.monotonic()
        self._silent = ""

    async def look(self) -> None:
        """Ping when it is time and all is well."""
        deadman, now = self._configured(), self._clock.monotonic()
        if deadman is None or now < self._next:
            return
        self._next = now + deadman.every
        wrong = self._unwell(deadman.untold)
        if wrong != self._silent:
            said = {"because": wrong} if wrong else {}
            log.warning("deadman.silent" if wrong else "deadman.pings_again", extra=said)
        self._silent = wrong
        if not wrong:
            await self._ping(deadman.url.get_secret_value())

    async def _ping(self, url: str) -> None:
        poster = Poster(url, self._clock, timeout=TIMEOUT)
        try:
            attempt = (await poster.post(url, b"", {})).attempt
        finally:
            await poster.close()
        if attempt.result is not Result.TOLD:
            log.warning("deadman.not_heard", extra={"error": attempt.error})
