"""What a system that was told says of who has taken an alert there. Values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from alerts.attempt import TOLD, Attempt
from alerts.message import Notification
from alerts.policy import Why


@dataclass(frozen=True, slots=True)
class Asked:
    """An alert that a channel was told of: its incident's id, and the channel's handle for it."""

    incident_id: str
    remote: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Taken:
    """Somebody has it: who, and what their system calls this acknowledgement and no other."""

    by: str
    ref: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of asking. `found` has only what was learnt, None for what nobody has taken.

    `trouble` says why the rest was not learnt; told when all was.
    """

    found: Mapping[str, Taken | None]
    trouble: Attempt = TOLD


@runtime_checkable
class Hears(Protocol):
    """A channel whose system can be asked who has taken what."""

    @property
    def hears(self) -> bool:
        """Whether it is configured to ask."""
        ...

    async def taken(self, asked: Sequence[Asked]) -> Heard:
        """Ask about alerts, one after the other; stop at the first trouble. Never raises."""
        ...


def is_echo(notification: Notification, channel: str) -> bool:
    """Tell whether all that is new is what this channel's own system has said to us."""
    alert, before = notification.alert, notification.before
    if notification.why is not Why.UPDATED or before is None or before.id != alert.id:
        return False
    same = (before.severity, before.title) == (alert.severity, alert.title)
    whose = (before.acked_by, before.acked_from) != (alert.acked_by, alert.acked_from)
    return same and whose and channel == (alert.acked_from or before.acked_from)
