"""Shapes of the journal: what was told to whom, what is owed, and why that waits."""

from datetime import datetime
from typing import Literal

from monitor.core.incident import Severity
from monitor.web.models.model import Model

Standing = Literal["firing", "resolved"]


class LifecycleModel(Model):
    """What the system behind a channel can do with an alert that changes and ends."""

    resolves: bool
    edits: bool
    acknowledges: bool
    level: bool
    """It is told again and again while an alert stands."""
    pace: float
    """It takes one message in so many seconds; 0 when its limit is not known, or there is none."""


class JournalChannelModel(Model):
    """How a channel is."""

    channel: str
    kind: str
    condition: Literal["ok", "throttled", "unreachable", "misconfigured", "disabled"]
    failures: int
    """Attempts in a row that were no good."""
    until: datetime | None
    """When it is tried again; null when it does not wait, or waits for somebody to say so."""
    error: str
    """Why, the last time; empty without an error."""
    owed: int
    """How many things it is still to be told."""
    dropped: int
    """How many were dropped, since the start."""
    lifecycle: LifecycleModel


class SaidModel(Model):
    """What a channel was told last of an incident."""

    status: Standing
    severity: Severity | None
    revision: int
    at: datetime | None
    """When, or when it was last repeated; null when that is not known."""
    reminded: int
    """How often it was repeated since."""


class OwedModel(Model):
    """What a channel is to be told."""

    why: Literal[
        "first", "flapping", "escalated", "updated", "reminder", "resent", "resolved", "digest"
    ]
    id: str
    """The id of the message; a webhook's `webhook-id`."""
    status: Standing
    severity: Severity
    revision: int
    since: datetime
    """Since when it might know."""
    waits: str
    """Why it is not told yet; empty when it goes out now."""
    until: datetime | None
    """When that ends, where it ends by itself."""


class EntryModel(Model):
    """How the telling of one thing to one channel stands."""

    channel: str
    key: str
    """What it is about; stays the same over incidents."""
    incident: str
    title: str
    told: SaidModel | None
    """Null when it was told nothing of this incident."""
    trying: int | None
    """The revision that is being told, or of which nobody knows whether it arrived."""
    attempts: int
    """How often that failed."""
    not_before: datetime | None
    """When this message is tried again; the channel may have to wait longer."""
    error: str
    """Why, the last time; or who dropped it. Empty without an error."""
    owed: OwedModel | None
    """Null when nothing is to be told now; then `quiet` says why."""
    quiet: str
    """Why nothing is to be told; empty when something is owed."""
    until: datetime | None
    """When something may be to be told, where a time says so."""


class JournalModel(Model):
    """What was told to whom, and what is owed: that first, the oldest first."""

    channels: list[JournalChannelModel]
    entries: list[EntryModel]
    owed: int
    """How many things are owed, shown or not."""
    matching: int
    """How many entries there are, shown or not."""


class DroppedModel(Model):
    """What was dropped."""

    stored: bool
    """False while the database does not take it: a restart before it does forgets the order."""
    entry: EntryModel
