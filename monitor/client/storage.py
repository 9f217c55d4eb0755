"""A storage for stock pybreaker: its breaker obeys our verdict, and decides nothing itself."""

from datetime import datetime, timedelta
from typing import Protocol

from monitor.client import clock


class Allowing(Protocol):
    """Whoever knows whether to call: `VerdictClient`, or `threads.Verdicts`."""

    def allows(self, endpoint: str) -> bool:
        """Tell whether to call, at once."""
        ...


class FollowerStorage:
    """Gives a `pybreaker.CircuitBreaker` the state of an endpoint's verdict.

        breaker = pybreaker.CircuitBreaker(state_storage=FollowerStorage(verdicts, "chat-rest"))

    The breaker is closed while the verdict allows, else open. It never half-opens, because it never
    was opened longer ago than tomorrow: no user's call is a trial. What it counts and would write
    is dropped: failures of one process do not open it, and `open()` and `close()` do not last.
    Fits `pybreaker.CircuitBreakerStorage` by shape, so that pybreaker is needed only by its users.
    """

    def __init__(self, verdicts: Allowing, endpoint: str) -> None:
        self.name = endpoint
        self._verdicts = verdicts

    @property
    def state(self) -> str:
        """The state, in pybreaker's words."""
        return "closed" if self._verdicts.allows(self.name) else "open"

    @state.setter
    def state(self, state: str) -> None: ...

    @property
    def opened_at(self) -> datetime | None:
        """Always tomorrow: an open time that has not begun is never over."""
        return clock.now() + timedelta(days=1)

    @opened_at.setter
    def opened_at(self, at: datetime) -> None: ...

    @property
    def counter(self) -> int:
        """No failure counts here."""
        return 0

    @property
    def success_counter(self) -> int:
        """No success counts here."""
        return 0

    def increment_counter(self) -> None:
        """Drop a failure."""

    def reset_counter(self) -> None:
        """Drop a success."""

    def increment_success_counter(self) -> None:
        """Drop a success."""

    def reset_success_counter(self) -> None:
        """Drop a move."""
