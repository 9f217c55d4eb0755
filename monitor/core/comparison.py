"""What settings made of a record, in figures that can be laid side by side.

The record says what was true, the same for all settings; the breakers say what was noticed, and
who was kept from calling. Times are Unix seconds, lengths are seconds.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from monitor.core.breaker import Move, Moved
from monitor.core.grounds import Rule
from monitor.core.outcome import Effect, Outcome

CALM = 5
"""Good outcomes in a row after which further failures are another outage."""
STANDS = 3600.0
"""A failed answer stands until the next one, but nobody knows for longer than this."""


@dataclass(slots=True)
class Outage:
    """Failures of one endpoint with fewer than CALM good outcomes in a row between them."""

    endpoint: str
    began: float
    last_failure: float
    failures: int = 1


class Record:
    """Finds the outages in what was recorded, whatever any settings make of it."""

    def __init__(self) -> None:
        self.outages: list[Outage] = []
        self._now: dict[str, tuple[Outage, int]] = {}

    def hear(self, outcome: Outcome) -> Outage | None:
        """Take the next outcome, in order of time; return the outage that its endpoint is in."""
        known, at = self._now.get(outcome.endpoint), outcome.at.timestamp()
        if outcome.effect is Effect.FAILURE:
            if known is None:
                outage = Outage(outcome.endpoint, at, at)
                self.outages.append(outage)
            else:
                outage = known[0]
                outage.last_failure = at
                outage.failures += 1
            self._now[outcome.endpoint] = (outage, 0)
            return outage
        if known is None:
            return None
        outage, calm = known
        calm += outcome.effect is Effect.SUCCESS
        if calm >= CALM:
            del self._now[outcome.endpoint]
            return None
        self._now[outcome.endpoint] = (outage, calm)
        return outage


@dataclass(slots=True)
class Figures:
    """What came of one endpoint, or of several together, under one file of settings."""

    trips: int = 0
    false_alarms: int = 0
    blocked: float = 0.0
    """How long nobody was allowed to call."""
    let_through: float = 0.0
    """How long calls were allowed although the last answer had failed."""
    detected: list[float] = field(default_factory=list)
    """How long each outage went on before it was noticed."""


class Score:
    """Keeps the figures of one endpoint under one file of settings."""

    def __init__(self, at: float, every: float) -> None:
        self.figures = Figures()
        self.noticed: dict[int, float] = {}
        """How long after its beginning an outage (by `id`) was noticed."""
        self._at = at
        self._stands = max(STANDS, every)
        self._allow = True
        self._failing_since: float | None = None
        self._outage: Outage | None = None
        self._open = self._unproved = False
        self._epoch = -1

    def hear(self, outcome: Outcome, outage: Outage | None) -> None:
        """Take what was true next, before the breaker hears of it."""
        at = outcome.at.timestamp()
        self.pass_to(at)
        self._outage = outage
        if outcome.effect is Effect.FAILURE:
            self._failing_since, self._unproved = at, False
        elif outcome.effect is Effect.SUCCESS:
            self._failing_since = None
        self._notice()

    def see(self, moves: Iterable[Moved], at: float, *, is_open: bool, allow: bool) -> None:
        """Take what the breaker did, and what its verdict is now."""
        self.pass_to(at)
        for moved in moves:
            if moved.epoch <= self._epoch:
                continue  # a trial is told when it begins, and with its outcome
            self._epoch = moved.epoch
            told_to_wait = moved.grounds is not None and moved.grounds.rule is Rule.THROTTLED
            if moved.move is Move.TRIP:
                self.figures.trips += 1
                self._unproved = not told_to_wait
            elif moved.move is Move.RESET and self._unproved:
                self.figures.false_alarms += 1
                self._unproved = False
        self._open, self._allow = is_open, allow
        self._notice()

    def pass_to(self, at: float) -> None:
        """Let time pass, and count it."""
        if not self._allow:
            self.figures.blocked += at - self._at
        elif self._failing_since is not None:
            end = min(at, self._failing_since + self._stands)
            self.figures.let_through += max(end - self._at, 0.0)
        self._at = at

    def _notice(self) -> None:
        if self._open and self._outage is not None and id(self._outage) not in self.noticed:
            after = self._at - self._outage.began
            self.noticed[id(self._outage)] = after
            self.figures.detected.append(after)


def together(scores: Iterable[Score]) -> Figures:
    """Add up the figures of several endpoints."""
    whole = Figures()
    for one in (score.figures for score in scores):
        whole.trips += one.trips
        whole.false_alarms += one.false_alarms
        whole.blocked += one.blocked
        whole.let_through += one.let_through
        whole.detected += one.detected
    return whole
