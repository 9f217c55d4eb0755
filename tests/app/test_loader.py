"""What a configuration means once it is read."""

from pathlib import Path

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


def test_a_shared_credential_tells_the_channels_of_all_who_use_it() -> None:
    text = TWO.replace(
        '{id: a, url: "https://a.example/"}',
        '{id: a, url: "https://a.example/", alert: [], credential: p}',
    )
    text = text.replace("alert: [two]", "alert: [two]\n    credential: p")
    settings = loads(text + "credentials: {p: {bearer: {env: P}}}\n", environ={"P": "a-secret"})
    assert channels_for(settings, "credential:p") == ("two",)
    assert channels_for(settings, "a") == ()
    assert channels_for(settings, "gone") == ()


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
    shown = credentials_of(settings)
    assert {name: (one.headers, one.secret) for name, one in shown.items()} == {
        "p": ({"X-T": "first-secret"}, "first-secret"),
        "b": ({"Authorization": "Bearer second-secret"}, "second-secret"),
    }
    assert not any(secret in repr(shown) for secret in secrets_of(settings))
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


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://monitor:hunter2@db.example/monitor",
        "postgresql://db.example/monitor?password=hunter2",
        "postgresql://db.example/monitor?sslpassword=hunter2",
    ],
)
def test_a_password_in_the_store_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        loads(TWO + f"store: {url}\n")
    assert "a password is not written in the file" in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["store: !!bool foo\n", 'listen: !!int ""\n', 'credentials: {p: {bearer: {file: "a\\0b"}}}\n'],
)
def test_whatever_the_file_holds_it_is_a_problem_and_no_crash(text: str) -> None:
    with pytest.raises(ConfigError):
        loads(TWO + text)


def test_a_secret_of_two_lines_is_refused() -> None:
    text = TWO + "credentials: {p: {bearer: {env: P}}}\n"
    with pytest.raises(ConfigError, match="more than one line"):
        loads(text, environ={"P": "one-secret\nanother-secret"})


def test_certificates_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("missing.pem", "empty.pem"):
        text = TWO.replace("  - id: b", f"  - id: b\n    ca_file: {tmp_path / name}")
        with pytest.raises(ConfigError, match="a file of certificates"):
            loads(text)
