"""`maintenance:`: announced times of work, in which alerts wait and availability does not count."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, model_validator

from monitor.adapters import calendars
from monitor.app import checks
from monitor.app.settings.part import Name, Part, Positive, SecretUrl
from monitor.core.maintenance import LONGEST

_KINDS = ("from", "cron", "ics", "url")
_FIELDS = {"from": "from_"}

Some = Annotated[list[str], Field(min_length=1)] | None
Address = Annotated[str | SecretUrl, AfterValidator(checks.feed)]


def _file(value: str, info: ValidationInfo) -> str:
    """Find a file beside the configuration, and check that it is a calendar."""
    base = (info.context or {}).get("base", Path())
    return checks.calendar(Path(base) / value)


class Maintenance(Part):
    """Work that is announced: once (`from`), again and again (`cron`), or in a calendar."""

    name: Name
    """Unique: it stands in alerts, in the API and in the ids of windows."""
    reason: str = Field("", max_length=300)
    """Why, for people."""
    endpoints: Some = None
    """Whom it is about. Everything, when no endpoint, group or region is named."""
    groups: Some = None
    """Groups that it is about."""
    regions: Some = None
    """Regions of Omilia's that it is about."""
    from_: str | None = Field(None, alias="from")
    """When it begins, once: 2026-12-01T22:00:00+01:00; without an offset, in `timezone`."""
    to: str | None = None
    """When it ends; or how long it takes:"""
    duration: Annotated[Positive, Field(le=LONGEST.total_seconds())] | None = None
    """How long it takes from its beginning, in elapsed time; at most 31 days."""
    cron: Annotated[str, AfterValidator(calendars.check_cron)] | None = None
    """When it begins, again and again: minute hour day month weekday, in `timezone`."""
    ics: Annotated[str, AfterValidator(_file)] | None = None
    """An iCalendar file, relative to this one; each of its events is a window."""
    url: Address | None = None
    """Where an iCalendar file lies; a secret when the address has a token in it."""
    every: Annotated[Positive, Field(ge=60.0)] = 900.0
    """How often `ics` or `url` is looked at again."""
    timezone: Annotated[str, AfterValidator(checks.timezone)] | None = None
    """The zone of `cron` and of times without an offset, for example Europe/Berlin, or UTC. For
    calendars: of times that have none, and of whole days; UTC when it is left out."""

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        kinds = [key for key in _KINDS if getattr(self, _FIELDS.get(key, key)) is not None]
        if len(kinds) != 1:
            found = f"{' and '.join(kinds)} stand together" if kinds else "it does not say when"
            raise ValueError(f"{found}; write one of from, cron, ics or url")
        {"from": self._check_once, "cron": self._check_cron}.get(kinds[0], self._check_calendar)()
        return self

    def _check_calendar(self) -> None:
        if self.to is not None or self.duration is not None:
            raise ValueError("a calendar says itself how long; leave to and duration out")

    def _check_cron(self) -> None:
        if self.duration is None or self.to is not None:
            raise ValueError("how long is not said; a cron window needs a duration, for example 2h")
        if self.timezone is None:
            raise ValueError("cron without a timezone; write Europe/Berlin, or UTC")

    def _check_once(self) -> None:
        if (self.to is None) == (self.duration is None):
            raise ValueError("say when it ends: write either to or duration")
        start, end = self.once()
        if end <= start:
            raise ValueError("to is not after from; it would be over before it begins")
        if end - start > LONGEST:
            raise ValueError("it lasts longer than 31 days; shorten it, or write several")

    @property
    def address(self) -> str | None:
        """Where the calendar lies, which may be secret: not to be shown."""
        return self.url.get_secret_value() if isinstance(self.url, SecretStr) else self.url

    def once(self) -> tuple[datetime, datetime]:
        """Return from when to when a window that is announced once lasts, in UTC.

        Raises ValueError for times that are none, or that say too little.
        """
        start = self._moment("from", self.from_ or "")
        if self.duration is not None:
            return start, start + timedelta(seconds=self.duration)
        return start, self._moment("to", self.to or "")

    def _moment(self, key: str, text: str) -> datetime:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{key} is not a time; write 2026-12-01T22:00:00+01:00") from None
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
        if self.timezone is None:
            raise ValueError(f"{key} has no offset; write one, for example +01:00, or a timezone")
        return calendars.exact(moment, calendars.zone_of(self.timezone))
