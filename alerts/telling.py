"""One thing that one channel was told, for good: a line of history, never changed."""

from dataclasses import dataclass
from typing import NamedTuple

from alerts.alert import Alert, Status
from alerts.policy import Why


class TellingKey(NamedTuple):
    """What makes a telling the same one: a repetition after an uncertain end is no second one."""

    channel: str
    incident_id: str
    revision: int


@dataclass(frozen=True, slots=True)
class Telling:
    """A channel took a message. `at_ms` is wall clock, milliseconds since 1970."""

    channel: str
    incident_id: str
    revision: int
    status: Status
    why: Why
    at_ms: int

    @classmethod
    def of(cls, channel: str, alert: Alert, why: Why, at_ms: int) -> "Telling":
        """Return the telling of an alert as it stands."""
        return cls(channel, alert.id, alert.revision, alert.status, why, at_ms)

    @property
    def key(self) -> TellingKey:
        """The row's key."""
        return TellingKey(self.channel, self.incident_id, self.revision)
