"""Assertions hold or complain in a line that may be shown to anybody."""

import json
from typing import Any

import fastjsonschema
import jsonpath
import pytest

from monitor.adapters.assertions import body_check, header_checks, json_checks
from monitor.adapters.assertions.document import same
from monitor.adapters.assertions.schema import compiled
from monitor.adapters.assertions.text import SEARCHED
from monitor.core.exchange import Reply

STATUS = {
    "version": "1.17.0",
    "meta": {"services_status": {"db": "ok", "mq": "ok"}, "count": 3, "ratio": 2.0},
    "domains": [],
    "apps": [{"id": 1, "state": "started"}, {"id": 2, "state": "stopped"}],
    "nothing": None,
    "api_key": "abcd-very-secret",
    "ready": True,
}


def complaint(body: Any, mapping: dict[str, Any]) -> str | None:
    (check,) = json_checks(mapping)
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return check(Reply(200, raw))


@pytest.mark.parametrize(
    "mapping",
    [
        {"$.version": {"type": "string"}},
        {"$.version": "1.17.0"},
        {"$.version": {"type": "string", "pattern": "^1\\."}},
        {"$.meta.services_status": {"type": "object", "additionalProperties": {"const": "ok"}}},
        {"$.meta.services_status.*": "ok"},
        {"$.meta.count": 3, "$.meta.ratio": 2},
        {"$.domains": {"type": "array"}},
        {"$.domains": []},
        {"$.nothing": None},
        {"$.nothing": {}},
        {"$.ready": True},
        {"$.apps[?@.id == 1].state": "started"},
        {"$.apps[*].state": {"enum": ["started", "stopped"]}},
        {"$..id": {"type": "integer"}},
        {
            "$": {
                "required": ["version"],
                "properties": {"version": {"$ref": "#/definitions/v"}},
                "definitions": {"v": {"type": "string"}},
            }
        },
    ],
)
def test_what_holds_has_no_complaint(mapping: dict[str, Any]) -> None:
    assert complaint(STATUS, mapping) is None


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"$.nothing": {"type": "string"}}, "$.nothing: expected type string, got null"),
        ({"$.version": {"type": ["number", "null"]}},
         '$.version: expected type number or null, got "1.17.0"'),
        ({"$.version": "2.0"}, '$.version: expected "2.0", got "1.17.0"'),
        ({"$.meta.count": True}, "$.meta.count: expected true, got 3"),
        ({"$.ready": 1}, "$.ready: expected 1, got true"),
        ({"$.services": {"type": "object"}}, "$.services: nothing there"),
        ({"$.services": None}, "$.services: nothing there"),
        ({"$.domains": {"minItems": 1}},
         "$.domains: must contain at least 1 items, got an empty array"),
        ({"$.domains": {"type": "object"}}, "$.domains: expected type object, got an empty array"),
        ({"$.meta": 1}, "$.meta: expected 1, got an object"),
        ({"$.apps": "x"}, '$.apps: expected "x", got an array'),
        ({"$.apps[*].state": "started"}, '$.apps[*].state: expected "started", got "stopped"'),
        ({"$.meta.count": {"minimum": 5}},
         "$.meta.count: must be bigger than or equal to 5, got 3"),
        ({"$": {"properties": {"meta": {"properties": {"count": {"type": "string"}}}}}},
         "$.meta.count: expected type string, got 3"),
        ({"$.version": {"type": "string"}, "$.none": {}}, "$.none: nothing there"),
    ],
)  # fmt: skip
def test_what_does_not_hold_is_said_in_one_line(mapping: dict[str, Any], said: str) -> None:
    assert complaint(STATUS, mapping) == said


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"a": 1', b"\xff\xfe\x00", b'{"a": NaN}', b"[" * 100_000, b"1" * 9999],
)
def test_a_body_that_is_not_json_is_said_to_be_none(body: bytes) -> None:
    assert complaint(body, {"$.a": {}}) == "body is not JSON"


def test_json_in_another_encoding_is_read() -> None:
    assert complaint('{"a": "ü"}'.encode("utf-16"), {"$.a": "ü"}) is None


@pytest.mark.parametrize(
    ("body", "mapping"),
    [
        (STATUS, {"$.api_key": {"type": "number"}}),
        (STATUS, {"$.api_key": "another"}),
        (STATUS, {"$['api_key']": 1}),
        (STATUS, {"$": {"properties": {"api_key": {"maxLength": 3}}}}),
        (STATUS, {"$.*": {"maxLength": 8}}),
        ({"tokens": ["very-secret"]}, {"$.tokens[0]": 1}),
        ({"Authorization": "very-secret"}, {"$.*": 1}),
        ({"password": "very-secret"}, {"$..password": {"pattern": "^x"}}),
    ],
)
def test_what_is_under_a_secrets_name_is_not_shown(body: Any, mapping: dict[str, Any]) -> None:
    said = complaint(body, mapping)

    assert said is not None
    assert "secret" not in said


def test_a_long_or_ugly_value_is_cut_and_made_printable() -> None:
    said = complaint({"a": "line\nbreak\u2028" + "x" * 5000}, {"$.a": 1})

    assert said is not None
    assert len(said) < 120
    assert said.isprintable()
    assert said.endswith('…"')
    lone = complaint(b'{"a": "\\ud800"}', {"$.a": 1})
    assert lone is not None
    lone.encode()


@pytest.mark.parametrize("path", ["version", "$.", "$[", "", "$.a | $.b", "$.a ", "$.a~", "$[?@.a"])
def test_a_path_that_is_none_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="is not a JSONPath"):
        json_checks({path: {}})


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "strin"}, "Unknown type"),
        ({"type": 5}, "Unknown type"),
        ({"typ": "string"}, "unknown keyword 'typ'"),
        ({"properties": {"a": {"typ": "string"}}}, "unknown keyword 'typ'"),
        ({"items": [{"minimun": 3}]}, "unknown keyword 'minimun'"),
        ({"items": {"minimun": 3}}, "unknown keyword 'minimun'"),
        ({"anyOf": [{"not": {"minimun": 3}}]}, "unknown keyword 'minimun'"),
        ({"pattern": "("}, "not a JSON Schema"),
        ({"minimum": "a"}, "must be a number"),
        ({"properties": []}, "not a JSON Schema"),
        ({"$ref": "#/nowhere"}, "Unresolvable ref"),
        ({"$ref": "http://127.0.0.1:1/schema"}, "only references within the schema"),
        ({"$ref": "file:///etc/hostname"}, "only references within the schema"),
        ({"$ref": "other.json"}, "only references within the schema"),
    ],
)
def test_a_schema_that_is_none_is_refused(schema: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=r"^'\$\.a': not a JSON Schema") as caught:
        json_checks({"$.a": schema})

    assert why in str(caught.value)


def test_a_path_that_searches_too_deep_gives_up() -> None:
    nested = b'{"a":' * 300 + b"1" + b"}" * 300

    assert complaint(nested, {"$..b": {}}) == "$..b: the body is nested too deeply"


def test_a_schema_that_descends_too_deep_gives_up() -> None:
    nested: dict[str, Any] = {}
    for _ in range(20_000):
        nested = {"a": nested}
    schema = {
        "$ref": "#/definitions/n",
        "definitions": {"n": {"properties": {"a": {"$ref": "#/definitions/n"}}}},
    }

    assert compiled(schema)({}) is None
    assert compiled(schema)(nested) == ("", "cannot be checked", nested)


def test_a_default_in_a_schema_does_not_help_the_next_rule() -> None:
    schema = {"properties": {"x": {"default": 1}}}

    assert complaint({}, {"$": schema, "$.x": {}}) == "$.x: nothing there"


def test_no_rule_is_no_check() -> None:
    assert json_checks({}) == []
    assert header_checks({}) == []


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (1, 1.0, True),
        (1, True, False),
        (0, False, False),
        (True, True, True),
        ([1, [2]], [1, [2]], True),
        ([1], [True], False),
        ([1], [1, 2], False),
        ({"a": 0}, {"a": 0}, True),
        ({"a": 0}, {"a": False}, False),
        ({"a": 0}, {"b": 0}, False),
        ({}, [], False),
        (None, False, False),
        ("1", 1, False),
    ],
)
def test_json_values_are_compared_as_json_does(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal


@pytest.mark.parametrize(
    ("body", "content_type", "pattern", "holds"),
    [
        (b"all is well", "", "is well$", True),
        (b"all is ill", "", "is well$", False),
        ("größe".encode(), "text/plain", "größe", True),
        ("größe".encode("latin-1"), "text/plain; charset=ISO-8859-1", "größe", True),
        ("größe".encode("utf-16"), 'text/plain; charset="utf-16"', "größe", True),
        ("größe".encode(), "text/plain; charset=iso-8859-99", "größe", True),
        ("größe".encode(), "text/plain; charset=punycode", "größe", True),
        (b"\xff\xfe ok", "text/plain", "ok", True),
        (b"x" * SEARCHED + b"needle", "", "needle", False),
        (b"x" * (SEARCHED - 6) + b"needle", "", "needle", True),
    ],
)
def test_a_pattern_is_searched_in_the_text_of_a_body(
    body: bytes, content_type: str, pattern: str, holds: bool
) -> None:
    said = body_check(pattern)(Reply(200, body, {"content-type": content_type}))

    assert said == (None if holds else f"body does not match {pattern}")


def test_headers_are_searched_by_their_lower_case_name() -> None:
    checks = header_checks({"Content-Type": "^application/json", "X-Token": "^abc$", "etag": "."})
    reply = Reply(200, b"", {"content-type": "text/html", "x-token": "very-secret"})

    assert [check(reply) for check in checks] == [
        'header content-type does not match ^application/json, got "text/html"',
        "header x-token does not match ^abc$",
        "header etag is missing",
    ]
    good = Reply(200, b"", {"content-type": "application/json", "x-token": "abc", "etag": "1"})
    assert [check(good) for check in checks] == [None, None, None]


@pytest.mark.parametrize("pattern", ["(", "*", "[a", "(?P<1>a)", "a{99999999999999999999}"])
def test_a_pattern_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError, match="is not a regular expression"):
        body_check(pattern)
    with pytest.raises(ValueError, match="is not a regular expression"):
        header_checks({"a": pattern})


# ---------------------------------------------------------------- pins: the libraries as they are


def test_the_compiler_of_schemas_ignores_words_that_it_does_not_know() -> None:
    """A pin: this is why unknown keywords are refused before."""
    assert fastjsonschema.compile({"typ": "string"})(5) == 5


def test_a_path_that_is_not_rfc_9535_is_accepted_unless_strict() -> None:
    """A pin: this is why paths are compiled strictly."""
    assert jsonpath.compile("a | b") is not None
