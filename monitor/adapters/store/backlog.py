"""What is to be written: bounded, in order, and reduced to what still matters."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import datetime
from itertools import islice
from typing import Any

from monitor.core.breaker import Moved
from monitor.core.event import Event
from monitor.core.incident import Incident
from monitor.core.maintenance import Copy, Window
from monitor.core.outcome import Outcome
from monitor.core.silence import Silence
from monitor.core.standing import Standing
from monitor.core.stretch import Mark, Presence, Stretch
from monitor.ports import Facts

MAX_OUTCOMES = 50_000
MAX_MOVES = 20_000
MAX_INCIDENTS = 20_000
MAX_EVENTS = 5_000
MAX_STRETCHES = 20_000

Kept = Window | Copy | Silence
"""What somebody said, or what was had of a calendar: kept by its name."""
StretchKey = tuple[str, bool, datetime]
"""Endpoint, whether it is announced, and beginning."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one transaction writes. Moves come with the endpoint's id."""

    standings: dict[str, Standing] = field(default_factory=dict)
    moves: list[tuple[str, Moved]] = field(default_factory=list)
    incidents: dict[str, Incident] = field(default_factory=dict)
    outcomes: list[Outcome] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    windows: dict[str, Window] = field(default_factory=dict)
    copies: dict[str, Copy] = field(default_factory=dict)
    stretches: dict[StretchKey, Stretch] = field(default_factory=dict)
    presences: dict[datetime, Presence] = field(default_factory=dict)
    silences: dict[str, Silence] = field(default_factory=dict)

    def __len__(self) -> int:
        return sum(len(getattr(self, one.name)) for one in fields(self))

    def singles(self) -> Iterator["Batch"]:
        """Return the rows one by one."""
        for one in fields(self):
            rows = getattr(self, one.name)
            keyed = isinstance(rows, dict)
            for row in rows.items() if keyed else rows:
                single: Any = dict([row]) if keyed else [row]
                yield Batch(**{one.name: single})


class Backlog:
    """Collects facts and outcomes until they are written.

    Of an endpoint's standings, of an incident's revisions and of a stretch only the newest is kept,
    so that a store that is away for long costs no more memory than one that was away for a moment.
    What can still grow is bounded: the oldest go first, and are counted in `dropped`.
    """

    def __init__(self, max_outcomes: int = MAX_OUTCOMES) -> None:
        self.dropped = 0
        self._max_outcomes = max_outcomes
        self._standings: dict[str, Standing] = {}
        self._moves: deque[tuple[str, Moved]] = deque()
        self._incidents: dict[str, Incident] = {}
        self._outcomes: deque[Outcome] = deque()
        self._events: deque[Event] = deque()
        self._windows: dict[str, Window] = {}
        self._copies: dict[str, Copy] = {}
        self._stretches: dict[StretchKey, Stretch] = {}
        self._presences: dict[datetime, Presence] = {}
        self._silences: dict[str, Silence] = {}

    def __len__(self) -> int:
        facts = len(self._standings) + len(self._moves) + len(self._incidents) + len(self._events)
        facts += len(self._windows) + len(self._copies) + len(self._silences)
        return facts + len(self._stretches) + len(self._presences) + len(self._outcomes)

    @property
    def outcomes(self) -> int:
        """How many raw outcomes wait."""
        return len(self._outcomes)

    @property
    def has_facts(self) -> bool:
        """Whether something waits that somebody may be waiting for."""
        facts = self._standings or self._moves or self._incidents or self._events
        said = self._windows or self._copies or self._silences
        return bool(facts or said or self._stretches)

    @property
    def events(self) -> tuple[Event, ...]:
        """The events that wait, in the order in which they were noted."""
        return tuple(self._events)

    def note(self, outcome: Outcome) -> None:
        """Add a raw outcome; the oldest makes room when there is none."""
        outcomes = self._outcomes
        outcomes.append(outcome)
        if len(outcomes) > self._max_outcomes:
            outcomes.popleft()
            self.dropped += 1

    def happened(self, event: Event) -> None:
        """Add an event."""
        self._events.append(event)
        self._bound()

    def record(self, stretches: Iterable[Stretch], presence: Presence) -> None:
        """Add what the ledger says; of each stretch and presence the newest is kept."""
        for one in stretches:
            self._stretches[one.endpoint, one.mark is Mark.MAINTENANCE, one.begin] = one
        self._presences[presence.begin] = presence
        self._bound()

    def owe(self, facts: Facts) -> None:
        """Add facts: the newest standing and revisions replace those that wait."""
        self._standings[facts.standing.endpoint] = facts.standing
        self._moves.extend((facts.standing.endpoint, move) for move in facts.moves)
        for incident in facts.incidents:
            waiting = self._incidents.get(incident.id)
            if waiting is None or waiting.revision <= incident.revision:
                self._incidents[incident.id] = incident
        self._events.extend(facts.events)
        self._bound()

    def keep(self, kept: Kept) -> None:
        """Add what somebody said, or what was had of a calendar; it replaces what waits of it."""
        if isinstance(kept, Window):
            self._windows[kept.id] = kept
        elif isinstance(kept, Silence):
            self._silences[kept.id] = kept
        else:
            self._copies[kept.name] = kept

    def take(self, outcomes: int) -> Batch:
        """Return all facts and at most so many outcomes, and forget them."""
        batch = Batch(
            self._standings,
            list(self._moves),
            self._incidents,
            list(islice(self._outcomes, outcomes)),
            list(self._events),
            self._windows,
            self._copies,
            self._stretches,
            self._presences,
            self._silences,
        )
        self._standings, self._incidents, self._windows, self._copies = {}, {}, {}, {}
        self._stretches, self._presences, self._silences = {}, {}, {}
        self._moves.clear()
        self._events.clear()
        for _ in batch.outcomes:
            self._outcomes.popleft()
        return batch

    def put_back(self, batch: Batch) -> None:
        """Take back what could not be written: it is older than all that waits."""
        self._standings = {**batch.standings, **self._standings}
        self._windows = {**batch.windows, **self._windows}
        self._copies = {**batch.copies, **self._copies}
        self._silences = {**batch.silences, **self._silences}
        self._moves.extendleft(reversed(batch.moves))
        newer, self._incidents = self._incidents, dict(batch.incidents)
        for key, incident in newer.items():
            known = self._incidents.get(key)
            if known is None or known.revision <= incident.revision:
                self._incidents[key] = incident
        self._events.extendleft(reversed(batch.events))
        self._stretches = {**batch.stretches, **self._stretches}
        self._presences = {**batch.presences, **self._presences}
        self._outcomes.extendleft(reversed(batch.outcomes))
        while len(self._outcomes) > self._max_outcomes:
            self._outcomes.popleft()
            self.dropped += 1
        self._bound()

    def shed(self) -> None:
        """Give the raw outcomes up, to keep room for what matters more."""
        self.dropped += len(self._outcomes)
        self._outcomes.clear()

    def _bound(self) -> None:
        while len(self._moves) > MAX_MOVES:
            self._moves.popleft()
            self.dropped += 1
        while len(self._events) > MAX_EVENTS:
            self._events.popleft()
            self.dropped += 1
        while len(self._stretches) > MAX_STRETCHES:
            del self._stretches[next(iter(self._stretches))]
            self.dropped += 1
        if len(self._incidents) > MAX_INCIDENTS:
            # What is over goes before what goes on; dicts remember who came first.
            over = next((i.id for i in self._incidents.values() if not i.is_open), None)
            del self._incidents[over or next(iter(self._incidents))]
            self.dropped += 1
