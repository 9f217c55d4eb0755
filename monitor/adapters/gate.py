"""The gate: a two-step face of pybreaker. Ask leave, then report.

pybreaker keeps the three states and the consecutive counts. It is driven by its public interface
only: an outcome that is already known is replayed through `call`, synchronously, so that nothing of
it is ever held across an await. What it cannot do stands beside it: time (it would ask the wall
clock), growing open times, one trial at a time, late outcomes, neutral outcomes, memory.
"""

import contextlib
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

import pybreaker

from monitor.core.breaker import (
    MOVES,
    Move,
    Moved,
    Policy,
    Sample,
    Snapshot,
    State,
    lengthened,
    open_time,
    trips_remembered,
)
from monitor.core.instant import Instant
from monitor.core.outcome import Category, Effect, Outcome
from monitor.ports import Admission, Permit

_STATES = {
    pybreaker.STATE_CLOSED: State.CLOSED,
    pybreaker.STATE_OPEN: State.OPEN,
    pybreaker.STATE_HALF_OPEN: State.HALF_OPEN,
}
_KEPT_SAMPLES = 10


class ProbeFailedError(Exception):
    """What pybreaker is shown as a failure. Made afresh each time: a traceback must not grow."""


def _replay(failed: bool) -> None:  # noqa: FBT001  pybreaker hands it through by position
    if failed:
        raise ProbeFailedError


class _Memory(pybreaker.CircuitMemoryStorage):
    """Counters in memory, without a clock: pybreaker must never decide that time is up."""

    @property
    def opened_at(self) -> datetime:
        """Say "not yet" for ever: the gate alone, on a monotonic clock, ends an open time."""
        return datetime(9000, 1, 1, tzinfo=UTC)

    @opened_at.setter
    def opened_at(self, datetime: datetime) -> None:
        """Ignore the wall clock that pybreaker reads."""


class PybreakerGate:
    """Fits `monitor.ports.Gate`. Synchronous, a few microseconds, for one event loop."""

    def __init__(
        self,
        policy: Policy,
        restored: Snapshot | None,
        now: Instant,
        *,
        uniform: Callable[[float, float], float],
    ) -> None:
        snapshot = restored or Snapshot()
        self._policy = policy
        self._uniform = uniform
        self._epoch = snapshot.epoch
        self._trips = snapshot.trips
        self._reason = snapshot.reason
        self._throttled = snapshot.throttled
        self._opened_at = snapshot.opened_at
        self._open_for = snapshot.open_for
        self._evidence = snapshot.samples
        self._recent: deque[Sample] = deque(snapshot.samples, maxlen=_KEPT_SAMPLES)
        self._trial: Permit | None = None
        passed = 0.0
        if snapshot.taken_at is not None:
            # Time went on while we did not. A wall clock that stepped back adds nothing.
            passed = max((now.wall - snapshot.taken_at).total_seconds(), 0.0)
        self._until = now.mono + max((snapshot.retry_after or 0.0) - passed, 0.0)
        self._since = now.mono - (snapshot.closed_for + passed)
        self._breaker = self._restore(snapshot)
        self._calm = self._make_calm()

    def _restore(self, snapshot: Snapshot) -> pybreaker.CircuitBreaker:
        """Build the breaker where it left off; half-open goes on as open with its trial due."""
        closed = snapshot.state is State.CLOSED
        memory = _Memory(pybreaker.STATE_CLOSED if closed else pybreaker.STATE_OPEN)
        for _ in range(snapshot.failures):
            memory.increment_counter()
        return pybreaker.CircuitBreaker(
            fail_max=self._policy.fail_max,
            success_threshold=self._policy.success_threshold,
            state_storage=memory,
            throw_new_error_on_trip=False,
        )

    @property
    def _state(self) -> State:
        return _STATES[self._breaker.current_state]  # never `.state`: its getter acts

    # ------------------------------------------------------------ the two steps

    def admit(self, now: Instant) -> Admission:
        """Grant leave when closed, when a trial is due, and to one trial at a time."""
        state = self._state
        if state is State.CLOSED:
            return self._calm[0]
        if state is State.OPEN:
            if now.mono < self._until:
                return Admission(None)
            self._breaker.half_open()
            self._since = now.mono
            reason = f"open time of {self._open_for:.3g} s is over"
            moved = self._moved(State.OPEN, now, reason)
            return Admission(self._begin_trial(), (moved,))
        if now.mono - self._since >= self._policy.max_half_open:
            self._breaker.open()
            reason = f"no trial decided within {self._policy.max_half_open:.3g} s"
            return Admission(None, (self._opened(State.HALF_OPEN, now, reason, hint=None),))
        if self._trial is not None:
            return Admission(None)
        return Admission(self._begin_trial())

    def _begin_trial(self) -> Permit:
        """Hand out the one permit of a half-open breaker. It is known by identity, not by value."""
        self._trial = Permit(self._epoch, trial=True)
        return self._trial

    def record(self, permit: Permit, outcome: Outcome, now: Instant) -> tuple[Moved, ...]:
        """Count a success or a failure; drop what comes late. Returns the moves it caused."""
        if self._is_late(permit):
            if outcome.effect is Effect.FAILURE and self._state is State.OPEN:
                self._lengthen(outcome.retry_after, now)
            return ()
        self._trial = None
        if outcome.effect is Effect.NEUTRAL:
            return ()
        before = self._state
        if outcome.effect is Effect.SUCCESS:
            return self._succeed(before, now)
        return self._fail(before, outcome, now)

    def give_back(self, permit: Permit) -> None:
        """Take a permit back whose probe ended without an outcome that counts."""
        if not self._is_late(permit):
            self._trial = None

    def _is_late(self, permit: Permit) -> bool:
        """Tell a permit of an older epoch, and a trial that was given back or is not ours."""
        return permit.epoch != self._epoch or (permit.trial and permit is not self._trial)

    def _lengthen(self, hint: float | None, now: Instant) -> None:
        """Heed a Retry-After that came late: it makes an open time longer, never shorter."""
        if hint is None:
            return
        until = now.mono + lengthened(max(self._until - now.mono, 0.0), hint)
        self._open_for += until - self._until
        self._until = until

    def _succeed(self, before: State, now: Instant) -> tuple[Moved, ...]:
        if before is State.CLOSED:
            self._breaker.call(_replay, False)
            self._recent.clear()
            return ()
        trials = self._breaker.success_counter + 1  # a reset sets it back to 0
        self._breaker.call(_replay, False)
        self._since = now.mono  # progress: the wait in half-open begins anew
        if self._state is not State.CLOSED:
            return ()
        self._throttled = False
        self._recent.clear()
        reason = "a trial succeeded" if trials == 1 else f"{trials} trials succeeded"
        return (self._moved(before, now, reason),)

    def _fail(self, before: State, outcome: Outcome, now: Instant) -> tuple[Moved, ...]:
        self._recent.append(outcome.sample())
        throttled = outcome.category is Category.THROTTLED
        with contextlib.suppress(ProbeFailedError):
            self._breaker.call(_replay, True)
        if throttled and self._state is State.CLOSED:
            self._breaker.open()  # being told to wait is proof enough
        if self._state is not State.OPEN:
            return ()
        self._throttled = throttled
        if before is State.HALF_OPEN:
            reason = f"trial failed: {outcome.detail}"
        elif throttled:
            reason = f"throttled: {outcome.detail}"
        else:
            reason = f"{self._breaker.fail_counter} failures in a row, the last: {outcome.detail}"
        if before is State.CLOSED:
            self._forget(now)
        self._trips += 1
        return (self._opened(before, now, reason, hint=outcome.retry_after),)

    # ------------------------------------------------------------ moves

    def _opened(self, before: State, now: Instant, reason: str, *, hint: float | None) -> Moved:
        """Begin an open time, as long as the policy says."""
        self._open_for = open_time(self._policy, self._trips, hint=hint, uniform=self._uniform)
        self._until = now.mono + self._open_for
        self._opened_at = now.wall
        self._evidence = tuple(self._recent)
        self._trial = None
        return self._moved(before, now, reason)

    def _moved(self, before: State, now: Instant, reason: str) -> Moved:
        """Note a move: a new epoch begins, in which older permits count for nothing."""
        after = self._state
        move = MOVES[before, after]
        self._epoch += 1
        if move is not Move.TRIAL:
            self._reason = reason
        self._calm = self._make_calm()
        opens = after is State.OPEN
        return Moved(
            move=move,
            before=before,
            after=after,
            epoch=self._epoch,
            at=now.wall,
            reason=reason,
            samples=self._evidence if opens else (),
            open_for=self._open_for if opens else None,
        )

    def _make_calm(self) -> tuple[Admission, Snapshot]:
        """Prepare both answers of a closed breaker with nothing to remember: nearly all ticks."""
        return (
            Admission(Permit(self._epoch, trial=False)),
            Snapshot(epoch=self._epoch, reason=self._reason),
        )

    # ------------------------------------------------------------ state

    def snapshot(self, now: Instant) -> Snapshot:
        """Return the breaker as it is now."""
        state = self._state
        if state is not State.CLOSED:
            return self._snapshot_of_trouble(state, now)
        failures = self._breaker.fail_counter
        if self._trips:
            self._forget(now)
        if not failures and not self._trips:
            return self._calm[1]
        return Snapshot(
            failures=failures,
            trips=self._trips,
            epoch=self._epoch,
            reason=self._reason,
            closed_for=now.mono - self._since,
            taken_at=now.wall,
            samples=tuple(self._recent),
        )

    def _snapshot_of_trouble(self, state: State, now: Instant) -> Snapshot:
        """Return a breaker that is not closed as it is now."""
        is_open = state is State.OPEN
        return Snapshot(
            state=state,
            failures=self._breaker.fail_counter,
            successes=0 if is_open else self._breaker.success_counter,
            trips=self._trips,
            epoch=self._epoch,
            reason=self._reason,
            throttled=self._throttled,
            opened_at=self._opened_at,
            open_for=self._open_for,
            retry_after=max(self._until - now.mono, 0.0) if is_open else None,
            taken_at=now.wall,
            samples=self._evidence,
        )

    def _forget(self, now: Instant) -> None:
        """Forget trips of a closed breaker; what is left of its healthy time counts on."""
        remembered = trips_remembered(self._policy, self._trips, now.mono - self._since)
        self._since += (self._trips - remembered) * self._policy.max_open
        self._trips = remembered

    def adopt(self, policy: Policy) -> None:
        """Go on under other numbers, keeping the state. They hold from the next outcome on."""
        self._policy = policy
        self._breaker.fail_max = policy.fail_max
        self._breaker.success_threshold = policy.success_threshold
