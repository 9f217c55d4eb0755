"""Whether we can see at all: our own network, as witnesses tell it, and our own stalls.

Witnesses are asked when a probe gets no answer, and on a slow beat. While too few of them answer,
silence says nothing about Omilia: it is inconclusive. An answer of any kind always says something.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.category import Category, Effect
from monitor.core.exchange import Fault
from monitor.core.outcome import Outcome

ROUNDS = 2
"""Rounds in a row that make us offline, or see us back."""

_NETWORK = frozenset(
    {Fault.DNS, Fault.CONNECT, Fault.TLS, Fault.TIMEOUT, Fault.DISCONNECTED, Fault.TRUNCATED}
)
"""Faults that our own network can cause."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one witness says: whether it answered, and why not, for people."""

    witness: str
    saw: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """How well we see. `since` is the first round of those in which we did not.

    `good` and `bad` count rounds in a row; `unheard` are the witnesses that the last round missed.
    """

    offline: bool = False
    since: datetime | None = None
    good: int = 0
    bad: int = 0
    unheard: tuple[str, ...] = ()

    @property
    def is_doubtful(self) -> bool:
        """Whether silence says nothing now: we are offline, or the last round says so."""
        return self.offline or self.bad > 0

    @property
    def online(self) -> bool | None:
        """Whether our network works, None when nobody has been asked."""
        return None if not (self.good or self.bad or self.offline) else not self.is_doubtful


def after(sight: Sight, heard: Sequence[Heard], quorum: int, now: datetime) -> Sight:
    """Return how well we see after a round of witnesses."""
    unheard = tuple(f"{one.witness}: {one.detail}" for one in heard if not one.saw)
    if len(heard) - len(unheard) >= quorum:
        good = sight.good + 1
        offline = sight.offline and good < ROUNDS
        return Sight(offline, sight.since if offline else None, good, 0, unheard)
    bad = sight.bad + 1
    offline = sight.offline or bad >= ROUNDS
    return Sight(offline, sight.since or now, 0, bad, unheard)


def is_silence(outcome: Outcome) -> bool:
    """Tell whether an outcome is one that our own network may have caused."""
    return outcome.effect is Effect.FAILURE and outcome.fault in _NETWORK


def inconclusive(outcome: Outcome, because: str) -> Outcome:
    """Return an outcome that says nothing about Omilia, after all."""
    detail = f"{because}: {outcome.detail}" if outcome.detail else because
    return replace(outcome, effect=Effect.NEUTRAL, detail=detail)


TIMEOUT_SHARE = 0.1
"""A stall explains a timeout when it took more than this part of it."""


def beside_a_stall(
    outcome: Outcome, stall: float, *, within: float | None, timeout: float
) -> Outcome:
    """Judge an outcome again that came while we ourselves stood still for `stall` seconds.

    What was slow by no more than that was not slow; a wait that ended meanwhile says nothing.
    """
    if outcome.category is Category.SLOW:
        ours = within is not None and (outcome.latency or 0.0) - stall <= within
        return replace(outcome, category=Category.OK, detail="") if ours else outcome
    timed_out = outcome.fault is Fault.TIMEOUT and outcome.effect is Effect.FAILURE
    if timed_out and stall > TIMEOUT_SHARE * timeout:
        return inconclusive(outcome, f"we stood still for {stall:.2g} s")
    return outcome
