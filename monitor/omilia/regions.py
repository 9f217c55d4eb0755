"""Omilia's regions: which hosts, which realm, and what of it nobody has documented.

Sources: Omilia's guides to authentication, chat and batch numbers, and its public MCP server. What
is inferred is named in `inferred`, and every value can be said otherwise in a configuration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class Generation(StrEnum):
    """Omilia's two kinds of deployment, which differ in host names and realm."""

    SWARM = "swarm"
    KUBERNETES = "kubernetes"


REALMS: Mapping[Generation, str] = MappingProxyType(
    {Generation.SWARM: "master", Generation.KUBERNETES: "ocp"}
)
"""A wrong realm is answered with 404 by IAM."""
ASSETS = "https://assets.miniapps.ocp.ai"
"""The host of the chat widget, the same for every region."""


@dataclass(frozen=True, slots=True)
class Region:
    """One region. Hosts are URLs without a path.

    `inferred` names the fields that no page of Omilia's states.
    """

    name: str
    generation: Generation
    api: str
    auth: str
    analytics: str
    inferred: frozenset[str] = frozenset()
    note: str = ""

    @property
    def realm(self) -> str:
        """The realm of its users."""
        return REALMS[self.generation]


_ALL = (
    Region(
        "eu1",
        Generation.SWARM,
        api="https://eu1-m.ocp.ai",
        auth="https://eu1-m.ocp.ai",
        analytics="https://eu1-a.ocp.ai",
    ),
    Region(
        "us1",
        Generation.SWARM,
        api="https://us1-m.ocp.ai",
        auth="https://us1-m.ocp.ai",
        analytics="https://us1-a.ocp.ai",
    ),
    Region(
        "us2",
        Generation.SWARM,
        api="https://us2-m.ocp.ai",
        auth="https://auth.us2-m.ocp.ai",
        analytics="https://us2-m.ocp.ai",
        inferred=frozenset({"analytics"}),
        note="IAM has a host of its own",
    ),
    Region(
        "us1w",
        Generation.SWARM,
        api="https://us1-w-m.ocp.ai",
        auth="https://us1-w-m.ocp.ai",
        analytics="https://us1-w-m.ocp.ai",
        inferred=frozenset({"auth", "analytics"}),
        note="not on the newest page about authentication: possibly retired",
    ),
    Region(
        "ca1",
        Generation.KUBERNETES,
        api="https://pub.ca1.ocp.ai",
        auth="https://pub.ca1.ocp.ai",
        analytics="https://pub.ca1.ocp.ai",
        inferred=frozenset({"analytics"}),
    ),
    Region(
        "frankfurt",
        Generation.KUBERNETES,
        api="https://pub.frankfurt.ocp.ai",
        auth="https://pub.frankfurt.ocp.ai",
        analytics="https://pub.frankfurt.ocp.ai",
        inferred=frozenset({"analytics"}),
    ),
    Region(
        "demo",
        Generation.KUBERNETES,
        api="https://pub.demo.ocp.ai",
        auth="https://pub.demo.ocp.ai",
        analytics="https://pub.demo.ocp.ai",
        inferred=frozenset({"auth", "analytics", "realm"}),
        note="known from Omilia's public code only",
    ),
)
REGIONS: Mapping[str, Region] = MappingProxyType({region.name: region for region in _ALL})
"""Every region that is publicly known, by its name."""
