"""An alert: how one thing stands, in the words of a message; the level, never the edge."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Alert:
    """How one incident stands. Frozen; a newer one has a higher `revision` and replaces it.

    `id` is the incident's, `key` the thing's (it stays the same over incidents). `channels` names
    the configured channels to tell. `facts` are further JSON values for the message: endpoint,
    group, category, http_status, detail, breaker, location, links. Times are aware UTC. Nothing in
    an alert is secret.

    `held` says why nobody is told of it for now, "" when it may be told: a hold mutes news, never
    the resolve of what was told before. `released_at` is when the last hold of it ended.
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
    held: str = ""
    released_at: datetime | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def idempotency_id(self) -> str:
        """The id under which this revision is sent, the same over retries and restarts."""
        return f"{self.id}.{self.revision}"
