"""The catalogue: which probes tell how the Omilia Cloud Platform is, and why each one is there.

Paths, credentials and expectations are those of Omilia's guides and public code; intervals and
timeouts are ours, far below any limit that is plausible, because none is documented.
docs/catalogue.md is generated from here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

IAM = "iam-discovery"
"""What everything with a token depends on."""
APP_STATUS = "orchestrator-app-status"
"""What tells an application's trouble from the platform's."""


class Auth(StrEnum):
    """What a probe shows. Also the name of the credential that the catalogue makes of it."""

    PAT = "pat"
    """A personal access token."""
    KEYCLOAK = "keycloak"
    """An access token of IAM's."""
    CHAT = "chat"
    """The key of one miniApp's chat."""


class Chosen(StrEnum):
    """When a probe is one of the defaults."""

    ALWAYS = "always"
    WITH_KEYCLOAK = "with keycloak"
    """Where a Keycloak credential is configured: nobody knows if a PAT is let in."""
    OPT_IN = "opt-in"
    """Never: it is to be named."""


@dataclass(frozen=True, slots=True)
class Probe:
    """One probe of the catalogue, in the words of a configuration's endpoint.

    `url` and `expect` may say {api}, {auth}, {assets}, {realm}, {app} and {chat}. `auth` is what it
    may show, the best first; nothing when it is empty. `tier` 1 is worth waking somebody, 2 a
    ticket, 3 is only for who wants it. `about` is what it speaks of; `per_app` makes one endpoint
    for each app; `more` has further keys of the endpoint.
    """

    name: str
    url: str
    reason: str
    source: str
    every: str
    timeout: str
    tier: int
    about: str = "platform"
    method: str = "GET"
    auth: tuple[Auth, ...] = ()
    expect: Mapping[str, Any] = field(default_factory=dict)
    needs: tuple[str, ...] = (IAM,)
    chosen: Chosen = Chosen.ALWAYS
    per_app: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)
    side_effects: str = ""

    @property
    def critical(self) -> bool:
        """Whether it counts for the platform's status."""
        return self.tier == 1


_ROBOT = (Auth.PAT, Auth.KEYCLOAK)
"""The services of which Omilia says that they take a PAT take an access token too."""
_SOMETHING: Mapping[str, Any] = {"json": {"$": {}}}
"""Any JSON at all."""

_ALL = (
    Probe(
        IAM,
        "{auth}/auth/realms/{realm}/.well-known/openid-configuration",
        "everything depends on IAM; it needs no secret, and 404 tells of a wrong realm",
        "AUTH, MCP; that it is published is inferred from Keycloak",
        every="60s",
        timeout="5s",
        tier=1,
        expect={"json": {"$.token_endpoint": {"type": "string", "pattern": "/realms/{realm}/"}}},
        needs=(),
    ),
    Probe(
        "envs-manager-status",
        "{api}/envs-manager/api/status",
        "the only documented status of the platform, with the services that it depends on",
        "ENV; if it answers without a token is not documented: `credential: null` tries",
        every="60s",
        timeout="5s",
        tier=1,
        auth=_ROBOT,
        # At the top level in versions 1.8 and 1.12, under `meta` in 1.17.
        expect={
            "json": {"$.version": {"type": "string"}, "$..services_status": {"type": "object"}}
        },
        more={
            "signals": {
                "release": "$.version",
                "started": "$..server_start_time",
                "services": "$..services_status",
            }
        },
    ),
    Probe(
        "orchestrator-domains",
        "{api}/orchestrator/api/nlu/domains/",
        "small, without parameters, documented; touches Orchestrator and its NLU catalogue",
        "NLUG",
        every="60s",
        timeout="10s",
        tier=1,
        auth=_ROBOT,
        expect={"json": {"$.domains": {"type": "array", "minItems": 1}}},
    ),
    Probe(
        APP_STATUS,
        "{api}/orchestrator/api/apps/{app}/status/",
        "tells the application's trouble (stopped, not-deployed) from the platform's",
        "ORC, SUP",
        every="2m",
        timeout="10s",
        tier=1,
        about="application",
        auth=_ROBOT,
        expect={
            "json": {"$.status": "started"},
            "application": {"$.status": {"enum": ["stopped", "not-deployed"]}},
        },
        per_app=True,
    ),
    Probe(
        "miniapps-list",
        "{api}/miniapps/api/apps?pageSize=1",
        "the token check of Omilia's own client",
        "MCP, AUTH",
        every="2m",
        timeout="10s",
        tier=1,
        auth=_ROBOT,
        expect=_SOMETHING,
    ),
    Probe(
        "miniapps-config",
        "{api}/miniapps/api/config",
        "names the platform's release",
        "MCP",
        every="5m",
        timeout="10s",
        tier=2,
        auth=_ROBOT,
        expect={"json": {"$.config.activeVersion": {"type": ["string", "number"], "minLength": 1}}},
        more={"signals": {"release": "$.config.activeVersion"}},
    ),
    Probe(
        "integrations-numbers",
        "{api}/integrations/api/numbers?page=1&pageSize=1",
        "documented; the telephony inventory",
        "NUM; if a PAT is let in is not documented",
        every="5m",
        timeout="10s",
        tier=2,
        auth=(Auth.KEYCLOAK, Auth.PAT),
        expect={"json": {"$.numbers": {"type": "array"}}},
        chosen=Chosen.WITH_KEYCLOAK,
    ),
    Probe(
        "metrics-tables",
        "{api}/metrics-api/v3/tables",
        "metadata only, no query has to be paid for",
        "MCP, AUTH",
        every="5m",
        timeout="15s",
        tier=2,
        auth=_ROBOT,
        expect={"json": {"$.tables": {"type": "array"}}},
    ),
    Probe(
        "pathfinder-projects",
        "{api}/pathfinder/api/v1/projects",
        "the knowledge base; a PAT is answered with 401, which is a known limitation",
        "MCP",
        every="5m",
        timeout="15s",
        tier=2,
        auth=(Auth.KEYCLOAK,),
        expect=_SOMETHING,
        chosen=Chosen.OPT_IN,
    ),
    Probe(
        "webchat-bundle",
        "{assets}/ChatWidget/bundle.js",
        "the script that customers' sites load",
        "WEBCHAT; type and size are inferred",
        every="5m",
        timeout="10s",
        tier=2,
        expect={"headers": {"content-type": "javascript"}, "body": "(?s).{1025}"},
        needs=(),
        more={"max_body": "16MiB"},
    ),
    Probe(
        "chat-ws-connect",
        "{chat}",
        "the way of the real widget: a session begins, and is stopped",
        "CHATWS",
        every="5m",
        timeout="20s",
        tier=3,
        about="application",
        method="WS",
        auth=(Auth.CHAT,),
        needs=(APP_STATUS,),
        chosen=Chosen.OPT_IN,
        per_app=True,
        more={"chat": {"kind": "websocket", "greeting": False, "utterances": []}},
        side_effects="consumes a session, perhaps a licence for as long as it lasts",
    ),
    Probe(
        "chat-rest-transaction",
        "{api}/chat/dialogs",
        "two steps from end to end, DiaManT and NLU included",
        "CHAT",
        every="15m",
        timeout="90s",
        tier=3,
        about="application",
        method="POST",
        auth=(Auth.CHAT,),
        needs=(APP_STATUS,),
        chosen=Chosen.OPT_IN,
        per_app=True,
        more={"chat": {"kind": "rest", "step_timeout": "30s"}},
        side_effects="a synthetic dialog: seen in the app's reports and exports, may take a licence"
        " (403); use a small app of its own that is not reportable",
    ),
)
CATALOGUE: Mapping[str, Probe] = MappingProxyType({probe.name: probe for probe in _ALL})
"""Every probe, by its name, in the order in which they are shown."""
