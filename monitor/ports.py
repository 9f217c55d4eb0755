"""What the engine needs from the world. Declared by the consumer; adapters fit by shape."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from monitor.core.availability import Watch
from monitor.core.breaker import Moved, Policy, Sample, Snapshot
from monitor.core.credential import KeptPause, Shown
from monitor.core.endpoint import Endpoint, Request
from monitor.core.event import Event
from monitor.core.exchange import Exchange, NotSent
from monitor.core.grounds import Grounds
from monitor.core.incident import Incident
from monitor.core.instant import Instant
from monitor.core.maintenance import Copy, Window
from monitor.core.outcome import Outcome
from monitor.core.silence import Silence
from monitor.core.standing import Standing
from monitor.core.stretch import Presence, Stretch


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """Return the wall clock, aware, UTC: to show people, never to measure."""
        ...

    def monotonic(self) -> float:
        """Return seconds that only grow: to measure."""
        ...


def read(clock: Clock) -> Instant:
    """Read both clocks, once per step."""
    return Instant(clock.now(), clock.monotonic())


class Prober(Protocol):
    """Fetches, and turns every fault of the network into a value."""

    async def fetch(self, request: Request) -> Exchange:
        """Make one request. Raises only CancelledError and our own bugs."""
        ...


class Credentials(Protocol):
    """What probes show, by the credential's name. Both raise LookupError for an unknown name."""

    async def show(self, name: str, within: float) -> Shown | NotSent:
        """Return what to show now; `NotSent`, and why, when there is nothing to show.

        Waits for a token at most `within` seconds. Whoever gives up or is cancelled takes nothing
        away from others who wait for the same token.
        """
        ...

    async def renew(self, name: str, rejected: Shown, url: str, within: float) -> Shown | None:
        """Return something newer than what `url` has just rejected; None when that is no use."""
        ...


class Pauses(Protocol):
    """Where it is kept which credentials were refused. Both raise `StoreUnavailableError`."""

    async def read(self) -> Mapping[str, KeptPause]:
        """Return what is kept, by the credential's name."""
        ...

    async def write(self, pauses: Mapping[str, KeptPause]) -> None:
        """Keep these, and nothing else."""
        ...


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to probe once. Its outcome counts only while the breaker is in the same epoch."""

    epoch: int
    trial: bool


@dataclass(frozen=True, slots=True)
class Admission:
    """The gate's answer: a permit or none, and the moves that asking caused."""

    permit: Permit | None
    moves: tuple[Moved, ...] = ()


class Gate(Protocol):
    """Our two-step face of one breaker: ask leave, then report. Synchronous and short."""

    def admit(self, now: Instant) -> Admission:
        """Grant leave when closed, when a trial is due, and to one trial at a time."""
        ...

    def record(self, permit: Permit, outcome: Outcome, now: Instant) -> tuple[Moved, ...]:
        """Count a success or a failure; drop what comes late. Returns the moves it caused."""
        ...

    def hold(
        self, seconds: float, grounds: Grounds, samples: tuple[Sample, ...], now: Instant
    ) -> tuple[Moved, ...]:
        """Wait with somebody who was told to: open, or stay open, at least so long."""
        ...

    def open(
        self, grounds: Grounds, samples: tuple[Sample, ...], detail: str, now: Instant
    ) -> tuple[Moved, ...]:
        """Open on what others have seen, or overrule a trial; nothing when it is open already."""
        ...

    def give_back(self, permit: Permit) -> None:
        """Take a permit back whose probe ended without an outcome that counts."""
        ...

    def snapshot(self, now: Instant) -> Snapshot:
        """Return the breaker as it is now."""
        ...

    def adopt(self, policy: Policy) -> None:
        """Go on under other numbers, keeping the state."""
        ...


class GateFactory(Protocol):
    """Makes the gate of an endpoint, where a stored breaker left off."""

    def __call__(self, policy: Policy, restored: Snapshot | None, now: Instant) -> Gate:
        """Make a gate in the restored state; closed when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Facts:
    """What one tick made true that must not be lost: stored in one transaction."""

    standing: Standing
    moves: tuple[Moved, ...] = ()
    incidents: tuple[Incident, ...] = ()
    events: tuple[Event, ...] = ()


class Store(Protocol):
    """Where facts are kept. Its failures are its own: it never stops a tick, and never raises."""

    def note(self, outcome: Outcome) -> None:
        """Keep a raw outcome, with the next batch."""
        ...

    async def commit(self, facts: Facts) -> None:
        """Return when the facts are durable, or at once while the store is known to fail.

        Facts that could not be written are kept in order and written when the store is back.
        """
        ...


class Timeline(Protocol):
    """Where what happened is noted, for people. Its failures are its own."""

    def note(self, event: Event) -> None:
        """Keep an event. Neither waits nor raises; noting the same one again changes nothing.

        While the store fails, events wait in a bounded backlog, the oldest go first.
        """
        ...


@dataclass(frozen=True, slots=True)
class News:
    """What a tick has to say: how an endpoint stands now, and what led there."""

    endpoint: Endpoint
    standing: Standing
    outcome: Outcome | None = None
    moves: tuple[Moved, ...] = ()
    incidents: tuple[Incident, ...] = ()


class Sink(Protocol):
    """Publishes how things stand. Must neither block nor raise."""

    def publish(self, news: News) -> None:
        """Show news to whoever follows."""
        ...


# ---------------------------------------------------------------- what the hall needs of a store


@dataclass(frozen=True, slots=True)
class Saved:
    """What a restart goes on from."""

    standings: Mapping[str, Standing] = field(default_factory=dict)
    incidents: tuple[Incident, ...] = ()
    windows: tuple[Window, ...] = ()
    copies: tuple[Copy, ...] = ()
    complete: bool = True
    """False when the store could not be read: then nothing is known of what it holds."""
    stretches: tuple[Stretch, ...] = ()
    """Those that had not ended, the latest first; `presence` is when the monitor was last there."""
    presence: Presence | None = None
    silences: tuple[Silence, ...] = ()


@dataclass(frozen=True, slots=True)
class StoreHealth:
    """How the store is, for /readyz, metrics and the self-alert.

    `failing_since` is None while it works. `backlog` counts what waits to be written, `dropped` the
    raw outcomes that did not fit into it.
    """

    failing_since: datetime | None = None
    error: str = ""
    backlog: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Bucket:
    """One step of an endpoint's history. `start` is aware UTC, `step` and latencies in seconds."""

    start: datetime
    step: float
    counts: Mapping[str, int]
    availability: float | None
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class Noted:
    """An event, and the location that noted it."""

    location: str
    event: Event


class History(Protocol):
    """What people read of the past. Raises `StoreUnavailableError` when it cannot be read."""

    async def incidents(self, *, limit: int, before: datetime | None = None) -> Sequence[Incident]:
        """Return incidents, the newest first, opened before `before`."""
        ...

    async def incident(self, incident_id: str) -> Incident | None:
        """Return one incident, None when there is no such."""
        ...

    async def moves(
        self,
        endpoint: str,
        *,
        limit: int,
        start: datetime | None = None,
        end: datetime | None = None,
        newest_first: bool = True,
    ) -> Sequence[Moved]:
        """Return moves of a breaker, from `start` until before `end`."""
        ...

    async def buckets(
        self, endpoint: str, *, start: datetime, end: datetime, step: float
    ) -> Sequence[Bucket]:
        """Return rollups, the oldest first, folded to `step` seconds."""
        ...

    async def events(
        self,
        *,
        limit: int,
        start: datetime | None = None,
        end: datetime | None = None,
        endpoint: str | None = None,
        newest_first: bool = True,
    ) -> Sequence[Noted]:
        """Return at most `limit` events of [start, end), of all endpoints and none, or of one.

        Those that wait to be written are among them.
        """
        ...

    async def watches(self, start: datetime, end: datetime) -> Sequence[Watch]:
        """Return what every location wrote down of [start, end), for the contract's figures."""
        ...

    def health(self) -> StoreHealth:
        """Return how the store itself is. Never raises."""
        ...


class StoreUnavailableError(Exception):
    """The store cannot be read now. What is in memory still stands."""
