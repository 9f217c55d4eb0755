"""Omilia's services: where each one lives, what it lets in, and how it words an error.

The paths and credentials are those of Omilia's API guides: a personal access token works for the
Environments Manager, Orchestrator, miniApps and Metrics, and not for Pathfinder or Integrations.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from monitor.omilia.simulator import errors
from monitor.omilia.simulator.answer import Answer
from monitor.omilia.simulator.errors import Trouble


class Credential(StrEnum):
    """What a caller shows."""

    PAT = "pat"
    """The header X-OCP-PERSONAL-ACCESS-TOKEN."""
    BEARER = "bearer"
    """An access token of the token endpoint."""
    CHAT_KEY = "chat_key"
    """The key of one miniApp's chat, as a bearer token."""


@dataclass(frozen=True, slots=True)
class Service:
    """One service. `accepts` is empty where nothing is asked."""

    name: str
    prefix: str
    word: Callable[[Trouble], Answer]
    accepts: frozenset[Credential] = frozenset()


_ROBOT = frozenset({Credential.PAT, Credential.BEARER})
_PERSON = frozenset({Credential.BEARER})

ENVS_MANAGER = Service("envs-manager", "/envs-manager/", errors.envs_manager, _ROBOT)
ORCHESTRATOR = Service("orchestrator", "/orchestrator/", errors.django, _ROBOT)
MINIAPPS = Service("miniapps", "/miniapps/", errors.spring, _ROBOT)
INTEGRATIONS = Service("integrations", "/integrations/", errors.message, _PERSON)
METRICS = Service("metrics", "/metrics-api/", errors.message, _ROBOT)
PATHFINDER = Service("pathfinder", "/pathfinder/", errors.fastapi, _PERSON)
IAM = Service("iam", "/auth/", errors.oauth)
CHAT = Service("chat", "/chat/", errors.chat, frozenset({Credential.CHAT_KEY}))
INSIGHTS = Service("insights", "/dialogs-api/", errors.message, _ROBOT)
TESTING = Service("testing", "/testing/", errors.message, _ROBOT)
WEBCHAT = Service("webchat", "/ChatWidget/", errors.plain)
GATEWAY = Service("gateway", "/", errors.plain)
"""Whatever stands before all services: it answers for the paths of none."""

SERVICES = {
    service.name: service
    for service in (
        ENVS_MANAGER,
        ORCHESTRATOR,
        MINIAPPS,
        INTEGRATIONS,
        METRICS,
        PATHFINDER,
        IAM,
        CHAT,
        INSIGHTS,
        TESTING,
        WEBCHAT,
    )
}
_BY_SEGMENT = {service.prefix.strip("/"): service for service in SERVICES.values()}


def service_of(path: str) -> Service:
    """Return the service that a path belongs to; the gateway's own when it is nobody's."""
    return _BY_SEGMENT.get(path[1:].partition("/")[0], GATEWAY)
