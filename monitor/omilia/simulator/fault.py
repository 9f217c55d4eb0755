"""A fault: how the simulated Omilia misbehaves, where, how often and for how long."""

from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, field_validator

from monitor.omilia.simulator.duration import Duration
from monitor.omilia.simulator.services import SERVICES

CONTROL = "/_simulator"
"""The control interface lives here, and nothing that burns elsewhere reaches it."""

RESTART_TAKES = 2.0
"""Seconds that a restart lasts when nobody says otherwise."""


class Kind(StrEnum):
    """What can be done to a request."""

    FAIL = "fail"
    THROTTLE = "throttle"
    UNAVAILABLE = "unavailable"
    SLOW = "slow"
    HANG = "hang"
    RESET = "reset"
    TRUNCATE = "truncate"
    GARBAGE = "garbage"
    LICENCES = "licences"
    FORBIDDEN = "forbidden"
    REJECT_TOKEN = "reject_token"  # noqa: S105  the name of a fault
    REQUEST_FAILED = "request_failed"
    WRONG_BODY = "wrong_body"
    APP_STATUS = "app_status"
    MUTE = "mute"
    EXPIRE = "expire"
    HANG_UP = "hang_up"
    SERVICES = "services"
    RESTART = "restart"


OPTIONS: dict[Kind, frozenset[str]] = {
    Kind.FAIL: frozenset({"status", "detail", "count", "nth"}),
    Kind.THROTTLE: frozenset({"retry_after", "retry_after_as", "detail", "count", "nth"}),
    Kind.UNAVAILABLE: frozenset({"retry_after", "retry_after_as", "detail", "count", "nth"}),
    Kind.SLOW: frozenset({"delay", "count", "nth"}),
    Kind.HANG: frozenset({"count", "nth"}),
    Kind.RESET: frozenset({"count", "nth"}),
    Kind.TRUNCATE: frozenset({"count", "nth"}),
    Kind.GARBAGE: frozenset({"count", "nth"}),
    Kind.LICENCES: frozenset({"count", "nth"}),
    Kind.FORBIDDEN: frozenset({"detail", "count", "nth"}),
    Kind.REJECT_TOKEN: frozenset({"credential", "detail", "count", "nth"}),
    Kind.REQUEST_FAILED: frozenset({"detail", "count", "nth"}),
    Kind.WRONG_BODY: frozenset({"body", "count", "nth"}),
    Kind.APP_STATUS: frozenset({"state", "count", "nth"}),
    Kind.MUTE: frozenset({"count", "nth"}),
    Kind.EXPIRE: frozenset({"count", "nth"}),
    Kind.HANG_UP: frozenset({"count", "nth"}),
    Kind.SERVICES: frozenset({"says", "count", "nth"}),
    Kind.RESTART: frozenset({"version"}),
}
"""Which options each kind has, besides `where` and `for`. The docs' table is checked by it."""


class Fault(BaseModel):
    """One way to misbehave. Times are in seconds.

    `where` is a path prefix ("/" for everything) or the name of a service. `lasts` (written `for`)
    ends it by time, `count` after so many requests; with `nth: 3` only every third request that it
    matches is struck. Nothing is left to chance. Raises pydantic's ValidationError.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    do: Kind
    where: str = "/"
    lasts: Duration | None = Field(default=None, alias="for", gt=0)
    count: int | None = Field(default=None, ge=1, strict=True)
    nth: int = Field(default=1, ge=1, strict=True)
    status: int = Field(default=500, ge=400, le=599, strict=True)
    detail: str = Field(default="", max_length=500)
    delay: Duration = 1.0
    retry_after: Duration | None = None
    retry_after_as: Literal["seconds", "date"] = "seconds"
    credential: Literal["pat", "bearer"] | None = None
    state: Literal["started", "stopped", "not-deployed"] = "stopped"
    body: JsonValue = "unexpected"
    says: dict[str, JsonValue] = {"database": "degraded"}
    version: str | None = Field(default=None, pattern=r"^[0-9A-Za-z.+-]{1,40}$")

    @field_validator("where")
    @classmethod
    def _is_a_place(cls, where: str) -> str:
        """Refuse what would strike nothing, and the control interface."""
        if where.startswith(CONTROL):
            raise ValueError("the control interface cannot be broken")
        if not where.startswith("/") and where not in SERVICES:
            raise ValueError(f"a path prefix such as /chat/, or one of {', '.join(SERVICES)}")
        return where

    @field_validator(*sorted(frozenset().union(*OPTIONS.values())))
    @classmethod
    def _is_used(cls, value: object, info: ValidationInfo) -> object:
        """Refuse an option that this kind has no use for: it would be ignored in silence."""
        kind = info.data.get("do")
        if kind is not None and info.field_name not in OPTIONS[kind]:
            options = ", ".join(sorted({"for", "where"} | OPTIONS[kind]))
            raise ValueError(f"`{kind}` has no such option; it has {options}")
        return value

    @property
    def prefix(self) -> str:
        """The paths that it strikes begin with this."""
        service = SERVICES.get(self.where)
        return service.prefix if service else self.where

    @property
    def ends_after(self) -> float | None:
        """Seconds until it ends by itself; a restart always does."""
        if self.do is Kind.RESTART:
            return self.lasts or RESTART_TAKES
        return self.lasts
