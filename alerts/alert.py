"""An alert: how one thing stands, in the words of a message; the level, never the edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from alerts.terms import AT_ONCE, Terms


class Status(StrEnum):
    """Whether it goes on."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Severity(StrEnum):
    """How bad it is."""

    CRITICAL = "critical"
    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Flap(StrEnum):
    """Whether it tells of something that flaps, and what its newest revision says of that."""

    NO = ""
    YES = "flaps"
    DIGEST = "digest"
    """The sum of what has happened since the revision before."""


RANK = (Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.CRITICAL)
"""From harmless to bad."""


@dataclass(frozen=True, slots=True)
class Member:
    """One incident of several that an alert speaks of: how it stands there. `name` is its key."""

    id: str
    name: str
    revision: int
    status: Status


@dataclass(frozen=True, slots=True)
class Alert:
    """How one incident stands. Frozen; a newer one has a higher `revision` and replaces it.

    `id` is the incident's, `key` the thing's (it stays the same over incidents). `channels` names
    the configured channels to tell. `facts` are further JSON values for the message: endpoint,
    group, category, http_status, detail, breaker, location, links. Times are aware UTC. Nothing in
    an alert is secret.

    `digest`: its end is also told to who never heard of it, as the sum of what happened.
    `held` says why nobody is told of it for now, "" when it may be told: a hold mutes news, never
    the resolve of what was told before. `released_at` is when the last hold of it ended.

    `flap` says that many outages of one thing are told as this one; they themselves are held.

    `terms` say how a channel is told, where that is not at once. `acked_by` has taken it until
    `acked_until`: that ends reminders and escalation for so long, and never the resolve. It was
    the system behind the channel `acked_from` that said so, "" when it was said to us.

    `members` are the incidents that a group's alert speaks of, empty for an incident's own.
    """

    id: str
    revision: int
    key: str
    status: Status
    severity: Severity
    title: str
    reason: str
    started_at: datetime
    updated_at: datetime
    ended_at: datetime | None = None
    channels: tuple[str, ...] = ()
    digest: bool = False
    held: str = ""
    released_at: datetime | None = None
    flap: Flap = Flap.NO
    terms: Mapping[str, Terms] = field(default_factory=dict)
    acked_until: datetime | None = None
    acked_by: str = ""
    acked_from: str = ""
    members: tuple[Member, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def terms_of(self, channel: str) -> Terms:
        """Return how a channel is told."""
        return self.terms.get(channel, AT_ONCE)

    def is_acked(self, now: datetime) -> bool:
        """Tell whether somebody has taken it."""
        return self.acked_until is not None and now < self.acked_until

    @property
    def idempotency_id(self) -> str:
        """The id under which this revision is sent, the same over retries and restarts."""
        return f"{self.id}.{self.revision}"
