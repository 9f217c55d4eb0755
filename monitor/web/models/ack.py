"""What is said to acknowledge an incident, and what is answered."""

from datetime import datetime

from pydantic import ConfigDict, Field

from monitor.web.models.length import Ending
from monitor.web.models.model import Model


class AckModel(Ending):
    """Somebody takes an incident."""

    model_config = ConfigDict(strict=True)

    by: str = Field("", max_length=100)
    """Who; the name of the token when it is left out."""
    comment: str = Field("", max_length=300)
    """What they say."""


class AckedModel(Model):
    """Who has taken an incident."""

    by: str
    at: datetime
    until: datetime
    """Until then nobody is reminded, and no further step is taken; the end is told all the same."""
    comment: str


class AcknowledgedModel(Model):
    """An incident that was acknowledged, or is no longer."""

    incident: str
    revision: int
    ack: AckedModel | None
