"""What stands under the name of a secret is one, whoever's it is and however it is written."""

import json
import time
from urllib.parse import quote

import pytest

from monitor.core.detail import explain, one_line
from monitor.core.naming import names_a_secret, without_named

SECRET = "s3cr3t-of-a-stranger"
NAMES = [
    "Authorization",
    "X-OCP-PERSONAL-ACCESS-TOKEN",
    "api_key",
    "access_key",
    "live_token",
    "deployed_token",
    "access_token",
    "refresh_token",
    "otp",
    "password",
    "token",
]
"""Omilia's own, and the query parameter."""


def spellings(name: str) -> list[str]:
    return [
        f"bad header {name}: {SECRET} was sent",
        f"bad header {name}: Bearer {SECRET}, sorry",
        f"bad header {name.lower()}:Basic {SECRET}",
        f"no such page: /app?x=1&{name}={SECRET}&y=2",
        f"form {quote(f'{name}={SECRET}')}",
        json.dumps({name: SECRET}),
        json.dumps({"message": json.dumps({name: SECRET})}),
        json.dumps({"detail": f"{name} = '{SECRET}'"}),
        json.dumps({name: [SECRET]}),
        json.dumps({"errors": [{"detail": {name: [SECRET]}}]}),
        f"{{'{name}' => '{SECRET}'}}",
        f"[('{name}', '{SECRET}')]",
        f"<error><{name}>{SECRET}</{name}></error>",
        f"{name.upper()}={SECRET}",
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_strangers_secret_is_hidden_wherever_its_name_stands(name: str) -> None:
    for text in spellings(name):
        assert SECRET not in explain(text.encode()), text
        assert SECRET not in one_line(text), text
        assert SECRET not in without_named(text), text


@pytest.mark.parametrize(
    "text",
    [
        "the token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl is over",
        "you sent Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl",
        "you sent bearer c2lnbmF0dXJl9",
    ],
)
def test_what_gives_itself_away_needs_no_name(text: str) -> None:
    assert "c2ln" not in one_line(text)


@pytest.mark.parametrize(
    "text",
    [
        "Invalid user credentials (invalid_grant)",
        "The token is over",
        "use Bearer authentication",
        "Authorization header is missing",
        "No available licenses",
        "3 failures in a row, the last: HTTP 503: upstream timeout",
        "tokens: 5 of 7",
        "monkey=7",
    ],
)
def test_innocent_words_stay(text: str) -> None:
    assert one_line(text) == text


def test_what_is_said_beside_it_stays() -> None:
    assert one_line("?a=1&token=abc&b=2 is wrong") == "?a=1&token=***&b=2 is wrong"
    assert (
        one_line("Authorization: Bearer abc, try again") == "Authorization: Bearer ***, try again"
    )


def test_it_is_hidden_before_a_long_text_is_cut() -> None:
    text = "x" * 280 + f" access_token={SECRET}"
    assert "s3cr" not in one_line(text)


@pytest.mark.parametrize(
    "piece", ["token", "token:", "eyJ", "eyJaaaaaa.", "bearer ", "'\\\" ", "token,"]
)
def test_no_text_takes_long(piece: str) -> None:
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    without_named(text)
    assert time.process_time() - began < 10


def test_only_whole_names_are_names() -> None:
    assert all(names_a_secret(name) for name in NAMES)
    assert not names_a_secret("tokens")
    assert not names_a_secret("endpoint")
