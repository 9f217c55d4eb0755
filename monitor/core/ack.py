"""An acknowledgement: somebody has taken an incident, until some time."""

from dataclasses import dataclass, replace
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
    channel: str = ""
    """Whose system says so; "" when we were told ourselves."""
    ref: str = ""
    """What that system calls this acknowledgement."""

    def holds(self, now: datetime) -> bool:
        """Tell whether it is still in force."""
        return now < self.until


def is_news(before: Ack | None, after: Ack | None) -> bool:
    """Tell whether anybody is to hear of an acknowledgement: not when it or another's goes on."""
    if before == after:
        return False
    if before is None or after is None or not after.ref:
        return True
    return replace(after, until=before.until) != before


def counted(heard: tuple[str, ...], ref: str) -> tuple[str, ...]:
    """Add an acknowledgement of elsewhere to those that have counted; the oldest go."""
    return (*heard, ref)[-_REMEMBERED:] if ref else heard


_REMEMBERED = 20
_WORST_FIRST = ("critical", "error", "warning")


def kept(ack: Ack | None, before: str, after: str) -> Ack | None:
    """Return the acknowledgement of an incident whose severity became another: none when worse."""
    worse = _WORST_FIRST.index(after) < _WORST_FIRST.index(before)
    return None if worse else ack
