"""Shapes of what the event stream says: the data of each kind of event."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from monitor.core.blame import Blame
from monitor.core.health import Health, Status
from monitor.core.incident import Severity
from monitor.core.outcome import Category
from monitor.web.models.model import Model
from monitor.web.models.present import VerdictModel


class HealthChangeModel(Model):
    """How an endpoint looks now."""

    endpoint: str
    group: str
    health: Health
    since: datetime | None
    reason: str
    status: Status
    """The platform's, with it."""


class IncidentChangeModel(Model):
    """How an incident stands; the whole of it is at `/v1/incidents/{id}`."""

    id: str
    key: str
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
    sentence: str
    opened_at: datetime
    closed_at: datetime | None
    closed_because: str
    revision: int
    trips: int


class ConfigChangeModel(Model):
    """Which endpoints are watched, in the order of the configuration: no others are."""

    endpoints: list[str]


class ResetModel(Model):
    """Forget what was told: how everything stands follows."""

    reason: str


EVENTS: Mapping[str, type[BaseModel]] = {
    "verdict": VerdictModel,
    "health": HealthChangeModel,
    "incident": IncidentChangeModel,
    "config": ConfigChangeModel,
    "reset": ResetModel,
}
