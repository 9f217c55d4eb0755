"""What services report of their own calls."""

from typing import Annotated, Self

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from monitor.core.disagreement import Disagreement
from monitor.core.outcome import Category
from monitor.core.traffic import Says
from monitor.web.models.model import Model

MOST_LINES = 500
MOST_CALLS = 1_000_000
"""Calls that one line may stand for."""


class ReportLineModel(Model):
    """Calls of one endpoint that went alike: a category of ours, or the HTTP status."""

    model_config = ConfigDict(strict=True)

    endpoint: str
    category: Annotated[Category, Field(strict=False)] | None = None
    status: int | None = Field(None, ge=100, le=999)
    latency: float | None = Field(None, ge=0, le=86_400)
    """Seconds; the mean when there were several."""
    at: AwareDatetime | None = None
    """When they were; now, when it is left out."""
    count: int = Field(1, ge=1, le=MOST_CALLS)

    @model_validator(mode="after")
    def _says_what_came(self) -> Self:
        if (self.category is None) == (self.status is None):
            raise ValueError("say what came of it: either category or status")
        return self


class ReportsModel(Model):
    """A batch of reports. It is taken whole or not at all."""

    model_config = ConfigDict(strict=True)

    reporter: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$")
    """Who reports: the name of the token, or what begins with it: `checkout`, `checkout/node-7`."""
    reports: list[ReportLineModel] = Field(min_length=1, max_length=MOST_LINES)


class TakenModel(Model):
    """A batch that was taken."""

    lines: int
    calls: int


class VoiceModel(Model):
    """What the reporters of one token say together."""

    token: str
    reporters: int
    calls: int
    failed: int
    share: float
    """Per cent that failed; of several reporters, the lower median."""
    latency: float | None
    """Mean in seconds; null when nobody told."""


class TrafficModel(Model):
    """What is reported of real traffic."""

    says: Says
    share: float | None
    """Per cent that failed: the lower median of those who have reported enough."""
    calls: int
    failed: int
    within: float
    """Seconds that are looked back on."""
    over: float
    """Per cent; more than this is failing."""
    quorum: int
    weight: float
    """Per cent."""
    voices: list[VoiceModel]
    """Those who have reported enough, by token."""
    disagreement: Disagreement | None
    """Who fails while the other works; null while probes and traffic agree."""
