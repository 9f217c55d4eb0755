"""The gate: a two-step face of a breaker. Ask leave, then report.

The machine keeps the three states and the consecutive counts; the evidence keeps the windows. What
follows from time stands here: growing open times, one trial at a time, late outcomes, memory.
"""

from collections.abc import Callable

from monitor.adapters.gate.machine import Machine
from monitor.adapters.gate.times import Times
from monitor.core.breaker import (
    MOVES,
    Move,
    Moved,
    Policy,
    Sample,
    Snapshot,
    State,
)
from monitor.core.evidence import Evidence
from monitor.core.grounds import Grounds, Rule, words
from monitor.core.instant import Instant
from monitor.core.outcome import Category, Effect, Outcome
from monitor.ports import Admission, Permit


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
        self._epoch = snapshot.epoch
        self._reason = snapshot.reason
        self._grounds = snapshot.grounds
        self._throttled = snapshot.throttled
        self._cause = snapshot.samples
        self._trial: Permit | None = None
        passed = 0.0
        if snapshot.taken_at is not None:
            # Time went on while we did not. A wall clock that stepped back adds nothing.
            passed = max((now.wall - snapshot.taken_at).total_seconds(), 0.0)
        self._times = Times(snapshot, now, passed, uniform)
        recent = snapshot.recent.moved(now.mono - passed - snapshot.taken_mono, latest=now.mono)
        self._evidence = Evidence(recent, snapshot.samples, slow=snapshot.slow)
        # Half-open goes on as open with its trial due: where it stood is not worth knowing.
        self._machine = Machine(policy, snapshot.state, snapshot.failures)
        self._calm = Admission(Permit(self._epoch, trial=False))

    # ------------------------------------------------------------ the two steps

    def admit(self, now: Instant) -> Admission:
        """Grant leave when closed, when a trial is due, and to one trial at a time."""
        state = self._machine.state
        if state is State.CLOSED:
            return self._calm
        if state is State.OPEN:
            if self._times.left(now) > 0:
                return Admission(None)
            self._machine.half_open()
            self._times.since = now.mono
            grounds = Grounds(Rule.OPEN_TIME_OVER, threshold=self._times.open_for)
            moved = self._moved(State.OPEN, now, grounds)
            return Admission(self._begin_trial(), (moved,))
        if now.mono - self._times.since >= self._policy.max_half_open:
            self._machine.open()
            grounds = Grounds(Rule.UNDECIDED, threshold=self._policy.max_half_open)
            self._times.open_again(self._policy, now)
            return Admission(None, self._opened(State.HALF_OPEN, now, grounds))
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
            if outcome.effect is Effect.FAILURE and self._machine.state is State.OPEN:
                self._times.lengthen(outcome.retry_after, now)
            return ()
        self._trial = None
        if outcome.effect is Effect.NEUTRAL:
            return ()
        if self._machine.state is State.CLOSED:
            return self._hear(outcome, now)
        return self._hear_trial(outcome, now)

    def give_back(self, permit: Permit) -> None:
        """Take a permit back whose probe ended without an outcome that counts."""
        if not self._is_late(permit):
            self._trial = None

    def hold(
        self, seconds: float, grounds: Grounds, samples: tuple[Sample, ...], now: Instant
    ) -> tuple[Moved, ...]:
        """Wait with somebody who was told to: open, or stay open, at least so long."""
        before = self._machine.state
        if before is State.OPEN:
            self._times.lengthen(seconds, now)
            return ()
        if before is State.CLOSED:
            self._times.forget(self._policy, now)
        self._machine.open()
        self._times.hold(seconds, now)
        self._throttled = True
        self._evidence.samples = samples
        detail = samples[-1].detail if samples else ""
        return self._opened(before, now, grounds, detail)

    def open(
        self, grounds: Grounds, samples: tuple[Sample, ...], detail: str, now: Instant
    ) -> tuple[Moved, ...]:
        """Open on what others have seen. Overruling a trial makes the open times no longer."""
        before = self._machine.state
        if before is State.OPEN:
            return ()
        self._machine.open()
        if before is State.CLOSED:
            self._times.forget(self._policy, now)
            self._times.trip(self._policy, now, hint=None)
        else:
            self._times.open_again(self._policy, now)
        self._throttled = False
        self._evidence.samples = samples
        return self._opened(before, now, grounds, detail)

    def _is_late(self, permit: Permit) -> bool:
        """Tell a permit of an older epoch, and a trial that was given back or is not ours."""
        return permit.epoch != self._epoch or (permit.trial and permit is not self._trial)

    # ------------------------------------------------------------ what an outcome does

    def _hear(self, outcome: Outcome, now: Instant) -> tuple[Moved, ...]:
        """Count an outcome of a closed breaker; a success too can complete the evidence."""
        if outcome.effect is Effect.SUCCESS:
            self._machine.succeed()
        else:
            self._machine.fail()
        self._evidence.hear(outcome, self._policy, now.mono)
        found = self._found(outcome, now)
        if found is None:
            return ()
        grounds, samples = found
        if self._machine.state is State.CLOSED:
            self._machine.open()
        self._times.forget(self._policy, now)
        self._times.trip(self._policy, now, hint=outcome.retry_after)
        self._throttled = grounds.rule is Rule.THROTTLED
        self._evidence.samples = samples
        detail = samples[-1].detail if samples else outcome.detail
        return self._opened(State.CLOSED, now, grounds, detail)

    def _found(self, outcome: Outcome, now: Instant) -> tuple[Grounds, tuple[Sample, ...]] | None:
        """Say on what grounds a closed breaker has to open, if on any."""
        failures = self._machine.failures
        if outcome.category is Category.THROTTLED:  # being told to wait is proof enough
            grounds = Grounds(Rule.THROTTLED, 1, threshold=outcome.retry_after)
            return grounds, self._evidence.failures(max(failures, 1))
        if self._machine.state is State.OPEN:
            grounds = Grounds(Rule.FAILURES, failures, threshold=self._policy.fail_max)
            return grounds, self._evidence.failures(failures)
        return self._evidence.over(self._policy, now.mono)

    def _hear_trial(self, outcome: Outcome, now: Instant) -> tuple[Moved, ...]:
        """Count an outcome of a half-open breaker."""
        slow = self._policy.slow_opens and outcome.category is Category.SLOW
        if outcome.effect is Effect.FAILURE or slow:
            self._machine.fail()
            self._evidence.keep(outcome)
            self._throttled = outcome.category is Category.THROTTLED
            self._times.trip(self._policy, now, hint=outcome.retry_after)
            grounds = Grounds(Rule.TRIAL_FAILED, 1, threshold=1)
            return self._opened(State.HALF_OPEN, now, grounds, outcome.detail)
        trials = self._machine.successes + 1  # a reset sets it back to 0
        self._machine.succeed()
        self._times.since = now.mono  # progress: the wait in half-open begins anew
        if self._machine.state is not State.CLOSED:
            return ()
        self._throttled = False
        self._evidence = Evidence()
        grounds = Grounds(Rule.GOOD_TRIALS, trials, threshold=self._policy.success_threshold)
        return (self._moved(State.HALF_OPEN, now, grounds),)

    # ------------------------------------------------------------ moves

    def _opened(
        self, before: State, now: Instant, grounds: Grounds, detail: str = ""
    ) -> tuple[Moved, ...]:
        """Note that an open time has begun."""
        self._cause = self._evidence.samples
        self._trial = None
        return (self._moved(before, now, grounds, detail),)

    def _moved(self, before: State, now: Instant, grounds: Grounds, detail: str = "") -> Moved:
        """Note a move: a new epoch begins, in which older permits count for nothing."""
        after = self._machine.state
        move, reason = MOVES[before, after], words(grounds, detail)
        self._epoch += 1
        if move is not Move.TRIAL:
            self._reason, self._grounds = reason, grounds
        self._calm = Admission(Permit(self._epoch, trial=False))
        opens = after is State.OPEN
        return Moved(
            move=move,
            before=before,
            after=after,
            epoch=self._epoch,
            at=now.wall,
            reason=reason,
            samples=self._cause if opens else (),
            open_for=self._times.open_for if opens else None,
            grounds=grounds,
        )

    # ------------------------------------------------------------ state

    def snapshot(self, now: Instant) -> Snapshot:
        """Return the breaker as it is now."""
        state = self._machine.state
        if state is not State.CLOSED:
            return self._snapshot_of_trouble(state, now)
        self._times.forget(self._policy, now)
        evidence = self._evidence
        return Snapshot(
            failures=self._machine.failures,
            trips=self._times.trips,
            epoch=self._epoch,
            reason=self._reason,
            grounds=self._grounds,
            closed_for=now.mono - self._times.since,
            taken_at=now.wall,
            taken_mono=now.mono,
            samples=evidence.samples,
            recent=evidence.recent,
            slow=evidence.slow,
        )

    def _snapshot_of_trouble(self, state: State, now: Instant) -> Snapshot:
        """Return a breaker that is not closed as it is now."""
        is_open = state is State.OPEN
        return Snapshot(
            state=state,
            failures=self._machine.failures,
            successes=0 if is_open else self._machine.successes,
            trips=self._times.trips,
            epoch=self._epoch,
            reason=self._reason,
            grounds=self._grounds,
            throttled=self._throttled,
            opened_at=self._times.opened_at,
            open_for=self._times.open_for,
            retry_after=self._times.left(now) if is_open else None,
            taken_at=now.wall,
            taken_mono=now.mono,
            samples=self._cause,
        )

    def adopt(self, policy: Policy) -> None:
        """Go on under other numbers, keeping the state. They hold from the next outcome on."""
        self._policy = policy
        self._machine.adopt(policy)
