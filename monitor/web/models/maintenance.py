"""Shapes of maintenance: windows, calendars, and what is said to announce one."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, ConfigDict, Field, model_validator

from monitor.core.maintenance import LONGEST
from monitor.web.models.model import Model

Named = Annotated[list[Annotated[str, Field(max_length=64)]], Field(min_length=1, max_length=1000)]


class WindowModel(Model):
    """A window of maintenance. With no endpoint, group or region it is about everything."""

    id: str
    name: str
    state: Literal["scheduled", "active", "over"]
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    endpoints: list[str]
    groups: list[str]
    regions: list[str]
    reason: str
    by: str
    """Who announced it: `configuration`, `calendar`, or the name of a token."""
    ended_by: str
    """Who ended it early; empty when nobody did."""


class CalendarModel(Model):
    """A calendar from which windows are read."""

    name: str
    windows: int
    """How many are known of it, those that are over included."""
    had_at: datetime | None
    """When it was last read; null when it never was."""
    failing_since: datetime | None
    """Since when it cannot be read; what it said before holds meanwhile."""
    error: str


class MaintenanceModel(Model):
    """Windows that go on or are to come, the earliest first."""

    maintenance: list[WindowModel]
    calendars: list[CalendarModel]


class AnnouncementModel(Model):
    """A window to announce. With no endpoint, group or region it is about everything."""

    model_config = ConfigDict(strict=True)

    start: AwareDatetime | None = Field(None, alias="from")
    """Now, when it is left out or past: what was seen before is not counted anew."""
    end: AwareDatetime | None = Field(None, alias="to")
    """When it ends; or how long it takes:"""
    duration: float | None = Field(None, gt=0, le=LONGEST.total_seconds())
    """Seconds from its beginning."""
    endpoints: Named | None = None
    groups: Named | None = None
    regions: Named | None = None
    name: str = Field("", max_length=64)
    """How it is called in alerts; `announced by` and the token's name when it is left out."""
    reason: str = Field("", max_length=300)
    """Why, for people."""

    @model_validator(mode="after")
    def _says_when_it_ends(self) -> Self:
        if (self.end is None) == (self.duration is None):
            raise ValueError("say when it ends: either to or duration")
        return self

    def within(self, now: datetime) -> tuple[datetime, datetime]:
        """Return from when to when it lasts, when it is announced at `now`."""
        start = self.start or now
        end = self.end or start + timedelta(seconds=self.duration or 0.0)
        return max(start.astimezone(now.tzinfo), now), end.astimezone(now.tzinfo)
