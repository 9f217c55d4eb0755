"""On what terms a channel is told of an alert: later, only if, again. Values."""

from dataclasses import dataclass

LONGEST_SILENCE = 86_400.0
"""Reminders grow rarer, but one comes at least so often (seconds)."""


@dataclass(frozen=True, slots=True)
class Terms:
    """How one channel is told of one alert. Times are in seconds.

    `after` is counted from the beginning, or from when the alert was last released: a step of an
    escalation. A step `unless_acked` is not taken while somebody has acknowledged; one
    `unless_told` only when that other channel has not taken the news by then: a fallback. `remind`
    is when it is said for the first time that it still goes on; each further time after twice as
    long, 0 never. `apart` is how long news that is no worse waits after
    the last: for groups, which many join and leave.
    """

    after: float = 0.0
    unless_acked: bool = False
    unless_told: str = ""
    remind: float = 0.0
    apart: float = 0.0


AT_ONCE = Terms()


def reminder_after(terms: Terms, reminded: int) -> float:
    """Return how long after the last telling the next reminder is due, in seconds."""
    return min(terms.remind * 2.0 ** min(reminded, 32), max(LONGEST_SILENCE, terms.remind))
