"""What the engine watches: how that begins, goes on over a reload or a restart, and ends."""

import asyncio
from collections.abc import Iterable, Mapping

from monitor.core.breaker import Snapshot, State
from monitor.core.budgets import Budgets
from monitor.core.cadence import not_too_soon, pause, phase_of, sooner_than_grid
from monitor.core.category import Category
from monitor.core.endpoint import Endpoint
from monitor.core.incident import Incident, Trouble, close
from monitor.core.incident_book import IncidentBook
from monitor.core.instant import Instant
from monitor.core.order import in_force
from monitor.core.quota import wait_of
from monitor.core.standing import Standing, held, is_paused, moved, shadowed
from monitor.engine.lookout import Lookout
from monitor.engine.watched import Hasten, Watched, no_sooner
from monitor.ports import Clock, Facts, GateFactory, News, Prober, Sink, Store, read

SOON = 5.0
"""Seconds within which those are probed of whom nothing could be seen, when it can be again."""
LOST_SIGHT = "the store was away when the monitor began; how it went on is not known"


class Roster:
    """Everything that is watched, and the rooms that it is watched with."""

    def __init__(
        self,
        *,
        clock: Clock,
        prober: Prober,
        gates: GateFactory,
        store: Store,
        sink: Sink,
        book: IncidentBook,
        hasten: Hasten = no_sooner,
        budgets: Budgets | None = None,
        lookout: Lookout | None = None,
    ) -> None:
        self._clock = clock
        self._prober = prober
        self._gates = gates
        self._store = store
        self._sink = sink
        self._book = book
        self._hasten = hasten
        self._budgets = budgets or Budgets()
        self._lookout = lookout or Lookout(clock)
        self._watched: dict[str, Watched] = {}
        self._unseen = True  # perhaps: whoever was stored so before a restart

    def _next(
        self, watched: Watched, breaker: Snapshot, now: Instant, *, undecided: bool
    ) -> float | None:
        """Ask the cadence when to look again."""
        endpoint = watched.endpoint
        waited, watched.waited = watched.waited, False
        if is_paused(watched.standing):
            return pause(endpoint.every, watched.standing.streak)
        sooner = sooner_than_grid(breaker, endpoint.policy, endpoint.every, undecided=undecided)
        if sooner is None and waited:
            phase = phase_of(endpoint.id, endpoint.every)
            return not_too_soon(now.wall.timestamp(), endpoint.every, phase)
        return sooner

    def watch(self, endpoint: Endpoint, restored: Standing | None = None) -> None:
        """Begin to watch, or go on under a new configuration with the state kept."""
        now = read(self._clock)
        watched = self._watched.get(endpoint.id)
        if watched is not None:
            if watched.endpoint.budget != endpoint.budget:
                self._budgets.leave(watched.endpoint)
            watched.endpoint = endpoint
            watched.gate.adopt(endpoint.policy)
        else:
            breaker = restored.breaker if restored else None
            gate = self._gates(endpoint.policy, breaker, now)
            standing = moved(restored or Standing(endpoint.id), gate.snapshot(now))
            wait = wait_of(endpoint, self._watched.values(), now) if restored is None else None
            if wait is not None:
                gate.hold(*wait, now)
                standing = held(standing, gate.snapshot(now), now.wall)
            standing = shadowed(standing, endpoint, now.wall)
            order = standing.order or in_force(None, endpoint.order, now.wall)
            watched = Watched(endpoint, gate, standing, order=order)
            self._watched[endpoint.id] = watched
            self._book.rejoin(standing, endpoint)
            if standing.last is not None:
                self._budgets.remember(endpoint, standing.last.at, now)
        self._sink.publish(News(endpoint, watched.standing))

    async def unwatch(self, endpoint_id: str) -> None:
        """Stop to watch; what is known of it stays in the store."""
        watched = self._watched.pop(endpoint_id, None)
        if watched is None:
            return
        now = read(self._clock)
        self._budgets.leave(watched.endpoint)
        incidents = watched.settled + self._book.forget(endpoint_id, now.wall)
        await self._store.commit(Facts(watched.standing, (), incidents))
        self._sink.publish(News(watched.endpoint, watched.standing, incidents=incidents))

    async def notice(
        self, key: str, trouble: Trouble | None, endpoint_id: str, because: str = "it is over"
    ) -> None:
        """Say how a thing stands that no probe decides alone: a certificate, a credential's age.

        `endpoint_id` is one that shows it. Commits and publishes what changed. Silence is noticed
        later, if it lasts, while we cannot see ourselves.
        """
        watched = self._watched.get(endpoint_id)
        silent = trouble is not None and trouble.category is Category.UNREACHABLE
        if watched is None or (silent and self._lookout.sight.is_doubtful):
            return
        now = self._clock.now()
        incidents = self._book.notice(key, trouble, watched.endpoint, now, because)
        if incidents:
            await self._store.commit(Facts(watched.standing, (), incidents))
            self._sink.publish(News(watched.endpoint, watched.standing, incidents=incidents))

    async def review(self) -> None:
        """See to what follows from time alone: whether we are online, incidents of platforms."""
        await self._lookout.beat()
        now, watched, sight = self._clock.now(), self._watched, self._lookout.sight
        if not watched:
            return
        shows = next(iter(watched.values()))
        self._book.platforms.online = sight.online
        incidents = self._book.see(sight, self._lookout.missed, shows.endpoint, now)
        if self._unseen and not sight.is_doubtful:
            self._unseen = self._look_again()
        incidents += self._book.review(watched, now)
        if incidents:
            shows = watched.get(incidents[0].endpoint, shows)
            await self._store.commit(Facts(shows.standing, (), incidents))
            told = tuple(filter(self._book.is_current, incidents))  # not what a tick changed since
            self._sink.publish(News(shows.endpoint, shows.standing, incidents=told))

    def _look_again(self) -> bool:
        """Have those probed soon of whom we could see nothing; tell whether there are any."""
        unseen = [
            one.endpoint
            for one in self._watched.values()
            if one.standing.last is not None and one.standing.last.is_inconclusive
        ]
        for endpoint in unseen:
            self._hasten_soon(endpoint)
        return bool(unseen)

    def _hasten_soon(self, endpoint: Endpoint) -> None:
        """Have an endpoint probed within seconds, but not all of them at once."""
        self._hasten(endpoint, phase_of(endpoint.id, min(endpoint.every, SOON)))

    def awaits(self, incident: Incident) -> bool:
        """Tell whether an incident may yet turn out to be one with others; then it is not told."""
        now, platforms = self._clock.now(), self._book.platforms
        awaited = platforms.awaits(incident, self._watched.values(), now)
        return awaited or self._book.flaps.claims(incident)

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
        now = read(self._clock)
        return self._next(watched, watched.gate.snapshot(now), now, undecided=False)
