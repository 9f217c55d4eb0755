import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.detail import LONGEST, READ, explain, mentions_licences, one_line

ENVS_MANAGER = {
    "errors": [
        {
            "status": 400,
            "code": "1022",
            "title": "Bad Request",
            "detail": "Description too long",
            "source": "/body/description",
            "meta": {},
        }
    ]
}
FASTAPI = {"detail": [{"loc": ["body", "page", 0], "msg": "field required", "type": "missing"}]}
DEPLOY = {
    "detail": "Your App can not be deployed because it contains problems",
    "errors": [
        {
            "canvas_id": "c1",
            "node_errors": [
                {
                    "node_id": "1",
                    "errors": [
                        {
                            "type": "WARNING",
                            "code": "MULTIPLE_ROOTS_FOUND",
                            "message": "Several roots",
                        }
                    ],
                }
            ],
        }
    ],
}


def said(body: Any) -> str:
    return explain(json.dumps(body).encode())


# ---------------------------------------------------------------- Omilia's shapes


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (ENVS_MANAGER, "Bad Request: Description too long (1022) at /body/description"),
        (FASTAPI, "field required (missing) at body.page.0"),
        ({"name": ["Invalid app name."]}, "name: Invalid app name."),
        (
            DEPLOY,
            f"{DEPLOY['detail']}; Several roots (MULTIPLE_ROOTS_FOUND, WARNING)",
        ),
        ({"message": "no such table"}, "no such table"),
        (
            {"error": "invalid_grant", "error_description": "Invalid user credentials"},
            "Invalid user credentials (invalid_grant)",
        ),
        (
            {
                "type": "error_event",
                "error_code": "UNAUTHORIZED",
                "error_message": "no such key",
                "session_id": None,
            },
            "no such key (UNAUTHORIZED, error_event)",
        ),
        ({"success": False, "error_message": "generic_error"}, "generic_error"),
    ],
    ids=[
        "environments manager",
        "validation",
        "orchestrator field",
        "orchestrator deploy",
        "metrics",
        "keycloak",
        "chat",
        "channels bridge",
    ],
)
def test_a_documented_error_body_is_read(body: Any, words: str) -> None:
    assert said(body) == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": "invalid_request"}, "invalid_request"),
        ({"detail": "Not found."}, "Not found."),
        ({"code": 1022}, "1022"),
        (["first", "second", "first"], "first; second"),
        ({"title": "Conflict", "error": True}, "Conflict"),
        ({"message": "x", "detail": "x"}, "x: x"),
        ({"data": {"status": "DOWN"}}, ""),
        ({"message": None, "errors": []}, ""),
        ({}, ""),
        ([], ""),
    ],
)
def test_its_relatives_are_read_too(body: Any, words: str) -> None:
    assert said(body) == words


# ---------------------------------------------------------------- everything else


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", ""),
        (b"  \r\n\t ", ""),
        (b"upstream is gone", "upstream is gone"),
        (b"<html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>", "502 Bad Gateway nginx"),
        (
            b"<style>h1 { color: red }</style><SCRIPT>if (a < b) alert(1)</SCRIPT>Down",
            "Down",
        ),
        (b"<p>half a tag</p><div cla", "half a tag <div cla"),
        (b"a < b", "a < b"),
        (b'{"message": "cut in the mid', '{"message": "cut in the mid'),
        (b"{not json}", "{not json}"),
        (b"one\ntwo\x00three\x1b[31mred", "one two three [31mred"),
        (b"caf\xe9 \xff\xfe closed", "caf closed"),
        ("zur\u00fcck in K\u00fcrze".encode(), "zur\u00fcck in K\u00fcrze"),
        (b'{"message": "a \\ud800\\u202e b"}', "a b"),
        (b'"just a string"', '"just a string"'),
        (b"[" * 10_000, "[" * (LONGEST - 1) + "\u2026"),
        (b'{"code": ' + b"9" * 5000 + b"}", '{"code": ' + "9" * (LONGEST - 10) + "\u2026"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_any_body_becomes_a_short_printable_line(body: bytes, words: str) -> None:
    assert explain(body) == words


def test_a_long_text_is_cut_and_shows_it() -> None:
    line = explain(b"x" * 1_000_000)
    assert line == "x" * (LONGEST - 1) + "\u2026"


def test_a_text_of_just_the_right_length_is_not_cut() -> None:
    assert explain(b"x" * LONGEST) == "x" * LONGEST


def test_only_the_beginning_of_a_body_is_looked_at() -> None:
    assert explain(b" " * READ + b"too late") == ""
    assert mentions_licences(b" " * (READ - 10) + b"licence")
    assert not mentions_licences(b" " * READ + b"licence")


def test_an_error_deeper_than_any_of_omilias_is_not_followed_for_ever() -> None:
    body: Any = {"message": "at the bottom"}
    for _ in range(100):
        body = {"errors": [body]}
    assert said(body) == ""


def test_a_list_of_many_errors_is_told_by_its_first() -> None:
    told = said({"errors": [{"message": f"number {n}"} for n in range(200)]})
    assert told == "number 0; number 1; number 2; number 3; number 4"


# ---------------------------------------------------------------- laws

MARKUP = st.lists(
    st.sampled_from(["<", ">", "<script", "</script>", "<style>", "</", "!", " ", "a", '"', "\n"]),
    max_size=200,
).map("".join)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["errors", "detail", "loc", "msg", "error", "code", "source", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=30,
)


def is_showable(line: str) -> bool:
    return len(line) <= LONGEST and line.isprintable() and line == line.strip()


@given(st.binary(max_size=400))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    assert is_showable(explain(body))


@given(MARKUP)
def test_no_markup_is_too_strange(body: str) -> None:
    assert is_showable(explain(body.encode()))


@given(JSON)
def test_no_json_is_too_strange(body: Any) -> None:
    assert is_showable(said(body))


@given(st.text(max_size=700))
def test_no_text_is_too_strange(text: str) -> None:
    assert is_showable(one_line(text))


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"]), max_size=LONGEST))
def test_a_short_and_plain_text_stays_as_it_is(text: str) -> None:
    assert one_line(text) == text
