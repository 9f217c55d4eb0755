"""pybreaker, by its public interface: three states and the consecutive counts, without a clock.

An outcome that is already known is replayed through `call`, synchronously, so that nothing of it is
ever held across an await. It never decides about time: it would ask the wall clock.
"""

import contextlib
from datetime import UTC, datetime

import pybreaker

from monitor.core.breaker import Policy, State

_STATES = {
    pybreaker.STATE_CLOSED: State.CLOSED,
    pybreaker.STATE_OPEN: State.OPEN,
    pybreaker.STATE_HALF_OPEN: State.HALF_OPEN,
}


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


class Machine:
    """A breaker that moves when it is told an outcome, or told to move. Built where it left off."""

    __slots__ = ("breaker", "state")

    def __init__(self, policy: Policy, state: State, failures: int) -> None:
        closed = state is State.CLOSED
        memory = _Memory(pybreaker.STATE_CLOSED if closed else pybreaker.STATE_OPEN)
        for _ in range(failures):
            memory.increment_counter()
        self.breaker = pybreaker.CircuitBreaker(
            fail_max=policy.fail_max,
            success_threshold=policy.success_threshold,
            state_storage=memory,
            throw_new_error_on_trip=False,
        )
        self._look()

    def _look(self) -> None:
        """Look at the state after whatever may have moved it: it is asked for far more often."""
        self.state = _STATES[self.breaker.current_state]  # never `.state`: its getter acts

    @property
    def failures(self) -> int:
        """Failures in a row."""
        return self.breaker.fail_counter

    @property
    def successes(self) -> int:
        """Good trials in a row; 0 while it is not half-open."""
        return self.breaker.success_counter

    def succeed(self) -> None:
        """Replay a success."""
        self.breaker.call(_replay, False)
        if self.state is not State.CLOSED:
            self._look()

    def fail(self) -> None:
        """Replay a failure."""
        with contextlib.suppress(ProbeFailedError):
            self.breaker.call(_replay, True)
        self._look()

    def open(self) -> None:
        """Open it, whatever it counted. Not to be asked of an open one."""
        self.breaker.open()
        self._look()

    def half_open(self) -> None:
        """Let trials in."""
        self.breaker.half_open()
        self._look()

    def adopt(self, policy: Policy) -> None:
        """Count on, up to other numbers."""
        self.breaker.fail_max = policy.fail_max
        self.breaker.success_threshold = policy.success_threshold
