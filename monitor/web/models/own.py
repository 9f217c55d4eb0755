"""Shapes of the interface itself: the index, problems, the daemon's own health."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from monitor.core.health import Status
from monitor.web.models.model import Model


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
