"""What an outcome makes true: standings, incidents, facts in the store, news for who follows."""

import asyncio
from collections.abc import Coroutine

from monitor.core.breaker import Moved
from monitor.core.grounds import Grounds, Rule
from monitor.core.instant import Instant
from monitor.core.outcome import Category, Outcome
from monitor.core.signals import happened
from monitor.core.standing import advance, held, moved, shadowed, worth_keeping
from monitor.engine.roster import Roster
from monitor.engine.watched import Watched
from monitor.ports import Facts, News


class Conclusions(Roster):
    """Draws the consequences of what was seen. Waits for nothing but its own commits."""

    async def _conclude(
        self,
        watched: Watched,
        outcome: Outcome,
        now: Instant,
        *,
        shown: tuple[Moved, ...] = (),
        moves: tuple[Moved, ...] = (),
        blocker: str | None = None,
    ) -> None:
        """Draw the consequences of an outcome, for its endpoint and for whoever waits with it.

        `shown` are moves of this tick that have been published; they are stored with the rest.
        """
        own = self._settle(watched, outcome, now, shown=shown, moves=moves, blocker=blocker)
        if watched.endpoint.quota is not None and outcome.category is Category.THROTTLED:
            # All are held before anybody waits for the store, and all of it is one transaction.
            await asyncio.gather(own, *self._hold_others(watched, outcome, now))
        else:
            await own

    async def _settle(
        self,
        watched: Watched,
        outcome: Outcome,
        now: Instant,
        *,
        shown: tuple[Moved, ...] = (),
        moves: tuple[Moved, ...] = (),
        blocker: str | None = None,
    ) -> None:
        """Bring one endpoint up to date: standing, incident, store, news."""
        before, endpoint = watched.standing, watched.endpoint
        standing = advance(before, outcome, watched.gate.snapshot(now), endpoint)
        standing = shadowed(standing, endpoint, now.wall)
        watched.standing = standing
        incidents = self._book.settle(
            standing, endpoint, now.wall, self._watched.values(), blocker=blocker
        )
        if outcome.is_inconclusive:
            incidents += self._book.miss()
            self._unseen = True
        watched.settled += incidents
        events = happened(before.signals, standing.signals, endpoint.id, outcome.at)
        self._store.note(outcome)
        if shown or moves or incidents or worth_keeping(before, standing):
            await self._store.commit(Facts(standing, shown + moves, incidents, events))
        self._publish(watched, outcome, moves)

    def _publish(self, watched: Watched, outcome: Outcome | None, moves: tuple[Moved, ...]) -> None:
        """Publish what is durable now, unless a reload took the endpoint away meanwhile.

        It may have been held while its own outcome was being stored: nothing older is shown then.
        """
        if self._watched.get(watched.endpoint.id) is watched:
            # What another tick has changed meanwhile is that one's to publish.
            settled = tuple(filter(self._book.is_current, watched.settled))
            watched.settled = ()
            self._sink.publish(News(watched.endpoint, watched.standing, outcome, moves, settled))

    def _hold_others(
        self, watched: Watched, outcome: Outcome, now: Instant
    ) -> list[Coroutine[None, None, None]]:
        """Hold all that share a quota with one who was told to wait; return what is to be told.

        They follow a little after it, so that one asks first when the time is over.
        """
        wait = watched.gate.snapshot(now).retry_after
        if wait is None:
            return []
        name, quota = watched.endpoint.id, watched.endpoint.quota
        grounds = Grounds(Rule.THROTTLED, 1, threshold=outcome.retry_after, by=name)
        to_tell = []
        for other in self._watched.values():
            if other is not watched and other.endpoint.quota == quota:
                seconds = wait + other.endpoint.policy.confirm_after
                moves = other.gate.hold(seconds, grounds, (outcome.sample(),), now)
                self._hasten(other.endpoint, seconds)
                to_tell.append(self._tell_held(other, moves, now))
        return to_tell

    async def _tell_held(self, watched: Watched, moves: tuple[Moved, ...], now: Instant) -> None:
        """Draw the consequences of being held."""
        standing = held(watched.standing, watched.gate.snapshot(now), now.wall)
        standing = shadowed(standing, watched.endpoint, now.wall)
        watched.standing = standing
        incidents = self._book.settle(standing, watched.endpoint, now.wall, self._watched.values())
        watched.settled += incidents
        await self._store.commit(Facts(standing, moves, incidents))
        self._publish(watched, None, moves)

    def _show(self, watched: Watched, moves: tuple[Moved, ...], now: Instant) -> None:
        """Publish moves that no outcome caused: a trial begins, or took too long."""
        watched.standing = moved(watched.standing, watched.gate.snapshot(now))
        self._sink.publish(News(watched.endpoint, watched.standing, moves=moves))
