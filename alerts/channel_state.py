"""How one channel is: a breaker in its simplest honest form. Values and one move.

While a channel is not ok, one message at a time finds out whether it works again; the others wait.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from alerts.attempt import Attempt, Result

TOLERATED = 3
"""So many attempts in a row may get no answer before the whole channel waits."""


class Condition(StrEnum):
    """What is the matter with it. Bounded: it is stored, and a metric's label."""

    OK = "ok"
    THROTTLED = "throttled"
    UNREACHABLE = "unreachable"
    MISCONFIGURED = "misconfigured"
    DISABLED = "disabled"


_WAITS = {
    Result.THROTTLED: Condition.THROTTLED,
    Result.MISCONFIGURED: Condition.MISCONFIGURED,
    Result.DISABLED: Condition.DISABLED,
}


@dataclass(frozen=True, slots=True)
class ChannelState:
    """How a channel is. `failures` counts attempts in a row that were no good.

    `not_before_ms` and `updated_ms` are wall clock, milliseconds since 1970.
    """

    name: str
    condition: Condition = Condition.OK
    failures: int = 0
    not_before_ms: int | None = None
    last_error: str = ""
    updated_ms: int = 0


def after(state: ChannelState, attempt: Attempt, *, stale: bool) -> ChannelState:
    """Return how the channel is after an attempt; the same object when nothing changed.

    `stale` says that the attempt began before the channel came into its condition: then it proves
    nothing, unless it brings worse news. The wait is the caller's to add.
    """
    condition = _WAITS.get(attempt.result)
    if stale and (condition is None or state.condition is Condition.DISABLED):
        return state
    if attempt.result in (Result.TOLD, Result.REFUSED):
        well = state.condition is Condition.OK and not state.failures
        return state if well else ChannelState(state.name)
    failures = state.failures + 1
    if condition is None:
        condition = Condition.UNREACHABLE
        if state.condition is Condition.OK and failures < TOLERATED:
            condition = Condition.OK
    return replace(state, condition=condition, failures=failures, last_error=attempt.error)
