"""`breaker:`: when the circuit breaker of an endpoint trips, and how long it stays open."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from alerts.config import spelled
from monitor.app import checks
from monitor.app.settings.part import Part, PerCent, Positive, Status
from monitor.core.window import MOST

Share = Annotated[PerCent, Field(gt=0)]

_SHORTEST = 600.0
"""Seconds that a window reaches back at least, when nobody says how far."""


class Rate(Part):
    """How much of the last outcomes may go wrong, bounded by count and by age."""

    of: int = Field(20, ge=2, le=MOST)
    """How many outcomes are looked at, at most."""
    within: Positive | None = None
    """How old they may be. Left out: as long as twice `at_least` probes take, and 10m at least."""
    at_least: int = Field(5, ge=2, le=MOST)
    """With fewer outcomes than this nothing is said: not enough evidence."""

    @model_validator(mode="after")
    def _can_be_had(self) -> Self:
        if self.at_least > self.of:
            raise ValueError("at_least is more than of; no window could ever hold enough evidence")
        return self

    def reach(self, every: float) -> float:
        """Return how far the window reaches back, in seconds, at one probe `every` seconds."""
        return self.within or max(_SHORTEST, 2 * self.at_least * every)

    def unreachable(self, every: float) -> str | None:
        """Say why there could never be enough evidence at one probe `every` seconds; else None."""
        holds = int(self.reach(every) / every) + 1
        if holds >= self.at_least:
            return None
        needed = spelled(self.at_least * every)
        return (
            f"within {spelled(self.reach(every))} there are {holds} probes at one every"
            f" {spelled(every)}, and at_least is {self.at_least}; make within {needed} or longer"
        )


class FailureRate(Rate):
    """How many of the last outcomes may fail, in a row or not."""

    over: Share = 40.0
    """A larger share than this trips the breaker. 100% switches it off."""


class SlowRate(Rate):
    """How many of the last outcomes may be slow, if slow is to trip the breaker."""

    over: Share = 80.0
    """A larger share than this trips the breaker."""


class Breaker(Part):
    """The numbers of one circuit breaker."""

    fail_max: int = Field(3, ge=1, le=100)
    """Consecutive failures that trip it."""
    reset_timeout: Positive = 10.0
    """The first open time; grows by `factor` with each further trip."""
    factor: float = Field(2.0, ge=1, le=10)
    """How much longer each further trip keeps it open."""
    max_open: Positive = 300.0
    """The open time grows no further, but for a tenth by chance. A Retry-After may be longer."""
    success_threshold: int = Field(2, ge=1, le=100)
    """Consecutive good trials that reset it."""
    confirm_after: Positive = 5.0
    """How soon a first failure is probed again, and how far apart trials are."""
    failure_rate: FailureRate = FailureRate()
    """How many of the last outcomes may fail; more trip it too, in a row or not."""
    slow_rate: SlowRate | None = None
    """How many of the last outcomes may be slow. Left out, more than half degrade the endpoint's
    health; written, more than `over` trip the breaker too, and a slow trial is no good one."""
    mode: Literal["auto", "forced_open", "forced_closed", "shadow"] = "auto"
    """What is published, whatever the breaker judges; an order over the API wins while it lasts."""
    mode_until: Annotated[str, AfterValidator(checks.moment)] | None = None
    """When `mode` ends by itself: 2026-12-01T22:00:00+01:00. Left out, it stands."""
    mode_reason: str = Field("", max_length=300)
    """Why, for people."""
    count: list[Status] = []
    """Further statuses that count as failures, for example [402]."""

    @model_validator(mode="after")
    def _open_time_fits(self) -> Self:
        if self.max_open < self.reset_timeout:
            raise ValueError("max_open is shorter than reset_timeout; make it at least as long")
        return self

    @model_validator(mode="after")
    def _says_which_mode(self) -> Self:
        if self.mode == "auto" and (self.mode_until or self.mode_reason):
            raise ValueError("mode_until or mode_reason without mode; write the mode that is meant")
        return self

    def rates(self) -> Iterator[tuple[str, Rate]]:
        """Yield the windows that are configured, by their key."""
        yield "failure_rate", self.failure_rate
        if self.slow_rate is not None:
            yield "slow_rate", self.slow_rate
