"""Events: what happened beside the outcomes, so that people see it beside an outage.

A release of Omilia's, a pause of our own: things that have a time, and no state to follow. They are
shown on a timeline and near an incident; nobody is alerted of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What kind of thing happened. Bounded: it is part of the HTTP contract."""

    RELEASE = "release"
    """A version that an endpoint tells of became another one."""
    RESTART = "restart"
    """The start time that a service tells of became another one."""
    SERVICES = "services"
    """What a service says of the services that it depends on changed."""
    MODE = "mode"
    """Somebody ordered a mode, or an order ended."""
    MAINTENANCE = "maintenance"
    """A window of maintenance began, or ended."""
    SILENCE = "silence"
    """A silence began, or ended."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. Two that are equal are one.

    `at` is aware UTC. `endpoint` is None when it is about no endpoint. `text` is one line that is
    safe to show; `data` says the same to programs, and is safe to show too.
    """

    at: datetime
    kind: Kind
    text: str
    endpoint: str | None = None
    data: Mapping[str, str] = field(default_factory=dict)
