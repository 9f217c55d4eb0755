"""`traffic:`: how what services report of their own calls is heeded beside the probes."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from monitor.app.settings.part import Part, PerCent, Positive


class Traffic(Part):
    """Real traffic, as it is reported over the API."""

    weight: PerCent = 50.0
    """The traffic's weight beside the probes'. Below 100% it never trips the breaker without a
    failed probe."""
    quorum: int = Field(2, ge=1, le=20)
    """How many tokens must agree: one alone never speaks for all, unless this is 1."""
    of: int = Field(100, ge=1, le=100_000)
    """How many of a reporter's last calls are looked at."""
    within: Annotated[Positive, Field(ge=15.0, le=900.0)] = 300.0
    """How old they may be, at most 15m."""
    at_least: int = Field(10, ge=1, le=100_000)
    """With fewer calls than this a reporter says nothing."""
    over: PerCent = 50.0
    """Calls fail when more than this share of them does."""
    confirm: bool = True
    """Whether failing calls have a probe look at once."""
    veto: bool = True
    """Whether failing calls overrule a good trial, for at most `breaker.max_open`."""

    @model_validator(mode="after")
    def _can_be_had(self) -> Self:
        if self.at_least > self.of:
            raise ValueError("at_least is more than of; nobody could ever say enough")
        return self
