"""Shapes of the past: incidents, the timeline, histories."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from monitor.core.blame import Blame
from monitor.core.event import Kind
from monitor.core.health import Health
from monitor.core.incident import Severity
from monitor.core.outcome import Category
from monitor.web.models.ack import AckedModel
from monitor.web.models.breaker import GroundsModel, MoveModel, OrderModel, SampleModel
from monitor.web.models.model import Model


class ToldModel(Model):
    """One thing that one channel was told, and whether more is on its way to it.

    `trying`, `attempts` and `error` stand with the last thing that a channel was told.
    """

    channel: str
    status: Literal["firing", "resolved"] | None
    """What it was told; null when it was told nothing (yet)."""
    revision: int
    """Of the incident, when it was told."""
    at: datetime
    """When it was told; of the last attempt when it was told nothing."""
    why: Literal["first", "flapping", "escalated", "updated", "resolved", "digest"] | None
    """The news in it; null when nothing was told, or when this is not known."""
    trying: int | None
    """The revision that is being told, or of which nobody knows whether it arrived."""
    attempts: int
    """How often that failed."""
    error: str
    """Why, the last time; empty without an error."""


class IncidentChangeModel(Model):
    """How an incident stands; the whole of it is at `/v1/incidents/{id}`."""

    id: str
    key: str
    """What it is about; stays the same over incidents."""
    endpoint: str
    group: str
    location: str
    status: Literal["open", "closed"]
    severity: Severity
    health: Health
    category: Category
    http_status: int | None
    reason: str
    blame: Blame
    """Whose fault it is."""
    sentence: str
    """The same, for people: "is it us?"."""
    opened_at: datetime
    closed_at: datetime | None
    closed_because: str
    revision: int
    """Grows with every change worth telling."""
    trips: int


class IncidentModel(IncidentChangeModel):
    """One incident: what began, why, with which samples, who was told, when it ended."""

    parent: str | None
    """The id of the incident that it is part of; only that one is told."""
    children: list[str]
    """The ids of the incidents that are, or were, part of it."""
    duration: float
    """Seconds, so far when open."""
    inconclusive: int
    """Probes that could say nothing, because we were offline."""
    last_good_at: datetime | None
    order: OrderModel | None
    """What was ordered about the endpoint's verdict, as of the last revision; null for none."""
    ack: AckedModel | None
    """Who has taken it, while that holds; null when nobody did, or it grew worse since."""
    why: GroundsModel | None
    """The rule that found it, with the numbers in force; null when none did."""
    samples: list[SampleModel]
    held: str
    """Why nobody is told of it for now; empty when nothing holds it back."""
    told: list[ToldModel]
    """What was told to which channel, ordered by time."""


class IncidentsModel(Model):
    """Incidents, the newest first."""

    incidents: list[IncidentModel]
    complete: bool
    """False when the store could not be read (or written): what is known without it is here."""


class EventModel(Model):
    """Something that happened beside the outcomes."""

    at: datetime
    kind: Kind
    endpoint: str | None
    """Null when it is about no endpoint."""
    location: str
    """Which location noted it."""
    text: str
    data: dict[str, str]
    """The same for programs; what is in it depends on the kind."""


class TimelineModel(Model):
    """What happened, the newest first."""

    events: list[EventModel]


class WholeIncidentModel(IncidentModel):
    """One incident, and what happened around it."""

    moves: list[MoveModel] | None
    """How the breaker of `endpoint` moved meanwhile, in order; null when the store cannot be
    read."""
    around: list[EventModel] | None
    """From half an hour before it until ten minutes after it, in order; null when the store cannot
    be read."""


class LatencyModel(Model):
    """Percentiles in seconds; null without a sample."""

    p50: float | None
    p95: float | None
    p99: float | None


class BucketModel(Model):
    """One step of a history."""

    start: datetime
    counts: dict[str, int]
    """Outcomes by category; only those that were seen."""
    availability: float | None
    latency: LatencyModel


class HistoryModel(Model):
    """The history of an endpoint, the oldest step first. Steps without an outcome are left out."""

    endpoint: str
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    step: float
    """Seconds."""
    availability: float | None
    """Over the whole time."""
    buckets: list[BucketModel]
