"""`omilia:` written out: what comes of it, what wins over it, and what is shown."""

import json
from typing import Any

import pytest

from monitor.app.loader import loads
from monitor.app.redaction import secrets_of, shown
from monitor.app.settings import Settings
from monitor.app.wiring import credentials_of, endpoint_of

ENVIRON = {"OCP_PAT": "the-pat", "KEY": "the-chat-key", "OTHER": "another-pat"}
PART = """
omilia:
  region: us2
  credentials: {pat: {env: OCP_PAT}}
"""


def settings(text: str) -> Settings:
    return loads(text, "o.yml", ENVIRON)


def endpoints(text: str) -> dict[str, Any]:
    return {one.id: one for one in settings(text).endpoints}


def test_two_facts_make_a_working_configuration() -> None:
    found = endpoints(PART)
    assert list(found)[:2] == ["iam-discovery", "envs-manager-status"]
    assert found["iam-discovery"].url.startswith("https://auth.us2-m.ocp.ai/auth/realms/master/")
    assert {one.region for one in found.values()} == {"us2"}
    assert all(one.needs == ["iam-discovery"] for one in found.values() if one.credential)
    assert {name for name, one in found.items() if not one.critical} == {
        "miniapps-config",
        "metrics-tables",
        "webchat-bundle",
    }
    assert endpoint_of(found["iam-discovery"]).region == "us2"


def test_the_token_is_shown_in_omilias_header() -> None:
    made = credentials_of(settings(PART))["pat"]
    assert made.headers == {"X-OCP-PERSONAL-ACCESS-TOKEN": "the-pat"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("api: https://p.example/us/", "https://p.example/us/envs-manager/api/status"),
        ("region: ca1", "https://pub.ca1.ocp.ai/envs-manager/api/status"),
    ],
)
def test_hosts_are_the_regions_or_what_is_said(said: str, expected: str) -> None:
    region = "" if said.startswith("region") else "region: us1"
    found = endpoints(PART.replace("region: us2", f"{region}\n  {said}"))
    assert found["envs-manager-status"].url == expected


def test_a_region_that_nobody_knows_is_taken_when_it_is_said_where_it_is() -> None:
    there = "region: us3\n  api: https://us3.example\n  realm: ocp\n  auth: https://iam.example"
    found = endpoints(PART.replace("region: us2", there))
    assert found["iam-discovery"].url.startswith("https://iam.example/auth/realms/ocp/")
    assert found["metrics-tables"].url.startswith("https://us3.example/")
    assert found["metrics-tables"].region == "us3"
    assert "webchat-bundle" not in found, "nobody said where the widget is"


def test_what_the_file_says_of_an_endpoint_wins_key_by_key_and_part_by_part() -> None:
    found = endpoints(
        PART
        + """
endpoints:
  - {id: mine, url: "{api}/orchestrator/api/agents/"}
  - id: metrics-tables
    every: 15m
    needs: []
    expect: {within: 3s}
  - {id: other, url: "https://a.example/{realms}/"}
"""
    )
    tables = found["metrics-tables"]
    assert (tables.every, tables.timeout, tables.needs) == (900.0, 15.0, [])
    assert tables.url == "https://us2-m.ocp.ai/metrics-api/v3/tables"
    assert (tables.expect.within, set(tables.expect.json_)) == (3.0, {"$.tables"})
    assert list(found)[-2:] == ["mine", "other"]
    assert found["mine"].url == "https://us2-m.ocp.ai/orchestrator/api/agents/"
    assert (found["mine"].region, found["other"].region) == ("us2", "")


def test_defaults_lie_under_the_catalogue() -> None:
    found = endpoints(
        "defaults: {every: 7s, timeout: 1s, alert: [], credential: x, breaker: {fail_max: 9}}\n"
        "credentials: {x: {bearer: {env: OTHER}}}" + PART
    )
    iam = found["iam-discovery"]
    assert (iam.every, iam.timeout, iam.credential) == (60.0, 5.0, None)
    assert (iam.alert, iam.breaker.fail_max) == ([], 9)


def test_a_credential_may_be_named_and_one_of_the_files_own_is_kept() -> None:
    named = settings(
        PART.replace("{env: OCP_PAT}", "mine") + "credentials: {mine: {bearer: {env: OTHER}}}"
    )
    assert list(named.credentials) == ["mine"]
    assert {one.credential for one in named.endpoints} == {None, "mine"}
    own = settings(PART + "credentials: {pat: {bearer: {env: OTHER}}}")
    assert credentials_of(own)["pat"].headers == {"Authorization": "Bearer another-pat"}


def test_each_app_has_its_key() -> None:
    found = settings(
        PART
        + """
  probes: [default, chat-ws-connect]
  apps:
    - 0A1b_c
    - {id: 5c1f, name: front, chat: {env: KEY}, chat_url: "wss://x.example/ws"}
"""
    )
    ids = [one.id for one in found.endpoints]
    assert "orchestrator-app-status-0a1b-c" in ids
    (talk,) = [one for one in found.endpoints if one.chat]
    assert (talk.id, talk.url) == ("chat-ws-connect-front", "wss://x.example/ws")
    assert talk.credential == "chat-front"
    assert talk.chat is not None
    assert talk.chat.app_status == "orchestrator-app-status-front"
    assert credentials_of(found)["chat-front"].headers == {"Authorization": "Bearer the-chat-key"}


def test_what_is_shown_is_what_is_in_force_and_says_no_secret() -> None:
    loaded = settings(PART)
    assert secrets_of(loaded) == {"the-pat"}
    view = shown(loaded)
    assert view["omilia"]["auth"] == "https://auth.us2-m.ocp.ai"
    assert view["credentials"]["pat"]["value"] == {"env": "OCP_PAT"}
    assert "the-pat" not in str(view)
    assert [one["id"] for one in view["endpoints"]] == [one.id for one in loaded.endpoints]


def test_what_is_shown_means_the_same_when_it_is_read_again() -> None:
    loaded = settings(PART)
    again = loads(json.dumps(shown(loaded)), "again.yml", ENVIRON)
    assert again == loaded
