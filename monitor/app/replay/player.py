"""Plays a record through settings: the daemon's own engine and gates, on a clock of the record's.

Each recorded outcome is offered at the moment at which it was judged. A breaker that would not
have asked then does not hear of it; nobody invents an answer for a moment at which none was had.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial

from monitor.adapters.gate import PybreakerGate
from monitor.app.settings import Settings
from monitor.app.wiring import endpoints_of, flapping_of, together_of
from monitor.core.breaker import State
from monitor.core.comparison import Outage, Score
from monitor.core.endpoint import Endpoint, Request
from monitor.core.exchange import Exchange
from monitor.core.incident_book import IncidentBook
from monitor.core.instant import Instant
from monitor.core.outcome import Category, Effect, Expectation, Outcome
from monitor.core.recorded import exchange_of
from monitor.core.verdict import verdict_of
from monitor.engine import Engine
from monitor.engine.lookout import Lookout
from monitor.ports import Facts, News

REVIEW = 1.0
"""Seconds between two looks at what follows from time alone, as in the daemon."""


class RecordClock:
    """Fits `monitor.ports.Clock`: it stands where the record is."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """Return the record's time."""
        return self.at

    def monotonic(self) -> float:
        """Return it in seconds: a record has no other."""
        return self.at.timestamp()


@dataclass
class _Nowhere:
    """Fits `monitor.ports.Store`: nothing of a replay is kept."""

    def note(self, outcome: Outcome) -> None:
        """Forget it."""

    async def commit(self, facts: Facts) -> None:
        """Forget it."""


class _AsRecorded(Lookout):
    """Believes the record of whether silence was Omilia's: nobody can be asked any more."""

    recorded: Outcome | None = None

    async def weigh(self, outcome: Outcome, endpoint: Endpoint, start: Instant) -> Outcome:
        """Leave what was inconclusive then as it was."""
        del endpoint, start
        was_ours = self.recorded is not None and self.recorded.effect is Effect.NEUTRAL
        if was_ours and outcome.category is Category.UNREACHABLE:
            return replace(outcome, effect=Effect.NEUTRAL)
        return outcome


def _without_dice(low: float, _: float) -> float:
    """Throw no dice: open times are the shortest that they could have been."""
    return low


class Player:
    """Plays a record through one file of settings."""

    def __init__(self, name: str, settings: Settings, start: datetime) -> None:
        self.name = name
        self.scores: dict[str, Score] = {}
        self.incidents: dict[str, str] = {}
        """By id: the incident that each is part of, "" for none."""
        self._clock = RecordClock(start.astimezone(UTC))
        self._reviewed = self._clock.monotonic()
        self._outcome: Outcome | None = None
        self._lookout = _AsRecorded(self._clock)
        book = IncidentBook(settings.location)
        book.platforms.policy = together_of(settings)
        book.flaps.policy = flapping_of(settings)
        self._engine = Engine(
            clock=self._clock,
            prober=self,
            gates=partial(PybreakerGate, uniform=_without_dice),
            store=_Nowhere(),
            sink=self,
            book=book,
            lookout=self._lookout,
        )
        for endpoint in map(_by_numbers, endpoints_of(settings)):
            self.scores[endpoint.id] = Score(self._clock.monotonic(), endpoint.every)
            self._engine.watch(endpoint)

    async def play(self, outcome: Outcome, outage: Outage | None) -> None:
        """Play the next outcome, in order of time; its endpoint is one of these settings."""
        self._clock.at = outcome.at
        if outcome.at.timestamp() - self._reviewed >= REVIEW:
            self._reviewed = outcome.at.timestamp()
            await self._engine.review()
        self.scores[outcome.endpoint].hear(outcome, outage)
        self._outcome = self._lookout.recorded = outcome
        await self._engine.tick(outcome.endpoint, outcome.due)

    def end(self, at: datetime) -> None:
        """Let the time pass that is left of the record."""
        for score in self.scores.values():
            score.pass_to(at.timestamp())

    @property
    def pages(self) -> int:
        """How many incidents are told on their own: those that are no part of another."""
        return sum(not parent for parent in self.incidents.values())

    # ------------------------------------------------------------ what the engine asks for

    async def fetch(self, request: Request) -> Exchange:
        """Give what was recorded (this is the engine's Prober)."""
        del request
        assert self._outcome is not None  # noqa: S101  nobody asks before something is played
        return exchange_of(self._outcome)

    def publish(self, news: News) -> None:
        """Keep the score (this is the engine's Sink)."""
        self.incidents.update((one.id, one.parent) for one in news.incidents)
        at, standing, endpoint = self._clock.now(), news.standing, news.endpoint
        verdict = verdict_of(standing, endpoint, now=at, next_in=None)
        is_open = standing.breaker.state is not State.CLOSED
        score = self.scores[endpoint.id]
        score.see(news.moves, at.timestamp(), is_open=is_open, allow=verdict.allow)


def _by_numbers(endpoint: Endpoint) -> Endpoint:
    """Expect of an endpoint what its record can still tell: no body is kept."""
    hoped = endpoint.expectation
    kept = Expectation(status=hoped.status, within=hoped.within, count=hoped.count)
    return replace(endpoint, expectation=kept)
