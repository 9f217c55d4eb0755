"""The board: how everything stands now, in memory, for whoever asks.

Every answer about the present (verdicts, status, metrics, alerts) is read from here, so that no
question ever waits for the store. Values are frozen and replaced as a whole: a reader in another
thread sees each endpoint before or after a tick, never in the middle of one.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from monitor.core.endpoint import Endpoint
from monitor.core.health import Health, Status, Tally, platform
from monitor.core.incident import Incident
from monitor.core.maintenance import NOTHING_PLANNED, Cover, Plan, Spell
from monitor.core.order import NOTHING, Mode, Order, in_force
from monitor.core.outcome import About
from monitor.core.standing import Standing, health_now
from monitor.core.verdict import Verdict, verdict_of
from monitor.ports import News


@dataclass(frozen=True, slots=True)
class Entry:
    """One endpoint on the board."""

    endpoint: Endpoint
    standing: Standing

    @property
    def matters(self) -> bool:
        """Whether it can make an outage of the platform's: an application never does."""
        return self.endpoint.critical and self.endpoint.about is About.PLATFORM


class Board:
    """Holds the present, and tells listeners when it changes.

    `next_probe` asks the metronome when an endpoint is due next (aware UTC), None when unknown.
    `version` grows with every publication; it is what an ETag is made of. `status` is the
    platform's, as last worked out, and `since` when it became that. `plan` says what maintenance is
    announced.
    """

    def __init__(self, next_probe: Callable[[str], datetime | None] = lambda _: None) -> None:
        self.version = 0
        self.since: datetime | None = None
        self.status = Status.UNKNOWN
        self.plan: Plan = NOTHING_PLANNED
        self._spell: Spell | None = None
        self._followed: Status | None = None
        self._tally: Tally = Counter()
        self._weights: dict[str, tuple[Health, bool]] = {}
        self._changed = False
        self._next_probe = next_probe
        self._entries: dict[str, Entry] = {}
        self._open: dict[str, Incident] = {}
        self._listeners: list[Callable[[News], None]] = []

    def listen(self, listener: Callable[[News], None]) -> None:
        """Call `listener` with all news, after the board shows them. It must not block or raise."""
        self._listeners.append(listener)

    def publish(self, news: News) -> None:
        """Put news on the board (this is the engine's Sink)."""
        entry = self._entries[news.endpoint.id] = Entry(news.endpoint, news.standing)
        self._weigh(entry)
        if self._changed and news.outcome is not None:
            self._follow(news.outcome.at)
        for incident in news.incidents:
            if incident.is_open:
                self._open[incident.id] = incident
            else:
                self._open.pop(incident.id, None)
        self.version += 1
        for listener in self._listeners:
            listener(news)

    def restore(self, incidents: Iterable[Incident]) -> None:
        """Show incidents that were open before a restart. Nobody is told: it is no news."""
        self._open.update({incident.id: incident for incident in incidents})
        self.version += 1

    def forget(self, endpoint: str) -> None:
        """Take an endpoint off the board: it is no longer configured."""
        if self._entries.pop(endpoint, None) is not None:
            self._tally[self._weights.pop(endpoint)] -= 1
            self._changed = True
        self.version += 1

    def look(self, now: datetime) -> bool:
        """Take note of maintenance that began, ended or was announced; tell whether any was.

        Whose health this changes is news.
        """
        before, spell = self._spell, self.plan.spell(now)
        if spell is before:
            return False
        self._spell = spell
        for entry in self.entries():
            was = before is not None and before.cover(entry.endpoint) is not None
            if was is not (spell.cover(entry.endpoint) is not None):
                self.publish(News(entry.endpoint, entry.standing))
        if self._changed:
            self._follow(now)
        self.version += 1
        return True

    def _weigh(self, entry: Entry) -> None:
        """Keep count of who has which health, so that news cost the same among many endpoints."""
        name, under = entry.endpoint.id, self._spell and self._spell.cover(entry.endpoint)
        weight = (Health.MAINTENANCE if under else entry.standing.health, entry.matters)
        known = self._weights.get(name)
        if weight != known:
            if known is not None:
                self._tally[known] -= 1
            self._tally[weight] += 1
            self._weights[name] = weight
            self._changed = True

    def _follow(self, at: datetime) -> None:
        """Note when the platform's status changed, without asking what has grown old."""
        self._changed = False
        status = platform(self._tally)
        if status is not self._followed:
            self._followed = status
            if status is not self.status or self.since is None:
                self.status, self.since = status, at

    # ------------------------------------------------------------ reading

    def entries(self) -> list[Entry]:
        """Return every endpoint, in the order in which they were put on the board."""
        return list(self._entries.values())

    def entry(self, endpoint: str) -> Entry | None:
        """Return one endpoint, None when there is no such."""
        return self._entries.get(endpoint)

    def open_incidents(self) -> list[Incident]:
        """Return what goes on, the oldest first."""
        return sorted(self._open.values(), key=lambda incident: incident.opened_at)

    def open_incident(self, incident_id: str) -> Incident | None:
        """Return an incident that goes on, None when it does not."""
        return self._open.get(incident_id)

    def next_probe_at(self, endpoint: str) -> datetime | None:
        """Return when an endpoint is probed next: no sooner than its breaker lets it be."""
        due, entry = self._next_probe(endpoint), self._entries.get(endpoint)
        trial_at = None if entry is None else entry.standing.breaker.trial_at
        return due if due is None or trial_at is None else max(due, trial_at)

    def health(self, entry: Entry, now: datetime) -> Health:
        """Return an endpoint's health at `now`."""
        if self.maintenance(entry.endpoint, now) is not None:
            return Health.MAINTENANCE
        return health_now(entry.standing, entry.endpoint, now)

    def maintenance(self, endpoint: Endpoint, now: datetime) -> Cover | None:
        """Return what an endpoint is under at `now`, None when it is not in maintenance."""
        return self.plan.cover(endpoint, now)

    def began_in_maintenance(self, incident: Incident) -> bool:
        """Tell whether an incident began in what was announced for the one that shows it."""
        entry = self._entries.get(incident.endpoint)
        return (
            entry is not None and self.plan.during(entry.endpoint, incident.opened_at) is not None
        )

    def orders(self, now: datetime) -> list[tuple[str, Order]]:
        """Return what is ordered at `now`, by the endpoint's name."""
        orders = [
            (name, in_force(entry.standing.order, entry.endpoint.order, now))
            for name, entry in self._entries.items()
            if entry.standing.order is not None or entry.endpoint.order is not NOTHING
        ]
        return [(name, order) for name, order in orders if order.mode is not Mode.AUTO]

    def verdict(self, entry: Entry, now: datetime) -> Verdict:
        """Return an endpoint's verdict at `now`."""
        due = self._next_probe(entry.endpoint.id)
        next_in = None if due is None else (due - now).total_seconds()
        return verdict_of(entry.standing, entry.endpoint, now=now, next_in=next_in)

    def platform(self, now: datetime) -> Status:
        """Return the status of everything together; `since` follows it.

        News keep it up to date; asking also finds what has grown old without any news.
        """
        status = platform(Counter((self.health(e, now), e.matters) for e in self.entries()))
        if status is not self.status or self.since is None:
            self.status, self.since = status, now
        return status
