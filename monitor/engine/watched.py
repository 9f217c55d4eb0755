"""One endpoint in the engine's hands, and how it is asked for sooner."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from monitor.core.disagreement import Disagreement
from monitor.core.endpoint import Endpoint
from monitor.core.incident import Incident
from monitor.core.instant import Instant
from monitor.core.order import NOTHING, Order
from monitor.core.standing import Standing
from monitor.core.traffic import Says, Traffic
from monitor.ports import Gate


@dataclass(slots=True)
class Heard:
    """What is reported of real traffic, and what we made of it."""

    traffic: Traffic = field(default_factory=Traffic)
    says: Says = Says.TOO_LITTLE
    turned_at: datetime | None = None
    """When it began to say this."""
    disagreement: Disagreement | None = None
    patient_until: float = 0.0
    """Until then (monotonic) silence ends no disagreement: reports come again after a restart."""
    asked_at: float = -math.inf
    """When we last had a probe look because of it (monotonic)."""
    vetoed_at: float | None = None
    """When it first overruled a good trial of this outage (monotonic)."""

    def renew(self, now: Instant) -> None:
        """Begin anew: the breaker moved."""
        self.traffic.renew(now.mono)
        self.says, self.turned_at, self.vetoed_at = Says.TOO_LITTLE, now.wall, None


@dataclass(slots=True)
class Watched:
    """One endpoint in the engine's hands."""

    endpoint: Endpoint
    gate: Gate
    standing: Standing
    failing_since: datetime | None = None
    """When its present run of failures began."""
    waited: bool = False
    """Whether it had to stand in line for its budget since it was last probed."""
    settled: tuple[Incident, ...] = ()
    """Incidents that changed and are being committed: whoever publishes next publishes them."""
    order: Order = NOTHING
    """The order that is known to be in force."""
    heard: Heard | None = None
    """What is reported of real traffic; None until somebody does."""


Hasten = Callable[[Endpoint, float], None]
"""Has an endpoint probed within so many seconds, if it is not due sooner."""


def no_sooner(endpoint: Endpoint, within: float) -> None:
    """Leave everything on its grid."""
