"""The breaker of one endpoint: its states, its moves as a table, and the policy of its times.

The three states themselves are kept by pybreaker (adapters/gate.py); everything that has to do
with time, evidence and memory is decided here, in values.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from monitor.core.grounds import Grounds
from monitor.core.window import FAILURES, NOTHING, SLOWNESS, Rate, Recent


class State(StrEnum):
    """The three states, as they are published."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Move(StrEnum):
    """What a breaker can do. There are no other moves."""

    TRIP = "trip"
    """closed -> open: the evidence is in."""
    TRIAL = "trial"
    """open -> half-open: the open time is over, a probe may look."""
    RETRIP = "retrip"
    """half-open -> open: the trial failed, or nothing was decided in time."""
    RESET = "reset"
    """half-open -> closed: enough trials succeeded."""


MOVES: Mapping[tuple[State, State], Move] = MappingProxyType(
    {
        (State.CLOSED, State.OPEN): Move.TRIP,
        (State.OPEN, State.HALF_OPEN): Move.TRIAL,
        (State.HALF_OPEN, State.OPEN): Move.RETRIP,
        (State.HALF_OPEN, State.CLOSED): Move.RESET,
    }
)
"""The whole machine. The picture in docs/architecture.md is checked against this table."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The numbers of one breaker. Times are in seconds."""

    fail_max: int = 3
    """Consecutive failures that trip it."""
    success_threshold: int = 2
    """Consecutive good trials that reset it."""
    reset_timeout: float = 10.0
    """The first open time."""
    factor: float = 2.0
    """How much longer each further trip keeps it open."""
    max_open: float = 300.0
    """The open time never grows beyond this (a Retry-After may)."""
    jitter: float = 0.1
    """Up to this share of an open time is added at random, so that trials do not march in step."""
    confirm_after: float = 5.0
    """How soon a first failure is probed again, and how far apart trials are."""
    max_half_open: float = 120.0
    """A half-open breaker that decides nothing for this long opens again."""
    failure_rate: Rate = FAILURES
    """How many of the last outcomes may fail; more trip it, in a row or not."""
    slow_rate: Rate = SLOWNESS
    """How many of the last outcomes may be slow; more degrade the endpoint's health."""
    slow_opens: bool = False
    """Whether that trips the breaker too; a slow trial is then none that succeeded."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One piece of the evidence for a move."""

    at: datetime
    category: str
    status: int | None
    detail: str
    fault: str | None = None
    """Why there was no reply."""
    application: bool = False
    """Whether the reply itself says that an application is at fault, not the platform."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One move, with everything needed to explain it later.

    `epoch` counts the moves of this breaker and is the move's key: moves of one breaker never
    share one. `open_for` is the open time that begins with a trip, in seconds. `grounds` are the
    rule and the numbers in force that `reason` puts into words, `samples` the outcomes behind them.
    """

    move: Move
    before: State
    after: State
    epoch: int
    at: datetime
    reason: str
    samples: tuple[Sample, ...] = ()
    open_for: float | None = None
    grounds: Grounds | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A breaker at one moment: what is stored, restored and published.

    `trips` is how far the open time has grown; it is forgotten step by step while closed.
    `opened_at` (for people) and `retry_after` (seconds to the next trial at `taken_at`) belong to
    a breaker that is not closed; `closed_for` (seconds) to one that is. After a restart both go on
    from the time that has passed since `taken_at`, which the monotonic clock calls `taken_mono`.
    `grounds` and `samples` explain the last move that was no trial; while closed, `samples` are
    what was not good lately. `recent` is what the windows look at, `slow` whether too much of it
    is.
    """

    state: State = State.CLOSED
    failures: int = 0
    successes: int = 0
    trips: int = 0
    epoch: int = 0
    reason: str = ""
    throttled: bool = False
    opened_at: datetime | None = None
    open_for: float = 0.0
    retry_after: float | None = None
    closed_for: float = 0.0
    taken_at: datetime | None = None
    samples: tuple[Sample, ...] = ()
    taken_mono: float = 0.0
    recent: Recent = NOTHING
    slow: bool = False
    grounds: Grounds | None = None

    @property
    def trial_at(self) -> datetime | None:
        """When its open time is over; None when nothing is waited for."""
        if self.retry_after is None or self.taken_at is None:
            return None
        return self.taken_at + timedelta(seconds=self.retry_after)


def open_time(
    policy: Policy,
    trips: int,
    *,
    hint: float | None,
    uniform: Callable[[float, float], float],
) -> float:
    """Return how long the breaker stays open, in seconds, after its `trips`-th trip (from 1).

    `reset_timeout * factor^(trips - 1)`, capped by `max_open`; a Retry-After only lengthens; jitter
    is added last, so that nobody comes back before the time that Omilia asked for.
    """
    exponent = min(max(trips - 1, 0), 64)
    grown = min(policy.reset_timeout * policy.factor**exponent, policy.max_open)
    wait = max(grown, hint or 0.0)
    return wait + uniform(0.0, policy.jitter * wait)


def lengthened(remaining: float, hint: float | None) -> float:
    """Return the seconds still to wait once a late hint is known: never fewer than before."""
    return max(remaining, hint or 0.0)


def trips_remembered(policy: Policy, trips: int, closed_for: float) -> int:
    """Return how many trips still count after `closed_for` healthy seconds.

    One is forgotten for each `max_open` seconds (Envoy's outlier ejection forgets in the same way),
    so that an endpoint which flaps is not treated as new each time.
    """
    if trips == 0 or closed_for < policy.max_open:
        return trips
    return max(0, trips - int(closed_for // policy.max_open))
