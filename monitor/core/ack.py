"""An acknowledgement: somebody has taken an incident, until some time."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Ack:
    """Who has taken an incident, when, until when, and what they say.

    It ends reminders and escalation for so long, and never the resolve. It ends by itself, and when
    the incident grows worse.
    """

    by: str
    at: datetime
    until: datetime
    comment: str = ""

    def holds(self, now: datetime) -> bool:
        """Tell whether it is still in force."""
        return now < self.until


_WORST_FIRST = ("critical", "error", "warning")


def kept(ack: Ack | None, before: str, after: str) -> Ack | None:
    """Return the acknowledgement of an incident whose severity became another: none when worse."""
    worse = _WORST_FIRST.index(after) < _WORST_FIRST.index(before)
    return None if worse else ack
