"""One configured thing that we watch, as the engine sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.core.breaker import Policy
from monitor.core.order import NOTHING, Order
from monitor.core.outcome import About, Expectation
from monitor.core.traffic_policy import TrafficPolicy


@dataclass(frozen=True, slots=True)
class Request:
    """How to ask. Times are in seconds; `max_body` in bytes.

    `redirects` is how many are followed (none unless asked). `credential` names the secret that
    the prober adds; the secret itself is never part of an endpoint. `ca_file` is trusted instead of
    the system's certificates; there is no way to switch verification off.
    """

    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    timeout: float = 10.0
    redirects: int = 0
    max_body: int = 1_048_576
    credential: str | None = None
    ca_file: str | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What is watched, how often, what is hoped for, and who depends on whom.

    `region` is Omilia's, "" where it has none: their contract counts availability by region.
    Being told to wait holds for all endpoints of one `quota`. The `requests` of a probe, at the
    most, count against the `budget`. `order` is the configuration's.
    """

    id: str
    request: Request
    expectation: Expectation = field(default_factory=Expectation)
    policy: Policy = field(default_factory=Policy)
    every: float = 60.0
    group: str = "default"
    region: str = ""
    needs: tuple[str, ...] = ()
    critical: bool = True
    about: About = About.PLATFORM
    quota: str | None = None
    order: Order = NOTHING
    budget: str | None = None
    requests: int = 1
    traffic: TrafficPolicy = field(default_factory=TrafficPolicy)
