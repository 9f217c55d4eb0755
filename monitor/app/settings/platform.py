"""`platform:`: when failures of many endpoints are one incident of the platform's."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from monitor.app.settings.part import Part, Positive


def share_of(text: Any) -> float:
    """Read a percentage such as `50%`. Raises ValueError for anything else."""
    number = text.removesuffix("%") if isinstance(text, str) and text.endswith("%") else ""
    if not number.isascii() or not number.isdigit() or not 0 < int(number) <= 100:  # noqa: PLR2004  percent
        raise ValueError("not a percentage; write 50%")
    return int(number) / 100


Share = Annotated[
    float,
    BeforeValidator(share_of),
    PlainSerializer(lambda share: f"{share * 100:g}%", return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+%$"}),
]
"""A part of a whole, 0..1, written as a percentage."""


class Platform(Part):
    """When failures are one: then one incident of the platform's is told, and no other.

    Counted are the endpoints of one region that speak of the platform.
    """

    share: Share = 0.5
    """More than this part of them must be down ..."""
    at_least: int = Field(3, ge=2, le=1000)
    """... and at least so many ..."""
    within: Positive = 120.0
    """... that went down within this time."""
