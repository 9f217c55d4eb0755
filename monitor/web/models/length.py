"""How an end is said: as a time, or as a length from now."""

import re
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field

from monitor.web.models.model import Model

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
LENGTH = r"^\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)$"
_LONG = re.compile(r"([\d.]+)(ms|s|m|h|d)")

Length = Annotated[str, Field(pattern=LENGTH)]


def seconds_of(length: str | float) -> float:
    """Return a length in seconds. Raises ValueError for a text that is none."""
    found = _LONG.fullmatch(length) if isinstance(length, str) else None
    return float(length) if found is None else float(found[1]) * _SECONDS[found[2]]


class Ending(Model):
    """What ends by itself."""

    until: AwareDatetime | Length | float | None = None
    """When it ends by itself: a time, or how long from now (`30m`, or seconds)."""

    def ends(self, now: datetime) -> datetime | None:
        """Return when it ends, said at `now`. Raises OverflowError for what is no time."""
        until = self.until
        if isinstance(until, datetime):
            return until.astimezone(now.tzinfo)
        return None if until is None else now + timedelta(seconds=seconds_of(until))
