"""What a credential's endpoints share: the quota behind it, and a budget that keeps within it."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from monitor.app.settings.part import Part, PerCent, Positive
from monitor.core.budget import MOST, Allowance


class Quota(Part):
    """How those stand together who use one credential."""

    throttled: Literal["alone", "together"] = "alone"
    """Who waits when Omilia tells an endpoint to (429): it `alone`, or `together` with all others
    that use this credential, because they share its quota."""


class Budget(Part):
    """How many requests the probes of some endpoints may send together: never more."""

    host: Annotated[str, AfterValidator(str.lower)] | None = Field(None, min_length=1)
    """Those who ask this host, `HOST` or `HOST:PORT`."""
    credential: str | None = None
    """Those who use this credential."""
    requests: int = Field(ge=1, le=MOST)
    """How many, in any stretch of `per`. A conversation counts with each of its turns."""
    per: Annotated[Positive, Field(le=86_400)] = 60.0
    """The stretch of time."""
    reserve: PerCent = 20.0
    """How much of it is kept for trials and for the confirmation of failures."""

    @model_validator(mode="after")
    def _concerns_somebody(self) -> Self:
        if self.host is None and self.credential is None:
            raise ValueError("says nobody whose requests it counts; name a host or a credential")
        return self

    def allowance(self) -> Allowance:
        """Return it in whole requests: at least one is left for everybody."""
        kept = round(self.requests * self.reserve / 100)
        if self.reserve > 0:
            kept = max(kept, 1)
        return Allowance(self.requests, self.per, min(kept, self.requests - 1))
