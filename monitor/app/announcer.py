"""Carries incidents through the door: how each stands, told to the reconciler as an alert."""

from collections.abc import Callable, Iterable

from alerts.reconciler import Reconciler
from monitor.app.door import to_alert
from monitor.app.settings import Settings
from monitor.app.wiring import channels_for
from monitor.board import Board
from monitor.core.incident import Incident
from monitor.ports import Clock, News


class Announcer:
    """A listener of the board. It only hands values over: telling is the reconciler's work."""

    def __init__(
        self,
        board: Board,
        reconciler: Reconciler,
        clock: Clock,
        settings: Callable[[], Settings],
    ) -> None:
        self.public_url = ""
        self._board = board
        self._reconciler = reconciler
        self._clock = clock
        self._settings = settings

    def announce(self, news: News) -> None:
        """Say how the incidents of these news stand."""
        if news.incidents:
            self.announce_all(news.incidents)

    def announce_all(self, incidents: Iterable[Incident]) -> None:
        """Say how incidents stand."""
        settings, now = self._settings(), self._clock.now()
        for incident in incidents:
            entry = self._board.entry(incident.endpoint)
            alert = to_alert(
                incident,
                breaker=entry.standing.breaker if entry else None,
                channels=channels_for(settings, incident.key),
                public_url=self.public_url,
                now=now,
            )
            self._reconciler.stands(alert)
