"""What all credentials share: when they were issued, when they end, how early we warn."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, model_validator

from monitor.app.settings.part import Part, Positive
from monitor.core.expiry import Life

DAY = 86_400.0


def _day(value: Any) -> Any:
    """Read a date: YAML knows them, quoted ones are text."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("not a date; write 2026-09-01") from None


Day = Annotated[date, BeforeValidator(_day)]


def _midnight(day: date | None) -> datetime | None:
    return None if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)


class Dated(Part):
    """When a credential was issued and when it ends, as far as somebody wrote it down."""

    issued: Day | None = None
    """When it was issued, or its password last changed: a date. Then we warn of its age."""
    lasts: Positive = 90 * DAY
    """How long it lasts from `issued` on; Omilia asks for a new password after 90 days."""
    expires: Day | None = None
    """When it ends, if that is fixed: a date. The earlier of the two ends counts."""
    warn_before: Positive = 10 * DAY
    """How long before its end we warn: after 80 of 90 days."""

    def life(self) -> Life:
        """Return when it was issued and when it ends; a date begins at midnight, UTC."""
        issued, fixed = _midnight(self.issued), _midnight(self.expires)
        aged = None if issued is None else issued + timedelta(seconds=self.lasts)
        return Life(issued, min((end for end in (aged, fixed) if end is not None), default=None))

    @model_validator(mode="after")
    def _dates_fit(self) -> Self:
        if self.issued and self.expires and self.expires <= self.issued:
            raise ValueError("expires is not after issued; one of the dates is wrong")
        if self.warn_before >= self.lasts:
            raise ValueError("warn_before is not less than lasts; it would warn from the first day")
        try:
            self.life()
        except OverflowError:
            raise ValueError("it ends after the year 9999; leave the date out") from None
        return self
