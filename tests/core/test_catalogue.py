"""The catalogue and the regions, as values: what section by section of Omilia's pages says."""

import re
from typing import Any

import pytest

from monitor.omilia.catalogue import APP_STATUS, CATALOGUE, IAM, Auth, Chosen, Probe
from monitor.omilia.regions import REGIONS, Generation
from monitor.omilia.rendering import (
    App,
    Hosts,
    Tenant,
    credentials,
    default_probes,
    lacks,
    rendered,
)

HOSTS = Hosts(
    api="https://api.example",
    auth="https://iam.example",
    analytics="https://a.example",
    realm="o.cp",
    assets="https://cdn.example",
)
PAT = Tenant(HOSTS, "us1", {Auth.PAT: "pat"})
EVERYTHING = Tenant(
    HOSTS,
    "us1",
    {Auth.PAT: "pat", Auth.KEYCLOAK: "keycloak", Auth.CHAT: "chat"},
    (App("front", "5c1f"),),
)


def names(tenant: Tenant) -> list[str]:
    return [probe.name for probe in default_probes(CATALOGUE.values(), tenant)]


def made(tenant: Tenant, *wanted: str) -> dict[str, dict[str, Any]]:
    return {one["id"]: one for one in rendered((CATALOGUE[name] for name in wanted), tenant)}


def test_the_twelve_probes_have_the_methods_paths_tiers_and_times_that_they_should() -> None:
    assert [(p.name, p.method, p.url, p.tier, p.every, p.timeout) for p in CATALOGUE.values()] == [
        (IAM, "GET", "{auth}/auth/realms/{realm}/.well-known/openid-configuration", 1, "60s", "5s"),
        ("envs-manager-status", "GET", "{api}/envs-manager/api/status", 1, "60s", "5s"),
        ("orchestrator-domains", "GET", "{api}/orchestrator/api/nlu/domains/", 1, "60s", "10s"),
        (APP_STATUS, "GET", "{api}/orchestrator/api/apps/{app}/status/", 1, "2m", "10s"),
        ("miniapps-list", "GET", "{api}/miniapps/api/apps?pageSize=1", 1, "2m", "10s"),
        ("miniapps-config", "GET", "{api}/miniapps/api/config", 2, "5m", "10s"),
        (
            "integrations-numbers",
            "GET",
            "{api}/integrations/api/numbers?page=1&pageSize=1",
            2,
            "5m",
            "10s",
        ),
        ("metrics-tables", "GET", "{api}/metrics-api/v3/tables", 2, "5m", "15s"),
        ("pathfinder-projects", "GET", "{api}/pathfinder/api/v1/projects", 2, "5m", "15s"),
        ("webchat-bundle", "GET", "{assets}/ChatWidget/bundle.js", 2, "5m", "10s"),
        ("chat-ws-connect", "WS", "{chat}", 3, "5m", "20s"),
        ("chat-rest-transaction", "POST", "{api}/chat/dialogs", 3, "15m", "90s"),
    ]


@pytest.mark.parametrize("probe", CATALOGUE.values(), ids=lambda probe: probe.name)
def test_every_probe_says_why_it_is_there_and_who_says_so(probe: Probe) -> None:
    assert probe.reason
    assert re.match(r"[A-Z]{3,}", probe.source)
    assert bool(probe.side_effects) == (Auth.CHAT in probe.auth)
    if "/orchestrator/" in probe.url:
        assert probe.url.endswith("/"), "a redirect would be all that is seen"


def test_with_a_token_alone_the_defaults_are_those_that_take_one() -> None:
    assert names(PAT) == [
        IAM,
        "envs-manager-status",
        "orchestrator-domains",
        "miniapps-list",
        "miniapps-config",
        "metrics-tables",
        "webchat-bundle",
    ]


def test_keycloak_adds_what_takes_no_token_for_sure_and_apps_add_theirs() -> None:
    more = set(names(EVERYTHING)) - set(names(PAT))
    assert more == {"integrations-numbers", APP_STATUS}
    opted = {name for name, probe in CATALOGUE.items() if probe.chosen is Chosen.OPT_IN}
    assert opted == {"pathfinder-projects", "chat-ws-connect", "chat-rest-transaction"}
    assert not opted & set(names(EVERYTHING))


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("pathfinder-projects", "omilia.credentials.keycloak"),
        (APP_STATUS, "omilia.apps"),
        ("chat-ws-connect", "omilia.credentials.chat"),
        ("integrations-numbers", ""),
    ],
)
def test_what_a_token_alone_is_not_enough_for_is_said(name: str, missing: str) -> None:
    assert missing in lacks(CATALOGUE[name], PAT)
    assert bool(missing) == bool(lacks(CATALOGUE[name], PAT))
    assert lacks(CATALOGUE[name], EVERYTHING) == ""


def test_without_a_known_host_the_chat_widget_is_not_asked_for() -> None:
    nowhere = Tenant(Hosts("https://a", "https://a", "https://a", "ocp"), "", PAT.credentials)
    assert "webchat-bundle" not in names(nowhere)
    assert "omilia.assets" in lacks(CATALOGUE["webchat-bundle"], nowhere)


def test_an_endpoint_is_written_as_somebody_would_write_it() -> None:
    assert made(PAT, IAM, "orchestrator-domains")["orchestrator-domains"] == {
        "id": "orchestrator-domains",
        "url": "https://api.example/orchestrator/api/nlu/domains/",
        "group": "platform",
        "about": "platform",
        "region": "us1",
        "credential": "pat",
        "every": "60s",
        "timeout": "10s",
        "critical": True,
        "needs": [IAM],
        "method": "GET",
        "expect": {"status": [200], "json": {"$.domains": {"type": "array", "minItems": 1}}},
    }


def test_iam_has_its_own_host_and_its_realm_is_looked_for_letter_by_letter() -> None:
    iam = made(PAT, IAM)[IAM]
    assert iam["url"] == "https://iam.example/auth/realms/o.cp/.well-known/openid-configuration"
    assert iam["credential"] is None, "said, so that no default can add one"
    pattern = iam["expect"]["json"]["$.token_endpoint"]["pattern"]
    assert re.search(pattern, "https://iam.example/auth/realms/o.cp/protocol")
    assert not re.search(pattern, "https://iam.example/auth/realms/oxcp/protocol")


def test_nothing_needs_what_is_not_there() -> None:
    assert made(PAT, "metrics-tables")["metrics-tables"]["needs"] == []
    talk = made(EVERYTHING, "chat-rest-transaction")["chat-rest-transaction-front"]
    assert (talk["needs"], "app_status" in talk["chat"]) == ([], False)


def test_each_service_is_shown_the_credential_that_it_takes_best() -> None:
    chosen = made(EVERYTHING, "metrics-tables", "integrations-numbers", "pathfinder-projects")
    assert [one["credential"] for one in chosen.values()] == ["pat", "keycloak", "keycloak"]
    assert made(PAT, "integrations-numbers")["integrations-numbers"]["credential"] == "pat"
    only = Tenant(HOSTS, "us1", {Auth.KEYCLOAK: "iam"})
    assert made(only, "metrics-tables")["metrics-tables"]["credential"] == "iam"


def test_apps_are_probed_one_by_one_and_their_trouble_is_their_own() -> None:
    apps = (App("front", "5c1f"), App("cards", "77aa"))
    found = made(Tenant(HOSTS, "us1", {Auth.PAT: "pat"}, apps), IAM, APP_STATUS)
    front = found[f"{APP_STATUS}-front"]
    assert front["url"] == "https://api.example/orchestrator/api/apps/5c1f/status/"
    assert (front["about"], front["group"]) == ("application", "applications")
    assert set(front["expect"]["application"]["$.status"]["enum"]) == {"stopped", "not-deployed"}
    assert f"{APP_STATUS}-cards" in found


def test_a_conversation_waits_for_its_app_and_has_its_key() -> None:
    apps = (App("front", "5c1f", "chat-front", "wss://x.example/ws"), App("cards", "77aa"))
    tenant = Tenant(HOSTS, "us1", EVERYTHING.credentials, apps)
    found = made(tenant, APP_STATUS, "chat-ws-connect", "chat-rest-transaction")
    assert [one for one in found if one.startswith("chat")] == [
        "chat-ws-connect-front",
        "chat-rest-transaction-front",
    ]
    talk = found["chat-ws-connect-front"]
    assert talk["url"] == "wss://x.example/ws"
    assert talk["credential"] == "chat-front"
    assert talk["needs"] == [f"{APP_STATUS}-front"]
    assert talk["chat"]["app_status"] == f"{APP_STATUS}-front"
    assert "method" not in talk, "a conversation has its own"


def test_the_one_chat_key_is_for_the_one_app_or_for_none_that_is_named() -> None:
    assert made(EVERYTHING, "chat-ws-connect")["chat-ws-connect-front"]["credential"] == "chat"
    alone = Tenant(HOSTS, "us1", {Auth.CHAT: "key"})
    talk = made(alone, "chat-ws-connect")["chat-ws-connect"]
    assert (talk["url"], talk["credential"]) == ("wss://api.example/chat/ws/session", "key")


def test_what_is_written_can_be_changed_without_changing_the_catalogue() -> None:
    made(PAT, IAM)[IAM]["expect"]["json"].clear()
    made(EVERYTHING, "chat-ws-connect")["chat-ws-connect-front"]["chat"].clear()
    assert made(PAT, IAM)[IAM]["expect"]["json"]
    assert made(EVERYTHING, "chat-ws-connect")["chat-ws-connect-front"]["chat"]


def test_credentials_are_written_with_what_omilia_asks_for() -> None:
    given = {Auth.PAT: "p", Auth.CHAT: "c", Auth.KEYCLOAK: {"username": "u", "client_id": "own"}}
    assert dict(credentials(HOSTS, given)) == {
        "pat": {"kind": "pat", "value": "p"},
        "chat": {"kind": "chat_key", "bearer": "c"},
        "keycloak": {
            "kind": "keycloak",
            "token_url": "https://iam.example/auth/realms/o.cp/protocol/openid-connect/token",
            "client_id": "own",
            "grant": "password",
            "username": "u",
        },
    }


def test_a_refresh_token_is_a_grant_of_its_own() -> None:
    (made,) = dict(credentials(HOSTS, {Auth.KEYCLOAK: {"refresh_token": "r"}})).values()
    assert made["grant"] == "refresh_token"


def test_the_regions_are_those_of_omilias_pages() -> None:
    said = {one.name: (one.api, one.auth, one.analytics, one.realm) for one in REGIONS.values()}
    m, a, pub = "https://{}-m.ocp.ai", "https://{}-a.ocp.ai", "https://pub.{}.ocp.ai"
    assert said == {
        "eu1": (m.format("eu1"), m.format("eu1"), a.format("eu1"), "master"),
        "us1": (m.format("us1"), m.format("us1"), a.format("us1"), "master"),
        "us2": (m.format("us2"), "https://auth.us2-m.ocp.ai", m.format("us2"), "master"),
        "us1w": (m.format("us1-w"), m.format("us1-w"), m.format("us1-w"), "master"),
        **{name: (*[pub.format(name)] * 3, "ocp") for name in ("ca1", "frankfurt", "demo")},
    }
    assert {one.generation for one in REGIONS.values()} == set(Generation)
    assert {n: set(one.inferred) for n, one in REGIONS.items() if one.inferred} == {
        "us2": {"analytics"},
        "us1w": {"auth", "analytics"},
        "ca1": {"analytics"},
        "frankfurt": {"analytics"},
        "demo": {"auth", "analytics", "realm"},
    }
    assert "retired" in REGIONS["us1w"].note
