"""Shapes of availability as the contract counts it."""

from datetime import datetime

from pydantic import Field

from monitor.core.marks import Counts, RegionDown
from monitor.core.stretch import Mark
from monitor.web.models.model import Model


class RunModel(Model):
    """A time in which something was not up, without a break."""

    mark: Mark
    counts: Counts
    """What it counts as, by the terms."""
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    seconds: float
    ongoing: bool
    """It had not ended when we last looked."""
    start_after: datetime | None = Field(alias="from_after")
    """The last look that showed something else: it really began after that."""
    end_after: datetime | None = Field(alias="to_after")
    """The last look that still showed it: it really ended after that."""
    endpoints: list[str]
    incidents: list[str]
    """Their ids."""
    causes: list[str]
    """Categories; or whose trouble it is, where that is ours."""
    reasons: list[str]
    """At most five sentences."""


class FiguresModel(Model):
    """The figures of a month, in seconds. All parts in `seconds` add up to it."""

    met: bool | None
    """Whether the target is met (so far); null when nothing could be judged."""
    availability: float | None = Field(ge=0, le=1)
    """Share of the judged time that was not down, rounded down."""
    coverage: float | None = Field(ge=0, le=1)
    """Share of the month so far that could be judged; null before it began."""
    downtime: float
    downtime_least: float
    """Probes look now and then: it was at least this much ..."""
    downtime_most: float
    """... and at most this much."""
    allowed: float
    """What the target allows in this month."""
    left: float
    """Of what is allowed; negative when the target is missed."""
    projected: float | None
    """Downtime of the whole month, if it goes on as it was."""
    seconds: dict[str, float]
    """By mark, every one of them; `ahead` is what is still to come."""
    runs: list[RunModel]
    """The times in which it was not up, in order."""


class EndpointFiguresModel(FiguresModel):
    """One endpoint. Its runs leave out what is the same for most others: nobody looked."""

    endpoint: str
    critical: bool
    """Whether it counts for the region."""


class RegionFiguresModel(FiguresModel):
    """One region, as one location saw it."""

    region: str
    """Empty for endpoints that name none."""
    location: str
    until: datetime
    """How far we know it."""
    endpoints: list[EndpointFiguresModel]


class ContractModel(Model):
    """A month, by region, and the terms by which it was counted."""

    month: str
    timezone: str
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    now: datetime
    target: float
    region_down: RegionDown
    throttled: Counts
    unclear: Counts
    regions: list[RegionFiguresModel]
