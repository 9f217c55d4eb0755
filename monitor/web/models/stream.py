"""Shapes of what the event stream says: the data of each kind of event."""

from collections.abc import Mapping
from datetime import datetime

from pydantic import BaseModel

from monitor.core.health import Health, Status
from monitor.web.models.model import Model
from monitor.web.models.past import IncidentChangeModel
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
