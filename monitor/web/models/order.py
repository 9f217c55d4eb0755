"""What is said to order a mode."""

import re
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, ConfigDict, Field

from monitor.core.order import Mode
from monitor.web.models.model import Model

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_LENGTH = r"^\d{1,9}(\.\d{1,3})?(ms|s|m|h|d)$"
_LONG = re.compile(r"([\d.]+)(ms|s|m|h|d)")

Length = Annotated[str, Field(pattern=_LENGTH)]


class OrderedModel(Model):
    """A mode to order."""

    model_config = ConfigDict(strict=True)

    mode: Annotated[Mode, Field(strict=False)]
    """`auto` ends an order; where the configuration says another mode, it is one itself."""
    until: AwareDatetime | Length | float | None = None
    """When it ends by itself: a time, or how long from now (`30m`, or seconds). Left out, it holds
    until somebody ends it."""
    reason: str = Field("", max_length=300)
    """Why, for people."""

    def ends(self, now: datetime) -> datetime | None:
        """Return when it ends, ordered at `now`. Raises OverflowError for what is no time."""
        until = self.until
        if isinstance(until, datetime):
            return until.astimezone(now.tzinfo)
        if isinstance(until, str) and (found := _LONG.fullmatch(until)):
            until = float(found[1]) * _SECONDS[found[2]]
        return None if until is None else now + timedelta(seconds=float(until))
