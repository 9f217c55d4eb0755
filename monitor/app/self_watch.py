"""The daemon's watch over itself: its store's trouble becomes an alert, and its end a resolve."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from alerts.alert import Alert
from monitor.app.telling.door import own_alert
from monitor.ports import Clock, StoreHealth


class StoreWatch:
    """Turns the store's health into an alert of our own, and has it made whole afterwards.

    `patience` is how many seconds it may fail before somebody is told.
    """

    def __init__(
        self,
        clock: Clock,
        health: Callable[[], StoreHealth],
        tell: Callable[[Alert], None],
        channels: Callable[[], tuple[str, ...]],
        make_whole: Callable[[], Awaitable[bool]],
        *,
        whole: Callable[[], bool],
        patience: float,
    ) -> None:
        self._clock = clock
        self._health = health
        self._tell = tell
        self._channels = channels
        self._make_whole = make_whole
        self._whole = whole
        self._patience = patience
        self._failed = False
        self._told: Alert | None = None

    async def look(self) -> None:
        """Tell when the store has failed for a while; tell again when it works."""
        health, now = self._health(), self._clock.now()
        if health.failing_since is None:
            if self._failed or not self._whole():
                self._failed = not await self._make_whole()
            if self._told is not None:
                self._tell(self._alert("the store works again", self._told.started_at, now))
                self._told = None
            return
        self._failed = True
        if self._told is None and (now - health.failing_since).total_seconds() >= self._patience:
            self._told = self._alert(health.error, health.failing_since, None)
            self._tell(self._told)

    def _alert(self, reason: str, since: datetime, until: datetime | None) -> Alert:
        title = "omilia-monitor cannot write to its store"
        return own_alert(
            "store", title, reason, since=since, until=until, channels=self._channels()
        )
