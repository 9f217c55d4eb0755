"""`availability:`: how the contract counts. The figures are in `report` and /v1/availability."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from monitor.app import checks
from monitor.app.settings.part import Part

Counts = Literal["up", "down", "excluded"]


class Availability(Part):
    """How the contract counts availability: by region and calendar month."""

    target: float = Field(99.9, gt=0, le=100)
    """What is promised, in percent of a month."""
    region_down: Literal["any", "majority", "all"] = "any"
    """How many of a region's critical endpoints make it down, of those that can be judged."""
    throttled: Counts = "up"
    """What the time counts as in which Omilia asks us to call less (429)."""
    unclear: Counts = "excluded"
    """What the time counts as in which something is down and nobody can tell by whose fault."""
    timezone: Annotated[str, AfterValidator(checks.timezone)] = "UTC"
    """Whose calendar has the months, for example America/New_York."""
