"""Shapes of the present: status, endpoints, verdicts."""

from datetime import datetime

from pydantic import Field

from monitor.core.blame import Blame
from monitor.core.breaker import State
from monitor.core.exchange import Fault, Phase
from monitor.core.health import Health, Status
from monitor.core.incident import Severity
from monitor.core.order import Mode
from monitor.core.outcome import About, Category
from monitor.core.verdict import Weight
from monitor.web.models.ack import AckedModel
from monitor.web.models.breaker import BreakerModel, EvidenceModel, OrderModel
from monitor.web.models.maintenance import WindowModel
from monitor.web.models.model import Model
from monitor.web.models.objective import ObjectiveModel


class PhasesModel(Model):
    """Seconds spent in each phase; null where a phase did not happen."""

    resolve: float | None
    connect: float | None
    tls: float | None
    first_byte: float | None
    transfer: float | None


class StepModel(Model):
    """A part of a conversation."""

    name: str
    seconds: float


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
    steps: list[StepModel]
    """The parts of a conversation, or of what was polled; empty for a single request."""
    detail: str


class ServiceModel(Model):
    """A service that the endpoint depends on, as it says itself."""

    name: str
    said: str
    well: bool
    """Whether that is one of the words for it."""


class SignalsModel(Model):
    """What the last good reply told of the platform itself."""

    release: str | None
    started: str | None
    """As Omilia writes it."""
    services: list[ServiceModel]


class UnderModel(Model):
    """The maintenance that an endpoint is in."""

    window: str
    """The id of the window; of several the one that ends last."""
    name: str
    reason: str
    by: str
    """Who announced it."""
    since: datetime
    until: datetime
    """When it comes out of maintenance; windows that touch or overlap are one stretch."""
    otherwise: Health
    """What it would look like otherwise."""


class EndpointModel(Model):
    """How an endpoint stands."""

    id: str
    group: str
    region: str
    """Omilia's, empty where it has none."""
    about: About
    """Whether it speaks of the platform, or of one application that runs on it."""
    url: str
    """Without user info and the values of secrets."""
    health: Health
    since: datetime | None
    """Since when it looks like this."""
    reason: str
    maintenance: UnderModel | None
    """Null when it is in none."""
    breaker: BreakerModel
    evidence: EvidenceModel | None
    """Null while the breaker is not closed and nobody reports traffic: trials decide then."""
    last: LastModel | None
    """Null before the first probe."""
    signals: SignalsModel | None
    """Null when the endpoint has none, or told none yet."""
    availability: float | None = Field(ge=0, le=1)
    """Share of good outcomes in the last 24 hours; null when it is not known (yet)."""
    objective: ObjectiveModel | None
    """Null when it has none, and for a minute after the start."""
    next_probe_at: datetime | None


class EndpointsModel(Model):
    """Every endpoint, in the order of the configuration."""

    endpoints: list[EndpointModel]


class VerdictModel(Model):
    """Whether a service may call the endpoint now, when not, and on what evidence."""

    endpoint: str
    allow: bool
    state: State
    mode: Mode
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
    evidence: Weight
    """`none` (or only old), `thin` (too little for a rate) or `enough`."""


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
    blame: Blame
    """Whose fault it is."""
    sentence: str
    """The same, for people: "is it us?"."""
    parent: str | None
    """The id of the incident that it is part of; only that one is told."""
    children: list[str]
    """The ids of the incidents that are, or were, part of it."""
    held: str
    """Why nobody is told of it for now; empty when nothing holds it back."""
    ack: AckedModel | None
    """Who has it now; null when nobody does."""
    opened_at: datetime
    duration: float
    """Seconds so far."""


class OrderOfModel(OrderModel):
    """What somebody ordered about the verdict of an endpoint."""

    endpoint: str


class StatusModel(Model):
    """Everything together."""

    status: Status
    since: datetime
    counts: dict[Health, int]
    """How many endpoints have which health; every word is there."""
    blame: Blame | None
    """Whose fault it is, by the worst incident; null when nothing is wrong."""
    sentence: str
    """The same, for people: "is it us?"."""
    groups: dict[str, Health]
    """Each group is as well as its worst endpoint."""
    regions: dict[str, Health]
    """The same for each region of Omilia's; the empty name is that of none."""
    incidents: list[ShortIncidentModel]
    """What goes on, the newest first."""
    maintenance: list[WindowModel]
    """The windows of maintenance that are active."""
    orders: list[OrderOfModel]
    """What somebody ordered about verdicts; empty while breakers decide."""
    endpoints: int
    location: str
    version: str
