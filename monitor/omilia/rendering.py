"""From the catalogue to endpoints, exactly as somebody would write them under `endpoints:`."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from monitor.omilia.catalogue import APP_STATUS, Auth, Chosen, Probe

CLIENT = "ocp"
"""The public client of every realm."""
CHAT_SESSION = "/chat/ws/session"
"""Where a WebSocket chat was seen on us1; per app, Orchestrator's `chat_url` says it."""

Mapped = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where a region is: URLs without a slash at their end. `assets` is empty where unknown."""

    api: str
    auth: str
    analytics: str
    realm: str
    assets: str = ""

    @property
    def token_url(self) -> str:
        """Where IAM gives tokens."""
        return f"{self.auth}/auth/realms/{self.realm}/protocol/openid-connect/token"

    @property
    def chat(self) -> str:
        """Where WebSocket chats begin, unless an app says otherwise."""
        return re.sub("^http", "ws", self.api) + CHAT_SESSION

    def fill(self, url: str) -> str:
        """Write the hosts, and the realm, in the place of their names in braces."""
        for name in ("api", "auth", "analytics", "realm", "assets", "chat"):
            url = url.replace(f"{{{name}}}", getattr(self, name))
        return url


@dataclass(frozen=True, slots=True)
class App:
    """One app that is watched by itself. `name` is part of the endpoints' ids.

    `chat` names the credential with the app's chat key, `chat_url` is its WebSocket's; either may
    be empty. Without an `id` nobody can ask Orchestrator for its status.
    """

    name: str = ""
    id: str = ""
    chat: str = ""
    chat_url: str = ""


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whose Omilia is watched, and with what. `credentials` are names, by what they are."""

    hosts: Hosts
    region: str = ""
    credentials: Mapping[Auth, str] = field(default_factory=dict)
    apps: tuple[App, ...] = ()


def default_probes(catalogue: Iterable[Probe], tenant: Tenant) -> list[Probe]:
    """Return the probes of the defaults that this tenant has everything for."""
    return [probe for probe in catalogue if _is_default(probe, tenant) and not lacks(probe, tenant)]


def _is_default(probe: Probe, tenant: Tenant) -> bool:
    if probe.chosen is Chosen.WITH_KEYCLOAK:
        return Auth.KEYCLOAK in tenant.credentials
    return probe.chosen is Chosen.ALWAYS


def lacks(probe: Probe, tenant: Tenant) -> str:
    """Say what a probe needs that the tenant does not have; "" when nothing is missing."""
    if "{assets}" in probe.url and not tenant.hosts.assets:
        return "the host of the chat widget; write omilia.assets"
    if Auth.CHAT in probe.auth:
        if not _with_chat(tenant):
            return "a chat key; write omilia.credentials.chat, or chat under an app"
        return ""
    if probe.auth and not any(auth in tenant.credentials for auth in probe.auth):
        known = " or ".join(f"omilia.credentials.{auth}" for auth in probe.auth)
        return f"a credential; write {known}"
    if probe.per_app and not any(app.id for app in tenant.apps):
        return "the ids of apps; write omilia.apps"
    return ""


def rendered(probes: Iterable[Probe], tenant: Tenant) -> list[Mapped]:
    """Return the endpoints of these probes. Needs that are not among them are left out."""
    chosen = list(probes)
    endpoints = [
        _endpoint(probe, app, tenant) for probe in chosen for app in _apps_of(probe, tenant)
    ]
    ids = {endpoint["id"] for endpoint in endpoints}
    for endpoint in endpoints:
        endpoint["needs"] = [need for need in endpoint["needs"] if need in ids]
        if endpoint.get("chat", {}).get("app_status") not in (None, *ids):
            del endpoint["chat"]["app_status"]
    return endpoints


def _apps_of(probe: Probe, tenant: Tenant) -> Iterable[App]:
    if not probe.per_app:
        return (App(),)
    return _with_chat(tenant) if Auth.CHAT in probe.auth else (app for app in tenant.apps if app.id)


def _with_chat(tenant: Tenant) -> list[App]:
    """Return the apps that can be talked to: those with a key, or whoever has the one key."""
    with_key = [app for app in tenant.apps if app.chat]
    if with_key or Auth.CHAT not in tenant.credentials:
        return with_key
    alone = tenant.apps[0] if len(tenant.apps) == 1 else App()
    return [App(alone.name, alone.id, tenant.credentials[Auth.CHAT], alone.chat_url)]


def _id(name: str, app: App) -> str:
    return f"{name}-{app.name}" if app.name else name


def _endpoint(probe: Probe, app: App, tenant: Tenant) -> Mapped:
    """Write one endpoint. What `defaults` must not change is said, even where it says nothing."""
    more = {key: _copied(value) for key, value in probe.more.items()}
    endpoint: Mapped = {
        "id": _id(probe.name, app),
        "url": _url(probe.url, app, tenant.hosts),
        "group": "platform" if probe.about == "platform" else "applications",
        "about": probe.about,
        "region": tenant.region,
        "credential": _credential(probe, app, tenant),
        "every": probe.every,
        "timeout": probe.timeout,
        "critical": probe.critical,
        "needs": [_id(need, app) if need == APP_STATUS else need for need in probe.needs],
    }
    if "chat" in more:
        more["chat"]["app_status"] = _id(APP_STATUS, app)
    else:
        expected = _copied(probe.expect, realm=re.escape(tenant.hosts.realm))
        endpoint |= {"method": probe.method, "expect": {"status": [200], **expected}}
    return {**endpoint, **more}


def _url(template: str, app: App, hosts: Hosts) -> str:
    if template == "{chat}" and app.chat_url:
        return app.chat_url
    return hosts.fill(template).replace("{app}", app.id)


def _credential(probe: Probe, app: App, tenant: Tenant) -> str | None:
    if Auth.CHAT in probe.auth:
        return app.chat
    return next((tenant.credentials[a] for a in probe.auth if a in tenant.credentials), None)


def _copied(value: Any, realm: str = "") -> Any:
    """Copy plain values, with the realm in the place of its name."""
    if isinstance(value, str):
        return value.replace("{realm}", realm)
    if isinstance(value, Mapping):
        return {key: _copied(item, realm) for key, item in value.items()}
    return [_copied(item, realm) for item in value] if isinstance(value, list | tuple) else value


def credentials(hosts: Hosts, given: Mapping[Auth, Any]) -> Iterator[tuple[str, Mapped]]:
    """Write credentials as somebody would under `credentials:`, by name.

    A PAT and a chat key are secrets; Keycloak's is a mapping of whatever is to be said otherwise.
    """
    for auth, value in given.items():
        if auth is Auth.PAT:
            yield auth.value, {"kind": "pat", "value": value}
        elif auth is Auth.CHAT:
            yield auth.value, chat_key(value)
        else:
            grant = "refresh_token" if "refresh_token" in value else "password"
            usual = {"kind": "keycloak", "token_url": hosts.token_url, "client_id": CLIENT}
            yield auth.value, {**usual, "grant": grant, **value}


def chat_key(secret: Any) -> Mapped:
    """Write the credential of a chat."""
    return {"kind": "chat_key", "bearer": secret}
