"""Carries incidents through the door: how each stands, told to the reconciler as an alert."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from monitor.app.settings import Settings
from monitor.app.telling.door import to_alert
from monitor.app.telling.facts import facts_of, runbook_of
from monitor.app.telling.groups import Groups, Telling
from monitor.app.telling.holding import FREE, Hold, hold_of
from monitor.app.telling.picture import UNSEEN, Picture
from monitor.app.telling.routing import told_to
from monitor.app.telling.silences import Silences
from monitor.app.wiring import concerned_by
from monitor.board import Board, Entry
from monitor.core.incident import Incident
from monitor.core.needs import blocker, dependants
from monitor.core.network import NETWORK
from monitor.core.traffic import NOTHING_SAID, Word
from monitor.ports import Clock, News, read


class Announcer:
    """A listener of the board. It only hands values over: telling is the reconciler's work."""

    def __init__(
        self,
        board: Board,
        groups: Groups,
        clock: Clock,
        settings: Callable[[], Settings],
        members: Callable[[str], Collection[str]],
        *,
        awaits: Callable[[Incident], bool],
        word: Callable[[str], tuple[Word, object] | None],
        silences: Silences,
    ) -> None:
        self.public_url = ""
        self._board = board
        self._groups = groups
        self._clock = clock
        self._settings = settings
        self._members = members
        self._awaits = awaits
        self._word = word
        self._silences = silences
        self._held: dict[str, str] = {}
        self._picture = Picture(board.next_probe_at)

    def begin(self, told: Collection[str]) -> None:
        """Have what was told to nobody yet wait until everything has been seen."""
        self._picture.begin(read(self._clock), told)

    @property
    def waiting(self) -> int:
        """How many incidents wait to be told."""
        return len(self._held)

    def held(self, incident_id: str) -> str:
        """Return why nobody is told of an incident for now, "" when nothing holds it back."""
        return self._held.get(incident_id, "")

    def announce(self, news: News) -> None:
        """Say how the incidents of these news stand."""
        if news.incidents:
            self.announce_all(news.incidents)

    def announce_all(self, incidents: Iterable[Incident]) -> None:
        """Say how incidents stand."""
        settings, now = self._settings(), self._clock.now()
        watched = {entry.endpoint.id: entry for entry in self._board.entries()}
        tellings: list[Telling] = []
        for incident in incidents:
            entry = self._board.entry(incident.endpoint)
            hold = self._hold(incident, now)
            told = told_to(settings, incident)
            alert = to_alert(
                incident,
                breaker=entry.standing.breaker if entry else None,
                channels=told.channels,
                terms=told.terms,
                public_url=self.public_url,
                now=now,
                hold=hold,
                blocks=dependants(incident.key, watched) if incident.is_open else (),
                more=self._facts(incident, entry),
            )
            self._note(incident.id, hold)
            tellings.append((alert, told.groupings))
        self._groups.stand(tellings)

    def _facts(self, incident: Incident, entry: Entry | None) -> dict[str, Any]:
        concerned = {
            one.id: one.runbook or "" for one in concerned_by(self._settings(), incident.key)
        }
        own, heard = concerned.get(incident.endpoint, ""), self._word(incident.endpoint)
        return facts_of(
            incident,
            entry,
            next_at=self._board.next_probe_at(incident.endpoint),
            word=heard[0] if heard else NOTHING_SAID,
            runbook=runbook_of(own, concerned.values()),
        )

    def look(self) -> None:
        """Announce again what is held or released otherwise than when it was last announced."""
        now = self._clock.now()
        self._picture.look(self._board.entries(), read(self._clock))
        if not self._held and not self._silences.active and not self._board.plan.spell(now).windows:
            return
        going_on = self._board.open_incidents()
        self._held = {one.id: self._held[one.id] for one in going_on if one.id in self._held}
        self.announce_all(
            one for one in going_on if self._hold(one, now).held != self._held.get(one.id, "")
        )

    def _hold(self, incident: Incident, now: datetime) -> Hold:
        """Say whether an incident waits, for what it is, or because not all has been seen yet."""
        hold = self._hold_of(incident, now)
        if hold.held or incident.key == NETWORK or not incident.is_open:
            return hold
        if self._picture.waits(incident):
            return Hold(UNSEEN)
        entry = self._board.entry(incident.key)
        if entry is not None and entry.endpoint.needs:
            watched = {one.endpoint.id: one for one in self._board.entries()}
            down = blocker(entry.endpoint, watched)
            if down is not None:
                return Hold(f"what it needs is down: {down}")
        return self._picture.released(hold, incident)

    def _hold_of(self, incident: Incident, now: datetime) -> Hold:
        if incident.key == NETWORK:
            return FREE  # nobody's work explains it, and nobody can know that it is meant
        names = sorted(self._members(incident.key)) or [incident.endpoint]
        entries = [entry for entry in map(self._board.entry, names) if entry is not None]
        return hold_of(
            incident,
            [entry.endpoint for entry in entries],
            self._board.plan,
            now,
            silences=self._silences.about(incident),
            awaited=self._awaits(incident),
        )

    def _note(self, incident: str, hold: Hold) -> None:
        if hold.held:
            self._held[incident] = hold.held
        else:
            self._held.pop(incident, None)
