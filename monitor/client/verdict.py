"""What a service is told: whether to call, and what that rests on."""

from dataclasses import dataclass
from enum import StrEnum


class Why(StrEnum):
    """What an answer rests on."""

    VERDICT = "verdict"
    """The daemon's verdict, which holds."""
    STALE = "stale"
    """The last verdict is too old, and the daemon cannot be heard: the call is allowed."""
    UNKNOWN_ENDPOINT = "unknown_endpoint"
    """The daemon does not watch this endpoint: the call is allowed."""
    NO_DAEMON = "no_daemon"
    """Nothing has been heard of the daemon yet: the call is allowed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a service may call an endpoint now. Times are in seconds.

    `allow` is what to do; `why` says what it rests on. Only a verdict that holds can refuse: all
    else fails open. The rest is what the daemon said last: `reason` in a line, `state` and `mode`
    of the breaker, `epoch` (its moves so far), `unknown` (no evidence, or only old evidence),
    `evidence` (how much: none, thin, enough).
    `retry_after` counts down, and is None when allowed. `evidence_age` is how old the evidence is
    at most: while all is as it was the daemon says nothing, although it keeps looking.
    """

    endpoint: str
    allow: bool
    why: Why
    reason: str = ""
    state: str | None = None
    mode: str | None = None
    unknown: bool = True
    retry_after: float | None = None
    evidence_age: float | None = None
    epoch: int | None = None
    evidence: str | None = None

    @property
    def stale(self) -> bool:
        """Whether the last verdict is too old to be obeyed."""
        return self.why is Why.STALE
