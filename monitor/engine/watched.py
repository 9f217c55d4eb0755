"""One endpoint in the engine's hands, and how it is asked for sooner."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from monitor.core.endpoint import Endpoint
from monitor.core.incident import Incident
from monitor.core.order import NOTHING, Order
from monitor.core.standing import Standing
from monitor.ports import Gate


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


Hasten = Callable[[Endpoint, float], None]
"""Has an endpoint probed within so many seconds, if it is not due sooner."""


def no_sooner(endpoint: Endpoint, within: float) -> None:
    """Leave everything on its grid."""
