"""`platform:`: when failures of many endpoints are one incident of the platform's."""

from pydantic import Field

from monitor.app.settings.part import Part, PerCent, Positive


class Platform(Part):
    """When failures are one: then one incident of the platform's is told, and no other.

    Counted are the endpoints of one region that speak of the platform.
    """

    share: PerCent = 50.0
    """More than this part of them must be down ..."""
    at_least: int = Field(3, ge=2, le=1000)
    """... and at least so many ..."""
    within: Positive = 120.0
    """... that went down within this time."""
