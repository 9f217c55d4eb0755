"""`flapping:`: when outages of one thing are told as one."""

from typing import Annotated

from pydantic import Field

from alerts.config import Duration
from monitor.app.settings.part import Part


class Flapping(Part):
    """When outages are flapping: then that is told, once, and neither their ends nor their begins.

    Counted are incidents, not probes.
    """

    opens: int = Field(4, ge=2, le=100)
    """So many outages of one thing ..."""
    within: Annotated[Duration, Field(ge=60, le=86_400)] = 3600.0
    """... that began within this time."""
    digest: Annotated[Duration, Field(ge=60, le=86_400)] = 1800.0
    """How often it is summed up while it goes on, when something happened since."""
