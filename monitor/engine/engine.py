"""The engine: one tick, told in order.

    due -> needs? -> gate: admit -> fetch -> judge -> gate: record -> advance -> store -> publish

An outage is a value. An exception here is a bug of ours, and leaves the breaker alone; so does a
cancellation. Nothing below waits for anything but the probe itself and its own commit.
"""

from datetime import datetime

from monitor.core import needs, together
from monitor.core.breaker import Move, Moved
from monitor.core.cadence import phase_of
from monitor.core.endpoint import Endpoint
from monitor.core.instant import Instant
from monitor.core.outcome import Category, Effect, Outcome, blocked, judged
from monitor.core.standing import is_undecided
from monitor.engine.acks import Acks
from monitor.engine.watched import Watched
from monitor.ports import Facts, Permit, read

DOUBTED = (Category.UNREACHABLE, Category.SLOW)
"""What we ourselves may have caused."""
AT_ONCE = 1.0
"""Seconds within which others are asked when an endpoint begins to fail."""


class Engine(Acks):
    """Turns due times into published facts, one endpoint at a time."""

    async def tick(self, endpoint_id: str, due: datetime) -> float | None:
        """Take one turn. Returns in how many seconds the next is due, None for the grid's."""
        watched = self._watched.get(endpoint_id)
        if watched is None:
            return None
        endpoint, gate, start = watched.endpoint, watched.gate, read(self._clock)
        blocker = needs.blocker(endpoint, self._watched) if endpoint.needs else None
        if blocker is not None:
            self._budgets.leave(endpoint)
            await self._spare(watched, blocker, due, start)
            return None
        wait = self._budgets.ask(endpoint, watched.standing, start)
        if wait is not None:
            watched.waited = True
            return wait
        admission = gate.admit(start)
        if admission.moves:
            self._show(watched, admission.moves, start)
        if admission.permit is None:
            self._budgets.take_back(endpoint)
            if admission.moves:
                await self._store.commit(Facts(watched.standing, admission.moves))
            return self._next(watched, gate.snapshot(start), start, undecided=False)
        outcome, now = await self._look(watched, admission.permit, due, start)
        if self._watched.get(endpoint_id) is not watched:
            return None  # no longer ours: a reload took it away meanwhile
        return await self._hear(watched, admission.permit, outcome, now, shown=admission.moves)

    async def _look(
        self, watched: Watched, permit: Permit, due: datetime, start: Instant
    ) -> tuple[Outcome, Instant]:
        """Ask the endpoint, judge what comes, and weigh what we ourselves may have caused.

        However else it ends, the gate is left alone.
        """
        endpoint = watched.endpoint
        try:
            exchange = await self._prober.fetch(endpoint.request)
            now = read(self._clock)
            outcome = judged(endpoint.id, exchange, endpoint.expectation, due=due, now=now.wall)
            if outcome.category not in DOUBTED:
                return outcome, now
            outcome = await self._lookout.weigh(outcome, endpoint, start)
            self._book.platforms.online = self._lookout.sight.online
            return outcome, read(self._clock)
        except BaseException:
            watched.gate.give_back(permit)
            raise

    async def _hear(
        self,
        watched: Watched,
        permit: Permit,
        outcome: Outcome,
        now: Instant,
        *,
        shown: tuple[Moved, ...],
    ) -> float | None:
        """Take an outcome in. Returns in how many seconds the next probe is due."""
        endpoint = watched.endpoint
        if endpoint.needs and outcome.effect is Effect.FAILURE:
            blocker = needs.blocker(endpoint, self._watched)
            if blocker is not None:
                watched.gate.give_back(permit)
                await self._spare(watched, blocker, outcome.due, now, shown=shown)
                return None
        moves, before = self._record(watched, permit, outcome, now), watched.standing
        await self._conclude(watched, outcome, now, shown=shown, moves=moves)
        self._release(endpoint.id, moves)
        after = watched.standing
        return self._next(watched, after.breaker, now, undecided=is_undecided(before, after))

    def _record(
        self, watched: Watched, permit: Permit, outcome: Outcome, now: Instant
    ) -> tuple[Moved, ...]:
        """Record an outcome, and weigh it with what is reported of real traffic, if anything is."""
        moves = self._count(watched, permit, outcome, now)
        return moves if watched.heard is None else moves + self._heed(watched, moves, now)

    def _count(
        self, watched: Watched, permit: Permit, outcome: Outcome, now: Instant
    ) -> tuple[Moved, ...]:
        """Record an outcome, unless it is a failure whose cause is still being asked for."""
        if outcome.effect is not Effect.FAILURE:
            if outcome.effect is Effect.SUCCESS:
                watched.failing_since = None
                overruled = self._overrule(watched, permit, now) if watched.heard else ()
                if overruled:
                    return overruled
            return watched.gate.record(permit, outcome, now)
        if watched.failing_since is None and outcome.category is not Category.THROTTLED:
            self._ask_others(watched.endpoint, outcome.at)
        since = watched.failing_since = watched.failing_since or outcome.at
        doubts = needs.doubted(watched.endpoint, outcome, since, self._watched)
        for need in doubts:
            self._hasten(need.endpoint, needs.hurry(need, now.wall))
        if needs.waits(watched, doubts, since, outcome.at):
            watched.gate.give_back(permit)
            return ()
        return watched.gate.record(permit, outcome, now)

    def _ask_others(self, failing: Endpoint, now: datetime) -> None:
        """Have a few others looked at, to know whether it fails alone or with everything."""
        policy = self._book.platforms.policy
        for one in together.to_ask(failing, now, self._watched.values(), policy):
            self._hasten(one.endpoint, phase_of(one.endpoint.id, AT_ONCE))

    async def _spare(
        self,
        watched: Watched,
        blocker: str,
        due: datetime,
        now: Instant,
        *,
        shown: tuple[Moved, ...] = (),
    ) -> None:
        """Take a turn without asking, or as if: what the endpoint needs is down."""
        outcome = blocked(watched.endpoint.id, blocker, due, now.wall)
        await self._conclude(watched, outcome, now, shown=shown, blocker=blocker)

    def _release(self, endpoint_id: str, moves: tuple[Moved, ...]) -> None:
        """Have those probed soon that were blocked by an endpoint which works again."""
        if any(moved.move is Move.RESET for moved in moves):
            for one in needs.blocked_by(endpoint_id, self._watched):
                self._hasten_soon(one.endpoint)
