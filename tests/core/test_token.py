"""What a token endpoint's answer means, and when to ask it."""

import json
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.category import Category
from monitor.core.exchange import Fault, NoReply, NotSent, Reply
from monitor.core.token import (
    FIRST_PAUSE,
    LONGEST_LIFE,
    LONGEST_PAUSE,
    LONGEST_WAIT,
    MAX_BODY,
    USUAL_LIFE,
    Denied,
    Given,
    Grant,
    GrantType,
    answered,
    cleaned,
    pause_of,
    renewal,
)
from tests.clock import START

PASSWORD = Grant(
    "https://iam.example/token",
    GrantType.PASSWORD,
    {"client_id": "ocp"},
    {"username": "probe", "password": "geheim & größer", "otp": "123456"},
)
CHAIN = Grant(
    "https://iam.example/token",
    GrantType.REFRESH_TOKEN,
    {"client_id": "ocp", "client_secret": "client-secret"},
    {"refresh_token": "the-first-one"},
)
ROBOT = Grant(
    "https://iam.example/token",
    GrantType.CLIENT_CREDENTIALS,
    {"client_id": "robot", "client_secret": "client-secret"},
    {},
)


def form(grant: Grant, refresh_token: str | None = None) -> dict[str, str]:
    request = grant.request(refresh_token)
    assert request.method == "POST"
    assert request.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert request.credential is None
    assert "geheim" not in repr(request)
    return dict(parse_qsl((request.body or b"").decode(), strict_parsing=True))


def ok(**fields: Any) -> Reply:
    return Reply(200, json.dumps({"access_token": "token", **fields}).encode())


def denied(exchange: Reply | NoReply | NotSent) -> Denied:
    answer = answered(exchange, START)
    assert isinstance(answer, Denied)
    return answer


def test_a_password_is_asked_with_as_omilia_documents_it() -> None:
    assert form(PASSWORD) == {
        "client_id": "ocp",
        "grant_type": "password",
        "username": "probe",
        "password": "geheim & größer",
        "otp": "123456",
    }


def test_a_refresh_token_in_hand_is_shown_without_the_password() -> None:
    assert form(PASSWORD, "abc") == {
        "client_id": "ocp",
        "grant_type": "refresh_token",
        "refresh_token": "abc",
    }


def test_a_configured_refresh_token_is_a_grant_of_its_own() -> None:
    assert CHAIN.refresh_token == "the-first-one"
    assert form(CHAIN)["refresh_token"] == "the-first-one"
    assert form(CHAIN, "newer")["refresh_token"] == "newer"
    assert form(CHAIN)["client_secret"] == "client-secret"


def test_a_client_can_ask_for_itself() -> None:
    assert form(ROBOT) == {
        "client_id": "robot",
        "client_secret": "client-secret",
        "grant_type": "client_credentials",
    }


@pytest.mark.parametrize("grant", [PASSWORD, CHAIN, ROBOT])
def test_nobody_prints_what_is_secret(grant: Grant) -> None:
    for secret in ("geheim", "123456", "the-first-one", "client-secret"):
        assert secret not in repr(grant)


def test_a_token_is_read_as_keycloak_gives_it() -> None:
    answer = answered(
        ok(expires_in=300, refresh_expires_in=1800, refresh_token="again", token_type="bearer"),
        START,
    )
    assert answer == Given("token", 300.0, "again", 1800.0)
    assert "token" not in repr(answer).replace("refresh_token", "")


@pytest.mark.parametrize(
    ("said", "life"),
    [
        (None, USUAL_LIFE),
        ("300", USUAL_LIFE),
        (True, USUAL_LIFE),
        (-5, USUAL_LIFE),
        (0, 1.0),
        (1e300, USUAL_LIFE),
        (10**6, LONGEST_LIFE),
        (299.5, 299.5),
    ],
)
def test_a_life_that_nobody_understands_is_a_short_one(said: Any, life: float) -> None:
    answer = answered(ok(expires_in=said), START)
    assert isinstance(answer, Given)
    assert answer.life == life


def test_an_offline_token_has_no_end() -> None:
    answer = answered(ok(refresh_token="again", refresh_expires_in=0), START)
    assert isinstance(answer, Given)
    assert (answer.refresh, answer.refresh_life) == ("again", None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Sign in</html>",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"access_token": ""}',
        b'{"access_token": 5}',
        b'{"access_token": "two words"}',
        b'{"access_token": "line\\r\\nX-Evil: 1"}',
        b'{"access_token": "t\\u00f6ken"}',
    ],
)
def test_an_answer_without_a_usable_token_is_tried_again_later(body: bytes) -> None:
    answer = denied(Reply(200, body))
    assert (answer.category, answer.status, answer.final) == (Category.UNEXPECTED, 200, False)
    assert "Evil" not in answer.why


@pytest.mark.parametrize(
    ("exchange", "category", "final"),
    [
        (Reply(401, b'{"error": "invalid_grant"}'), Category.CREDENTIAL, True),
        (Reply(400, b'{"error": "invalid_request"}'), Category.MISCONFIGURED, True),
        (Reply(403), Category.PERMISSION, True),
        (Reply(422), Category.MISCONFIGURED, True),
        (Reply(404), Category.MISCONFIGURED, False),
        (Reply(302, headers={"location": "/login"}), Category.MISCONFIGURED, False),
        (Reply(429), Category.THROTTLED, False),
        (Reply(408), Category.SERVER_ERROR, False),
        (Reply(500), Category.SERVER_ERROR, False),
        (Reply(503, headers={"retry-after": "7"}), Category.THROTTLED, False),
        (Reply(204), Category.UNEXPECTED, False),
        (NoReply(Fault.CONNECT, "connection refused"), Category.UNREACHABLE, False),
        (NotSent("network", "offline"), Category.BLOCKED, False),
    ],
)
def test_only_what_was_refused_is_final(
    exchange: Reply | NoReply | NotSent, category: Category, final: bool
) -> None:
    answer = denied(exchange)
    assert (answer.category, answer.final) == (category, final)


def test_a_wrong_realm_is_said_to_be_one() -> None:
    assert "no such realm" in denied(Reply(404, b'{"error": "Realm does not exist"}')).why


def test_what_it_tells_us_to_wait_is_remembered() -> None:
    assert denied(Reply(429, headers={"retry-after": "30"})).retry_after == 30


def test_secrets_are_taken_out_before_words_are_chosen_and_cut() -> None:
    echo = f'{{"error_description": "{"x" * 290} geheim & größer was wrong"}}'.encode()
    answer = answered(cleaned(Reply(401, echo), PASSWORD.redaction()), START)
    assert isinstance(answer, Denied)
    assert "gehei" not in answer.why


def test_the_beginning_of_a_secret_at_the_end_of_what_is_read_is_taken_out_too() -> None:
    body = (b"x" * MAX_BODY)[:-6] + b"geheim"
    reply = cleaned(Reply(401, body), PASSWORD.redaction())
    assert isinstance(reply, Reply)
    assert b"geh" not in reply.body


def test_a_good_answer_is_left_whole() -> None:
    reply = ok(refresh_token="again")
    assert cleaned(reply, PASSWORD.redaction("again")) is reply


@given(life=st.floats(1, 1e5), roll=st.floats(0, 1))
def test_a_token_is_renewed_before_its_end_and_not_before_its_middle(
    life: float, roll: float
) -> None:
    assert life / 2 <= renewal(life, roll) < life
    if life >= 100:
        assert life - 45 <= renewal(life, roll) <= life - 30


@given(denials=st.integers(1, 10**6), roll=st.floats(0, 1))
def test_pauses_grow_are_bounded_and_jittered(denials: int, roll: float) -> None:
    pause = pause_of(denials, None, roll)
    assert FIRST_PAUSE / 2 <= pause <= LONGEST_PAUSE
    assert pause_of(denials + 1, None, roll) >= pause


def test_what_we_were_told_is_the_least_but_not_for_ever() -> None:
    assert pause_of(1, 120, 0) == 120
    assert pause_of(1, 1e9, 1) == LONGEST_WAIT
