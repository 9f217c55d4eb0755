"""What a configuration means once it is read."""

import pytest

from monitor.app.loader import loads
from monitor.app.problems import ConfigError
from monitor.app.redaction import secrets_of, shown
from monitor.app.wiring import channels_for, credentials_of, endpoint_of
from monitor.core.exchange import Reply

TWO = """
defaults:
  every: 30s
  headers: {x-a: "1", x-b: "2"}
  expect: {status: [200], within: 1s}
  breaker: {fail_max: 5}
endpoints:
  - {id: a, url: "https://a.example/"}
  - id: b
    url: https://b.example/
    every: 5m
    headers: {x-b: "3"}
    expect: {status: [204]}
    breaker: {count: [402]}
    alert: [two]
channels: {one: {kind: log}, two: {kind: log}}
"""


def test_defaults_are_laid_under_each_endpoint_part_by_part() -> None:
    a, b = (endpoint_of(e) for e in loads(TWO).endpoints)
    assert (a.every, b.every) == (30.0, 300.0)
    assert b.request.headers == {"x-a": "1", "x-b": "3"}
    assert b.expectation.status == {204}
    assert b.expectation.within == 1.0
    assert b.expectation.count == {402}
    assert (a.policy.fail_max, b.policy.fail_max) == (5, 5)


def test_an_endpoint_without_channels_of_its_own_tells_all() -> None:
    settings = loads(TWO)
    assert channels_for(settings, "a") == ("one", "two")
    assert channels_for(settings, "b") == ("two",)


def test_checks_of_an_expectation_reach_the_judge() -> None:
    text = TWO.replace("{status: [204]}", '{json: {"$.x": 1}, body: x, headers: {h: v}}')
    checks = endpoint_of(loads(text).endpoints[1]).expectation.checks
    assert len(checks) == 3
    good = Reply(200, b'{"x": 1}', {"h": "v"})
    assert [check(good) for check in checks] == [None, None, None]
    assert all(check(Reply(200, b"{}")) for check in checks)


def test_credentials_become_headers_and_are_known_as_secrets() -> None:
    text = TWO + "credentials: {p: {header: X-T, value: {env: P}}, b: {bearer: {env: B}}}\n"
    settings = loads(text, environ={"P": "first-secret", "B": "second-secret"})
    assert credentials_of(settings) == {
        "p": {"X-T": "first-secret"},
        "b": {"Authorization": "Bearer second-secret"},
    }
    assert secrets_of(settings) == {"first-secret", "second-secret"}


def test_yaml_1_2_is_read_so_no_is_a_word() -> None:
    text = "endpoints:\n  - {id: no, url: https://a.example/, group: off}\n"
    (endpoint,) = loads(text).endpoints
    assert (endpoint.id, endpoint.group) == ("no", "off")


def test_a_typo_does_not_hide_a_reference_that_leads_nowhere() -> None:
    with pytest.raises(ConfigError) as caught:
        loads("endpoints:\n  - {id: a, url: https://a.example/, every: 5, needs: [b]}\n")
    assert [problem.path for problem in caught.value.problems] == [
        ("endpoints", 0, "every"),
        ("endpoints", 0, "needs"),
    ]


def test_a_store_with_a_password_is_written_as_a_reference() -> None:
    url = "postgresql://monitor:hunter2@db.example/monitor"
    settings = loads(TWO + "store: {env: STORE}\n", environ={"STORE": url})
    assert settings.store_url == url
    assert "hunter2" not in str(shown(settings))
    assert url in secrets_of(settings)


def test_a_password_in_the_store_url_is_refused_and_not_repeated() -> None:
    with pytest.raises(ConfigError) as caught:
        loads(TWO + "store: postgresql://monitor:hunter2@db.example/monitor\n")
    assert "a password is not written in the file" in str(caught.value)
    assert "hunter2" not in str(caught.value)
