"""One thing that one channel was told, for good: a line of history, never changed."""

from collections.abc import Iterator
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


def tellings_of(
    channel: str, alert: Alert, before: Alert | None, why: Why, at_ms: int
) -> Iterator[Telling]:
    """Yield what a message told: of a group, what was new about each member.

    `before` is the alert as the channel was last told of it.
    """
    if not alert.members:
        yield Telling.of(channel, alert, why, at_ms)
    known = {one.id: one for one in before.members} if before and before.id == alert.id else {}
    for one in alert.members:
        over, first = one.status is Status.RESOLVED, one.id not in known
        if known.get(one.id) != one and not (over and first):
            because = Why.RESOLVED if over else Why.FIRST if first else why
            yield Telling(channel, one.id, one.revision, one.status, because, at_ms)
