"""The answers' shapes: they describe the interface (OpenAPI), and the tests hold answers to them.

Answers themselves are built by the views, which are faster.
"""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.core.breaker import State
from monitor.core.exchange import Fault, Phase
from monitor.core.health import Health, Status
from monitor.core.incident import Severity
from monitor.core.outcome import Category


class Model(BaseModel):
    """A shape without room for anything that is not described."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class BreakerModel(Model):
    """The breaker of an endpoint."""

    state: State
    mode: Literal["auto", "forced_open", "forced_closed", "shadow"]
    epoch: int
    """Counts the breaker's moves."""
    trips: int
    """How far its open time has grown."""
    reason: str
    opened_at: datetime | None
    retry_after: float | None
    """Seconds until the next trial; null while closed."""


class PhasesModel(Model):
    """Seconds spent in each phase; null where a phase did not happen."""

    resolve: float | None
    connect: float | None
    tls: float | None
    first_byte: float | None
    transfer: float | None


class LastModel(Model):
    """The last outcome."""

    at: datetime
    category: Category
    status: int | None
    """HTTP status, null without an answer."""
    fault: Fault | None
    """Why there was no answer."""
    phase: Phase | None
    """In which phase it went wrong, where that is known."""
    latency: float | None
    """Seconds; null when nothing was sent."""
    phases: PhasesModel
    detail: str


class EndpointModel(Model):
    """How an endpoint stands."""

    id: str
    group: str
    region: str
    """Omilia's, empty where it has none."""
    url: str
    """Without user info and the values of secrets."""
    health: Health
    since: datetime | None
    """Since when it looks like this."""
    reason: str
    breaker: BreakerModel
    last: LastModel | None
    """Null before the first probe."""
    availability: float | None = Field(ge=0, le=1)
    """Share of good outcomes in the last 24 hours; null when it is not known (yet)."""
    next_probe_at: datetime | None


class EndpointsModel(Model):
    """Every endpoint, in the order of the configuration."""

    endpoints: list[EndpointModel]


class VerdictModel(Model):
    """Whether a service may call the endpoint now, when not, and on what evidence."""

    endpoint: str
    allow: bool
    state: State
    mode: Literal["auto", "forced_open", "forced_closed", "shadow"]
    unknown: bool
    """There is no evidence, or only old evidence."""
    reason: str
    retry_after: float | None
    """Seconds until it is worth asking again; null when allowed."""
    evidence_age: float | None
    """Seconds since an outcome last said something about Omilia."""
    valid_for: float
    """Seconds for which a reader may rely on this."""
    epoch: int


class VerdictsModel(Model):
    """Every verdict, in the order of the configuration."""

    verdicts: list[VerdictModel]


class ShortIncidentModel(Model):
    """An open incident in one line."""

    id: str
    key: str
    endpoint: str
    group: str
    severity: Severity
    health: Health
    category: Category
    reason: str
    opened_at: datetime
    duration: float
    """Seconds so far."""


class StatusModel(Model):
    """Everything together."""

    status: Status
    since: datetime
    counts: dict[Health, int]
    """How many endpoints have which health; every word is there."""
    groups: dict[str, Health]
    """Each group is as well as its worst endpoint."""
    incidents: list[ShortIncidentModel]
    """What goes on, the newest first."""
    endpoints: int
    location: str
    version: str


class SampleModel(Model):
    """One piece of the evidence."""

    at: datetime
    category: Category
    status: int | None
    detail: str


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
    why: Literal["first", "escalated", "updated", "resolved"] | None
    """The news in it; null when nothing was told, or when this is not known."""
    trying: int | None
    """The revision that is being told, or of which nobody knows whether it arrived."""
    attempts: int
    """How often that failed."""
    error: str
    """Why, the last time; empty without an error."""


class IncidentModel(Model):
    """One incident: what began, why, with which samples, who was told, when it ended."""

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
    opened_at: datetime
    closed_at: datetime | None
    closed_because: str
    duration: float
    """Seconds, so far when open."""
    revision: int
    """Grows with every change worth telling."""
    trips: int
    last_good_at: datetime | None
    samples: list[SampleModel]
    told: list[ToldModel]
    """What was told to which channel, ordered by time."""


class IncidentsModel(Model):
    """Incidents, the newest first."""

    incidents: list[IncidentModel]
    complete: bool
    """False when the store could not be read (or written): what is known without it is here."""


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


class IndexModel(Model):
    """What is here."""

    name: str
    version: str
    location: str
    status: Status
    paths: dict[str, str]
    """Each path with what it answers."""


class ErrorModel(Model):
    """One thing that is wrong with the question."""

    detail: str
    parameter: str | None = None
    pointer: str | None = None


class ProblemModel(Model):
    """An error (RFC 9457)."""

    type: str
    """A URN that names the kind of problem."""
    title: str
    status: int
    detail: str
    instance: str
    errors: list[ErrorModel] | None = None


class ComponentModel(Model):
    """One part of the daemon."""

    component_type: Literal["component", "datastore", "system"] = Field(alias="componentType")
    status: Literal["pass", "warn", "fail"]
    time: datetime
    observed_value: float | None = Field(default=None, alias="observedValue")
    observed_unit: str | None = Field(default=None, alias="observedUnit")
    output: str | None = None


class SelfHealthModel(Model):
    """The daemon's own health (draft-inadarei-api-health-check). Omilia has no part in it."""

    status: Literal["pass", "warn", "fail"]
    version: str
    service_id: str = Field(alias="serviceId")
    description: str
    checks: dict[str, list[ComponentModel]]
