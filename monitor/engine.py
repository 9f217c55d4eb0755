"""The engine: one tick, told in order.

    due -> needs? -> gate: admit -> fetch -> judge -> gate: record -> advance -> store -> publish

An outage is a value. An exception here is a bug of ours, and leaves the breaker alone; so does a
cancellation. Nothing below waits for anything but the probe itself and its own commit.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from monitor.core.breaker import Moved, State
from monitor.core.cadence import pause, sooner_than_grid
from monitor.core.endpoint import Endpoint
from monitor.core.incident import Incident, Trouble, close
from monitor.core.incident_book import IncidentBook
from monitor.core.instant import Instant
from monitor.core.outcome import Outcome, blocked, judged
from monitor.core.standing import (
    Standing,
    advance,
    is_paused,
    is_undecided,
    moved,
    worth_keeping,
)
from monitor.ports import Clock, Facts, Gate, GateFactory, News, Prober, Sink, Store, read

LOST_SIGHT = "the store was away when the monitor began; how it went on is not known"


@dataclass(slots=True)
class Watched:
    """One endpoint in the engine's hands."""

    endpoint: Endpoint
    gate: Gate
    standing: Standing
    settled: tuple[Incident, ...] = ()
    """Incidents that changed and are being committed: whoever publishes next publishes them."""


class Engine:
    """Turns due times into published facts, one endpoint at a time."""

    def __init__(
        self,
        *,
        clock: Clock,
        prober: Prober,
        gates: GateFactory,
        store: Store,
        sink: Sink,
        book: IncidentBook,
    ) -> None:
        self._clock = clock
        self._prober = prober
        self._gates = gates
        self._store = store
        self._sink = sink
        self._book = book
        self._watched: dict[str, Watched] = {}

    async def tick(self, endpoint_id: str, due: datetime) -> float | None:
        """Take one turn. Returns in how many seconds the next is due, None for the grid's."""
        watched = self._watched.get(endpoint_id)
        if watched is None:
            return None
        endpoint, gate, start = watched.endpoint, watched.gate, read(self._clock)
        blocker = self._blocker(endpoint)
        if blocker is not None:
            await self._conclude(watched, blocked(endpoint.id, blocker, due, start.wall), start)
            return None
        admission = gate.admit(start)
        if admission.moves:
            self._show(watched, admission.moves, start)
        if admission.permit is None:
            if admission.moves:
                await self._store.commit(Facts(watched.standing, admission.moves))
            return self._next(watched, start, undecided=False)
        try:
            exchange = await self._prober.fetch(endpoint.request)
            now = read(self._clock)
            outcome = judged(endpoint.id, exchange, endpoint.expectation, due=due, now=now.wall)
        except BaseException:
            gate.give_back(admission.permit)
            raise
        if self._watched.get(endpoint_id) is not watched:
            return None  # no longer ours: a reload took it away meanwhile
        moves, before = gate.record(admission.permit, outcome, now), watched.standing
        await self._conclude(watched, outcome, now, shown=admission.moves, moves=moves)
        return self._next(watched, now, undecided=is_undecided(before, watched.standing))

    async def _conclude(
        self,
        watched: Watched,
        outcome: Outcome,
        now: Instant,
        *,
        shown: tuple[Moved, ...] = (),
        moves: tuple[Moved, ...] = (),
    ) -> None:
        """Draw the consequences of an outcome: standing, incident, store, news.

        `shown` are moves of this tick that have been published; they are stored with the rest.
        """
        before, endpoint = watched.standing, watched.endpoint
        standing = advance(before, outcome, watched.gate.snapshot(now), endpoint)
        watched.standing = standing
        incidents = self._book.settle(standing, endpoint, now.wall, self._watched.values())
        watched.settled += incidents
        self._store.note(outcome)
        if shown or moves or incidents or worth_keeping(before, standing):
            await self._store.commit(Facts(standing, shown + moves, incidents))
        if self._watched.get(endpoint.id) is watched:  # a reload may have come while we waited
            settled, watched.settled = watched.settled, ()
            self._sink.publish(News(watched.endpoint, standing, outcome, moves, settled))

    def _show(self, watched: Watched, moves: tuple[Moved, ...], now: Instant) -> None:
        """Publish moves that no outcome caused: a trial begins, or took too long."""
        watched.standing = moved(watched.standing, watched.gate.snapshot(now))
        self._sink.publish(News(watched.endpoint, watched.standing, moves=moves))

    def _next(self, watched: Watched, now: Instant, *, undecided: bool) -> float | None:
        """Ask the cadence when to look again."""
        breaker, endpoint = watched.gate.snapshot(now), watched.endpoint
        if is_paused(watched.standing):
            return pause(endpoint.every, watched.standing.streak)
        return sooner_than_grid(breaker, endpoint.policy, endpoint.every, undecided=undecided)

    def _blocker(self, endpoint: Endpoint) -> str | None:
        """Name what is down of all that the endpoint needs, directly or not."""
        ahead, seen = list(endpoint.needs), set(endpoint.needs)
        while ahead:
            need = ahead.pop(0)
            needed = self._watched.get(need)
            if needed is None:
                continue
            if needed.standing.breaker.state is not State.CLOSED:
                return need
            further = [one for one in needed.endpoint.needs if one not in seen]
            seen.update(further)
            ahead += further
        return None

    # ------------------------------------------------------------ what is watched

    def watch(self, endpoint: Endpoint, restored: Standing | None = None) -> None:
        """Begin to watch, or go on under a new configuration with the state kept."""
        now = read(self._clock)
        watched = self._watched.get(endpoint.id)
        if watched is not None:
            watched.endpoint = endpoint
            watched.gate.adopt(endpoint.policy)
        else:
            breaker = restored.breaker if restored else None
            gate = self._gates(endpoint.policy, breaker, now)
            standing = moved(restored or Standing(endpoint.id), gate.snapshot(now))
            watched = self._watched[endpoint.id] = Watched(endpoint, gate, standing)
            self._book.rejoin(standing, endpoint)
        self._sink.publish(News(endpoint, watched.standing))

    async def unwatch(self, endpoint_id: str) -> None:
        """Stop to watch; what is known of it stays in the store."""
        watched = self._watched.pop(endpoint_id, None)
        if watched is None:
            return
        now = read(self._clock)
        incidents = watched.settled + self._book.forget(endpoint_id, now.wall)
        await self._store.commit(Facts(watched.standing, (), incidents))
        self._sink.publish(News(watched.endpoint, watched.standing, incidents=incidents))

    async def notice(
        self, key: str, trouble: Trouble | None, endpoint_id: str, because: str = "it is over"
    ) -> None:
        """Say how a thing stands that no probe decides alone: a certificate, a credential's age.

        `endpoint_id` is one that shows it. Commits and publishes what changed.
        """
        watched = self._watched.get(endpoint_id)
        if watched is None:
            return
        now = self._clock.now()
        incidents = self._book.notice(key, trouble, watched.endpoint, now, because)
        if incidents:
            await self._store.commit(Facts(watched.standing, (), incidents))
            self._sink.publish(News(watched.endpoint, watched.standing, incidents=incidents))

    async def close_abandoned(self, standings: Mapping[str, Standing]) -> tuple[Incident, ...]:
        """Close restored incidents that no watched endpoint is in; return them closed.

        To be called once, after the last `watch` of a start.
        """
        closed = self._book.close_abandoned(self._clock.now())
        for incident in closed:
            await self._commit_closed(incident, standings)
        return closed

    async def end_unknown(self, incidents: Iterable[Incident]) -> tuple[Incident, ...]:
        """Close incidents that the store believes in and we know nothing of; return them closed."""
        now = self._clock.now()
        ended = tuple(close(one, now=now, because=LOST_SIGHT) for one in incidents)
        for incident in ended:
            await self._commit_closed(incident, {})
        return ended

    async def _commit_closed(self, incident: Incident, standings: Mapping[str, Standing]) -> None:
        name = incident.endpoint
        watched = self._watched.get(name)
        standing = watched.standing if watched else standings.get(name, Standing(name))
        await self._store.commit(Facts(standing, (), (incident,)))

    async def save(self) -> None:
        """Store how everything stands: the last thing done before a stop."""
        now = read(self._clock)
        standings = [moved(w.standing, w.gate.snapshot(now)) for w in self._watched.values()]
        # At once, so that the store can write them in one transaction: a stop has ten seconds.
        await asyncio.gather(*(self._store.commit(Facts(standing)) for standing in standings))

    def endpoints(self) -> list[Endpoint]:
        """Return what is watched."""
        return [watched.endpoint for watched in self._watched.values()]

    def paused(self) -> list[Endpoint]:
        """Return the endpoints whose credential is rejected and therefore seldom shown."""
        return [w.endpoint for w in self._watched.values() if is_paused(w.standing)]

    def first_in(self, endpoint_id: str) -> float | None:
        """Return in how many seconds a restored breaker wants its trial, None when it is closed."""
        watched = self._watched[endpoint_id]
        if watched.standing.breaker.state is State.CLOSED:
            return None
        return self._next(watched, read(self._clock), undecided=False)
