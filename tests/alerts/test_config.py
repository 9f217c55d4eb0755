from typing import Any

import pytest
from pydantic import SecretStr, TypeAdapter, ValidationError

from alerts.channels import Channels
from alerts.channels.log import LogConfig
from alerts.channels.webhook import WebhookConfig
from alerts.config import Duration, seconds_of, signing_key, spelled

URL = SecretStr("https://hooks.example.org/t0ken")
WEBHOOK = {"kind": "webhook", "url": URL}


def problems(value: Any) -> list[tuple[str, str]]:
    """What is wrong with a set of channels, as people are told: where, and what."""
    with pytest.raises(ValidationError) as raised:
        Channels.model_validate(value)
    errors = raised.value.errors(include_input=False, include_url=False)
    return [(".".join(map(str, e["loc"])), e["msg"].removeprefix("Value error, ")) for e in errors]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("0s", 0.0),
        ("30s", 30.0),
        ("1.5s", 1.5),
        ("5m", 300.0),
        ("4h", 14_400.0),
        ("90d", 7_776_000.0),
    ],
)
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds
    assert seconds_of(spelled(seconds)) == seconds


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (30, "a duration needs a unit: write 30s, not 30"),
        (0.5, "a duration needs a unit: write 0.5s, not 0.5"),
        ("30", "not a duration; write 250ms, 30s, 5m, 4h or 90d"),
        ("30 s", "not a duration; write 250ms, 30s, 5m, 4h or 90d"),
        ("30s\n", "not a duration; write 250ms, 30s, 5m, 4h or 90d"),
        ("-5s", "not a duration; write 250ms, 30s, 5m, 4h or 90d"),
        ("1w", "not a duration; write 250ms, 30s, 5m, 4h or 90d"),
        ("1e3s", "not a duration; write 250ms, 30s, 5m, 4h or 90d"),
        ("", "not a duration; write 250ms, 30s, 5m, 4h or 90d"),
        (None, "not a duration; write 250ms, 30s, 5m, 4h or 90d"),
        (True, "not a duration; write 250ms, 30s, 5m, 4h or 90d"),
    ],
)
def test_anything_else_is_no_duration(value: Any, message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Duration).validate_python(value)
    assert raised.value.errors()[0]["msg"] == f"Value error, {message}"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "250ms"), (1.0, "1s"), (90.0, "90s"), (120.0, "2m"), (86_400.0, "1d"), (0.0, "0s")],
)
def test_a_duration_is_shown_as_it_is_written(seconds: float, text: str) -> None:
    assert spelled(seconds) == text
    assert TypeAdapter(Duration).dump_json(seconds) == f'"{text}"'.encode()


def test_channels_are_told_apart_by_their_kind() -> None:
    found = Channels.model_validate({"ops": WEBHOOK, "log": {"kind": "log"}}).root
    assert isinstance(found["ops"], WebhookConfig)
    assert isinstance(found["log"], LogConfig)
    assert found["ops"].timeout == 15.0
    assert found["log"].level == "warning"


@pytest.mark.parametrize(
    ("channels", "where", "what"),
    [
        ({"ops": {"kind": "pigeon"}}, "ops", "expected tags: 'webhook', 'alertmanager'"),
        ({"ops": {}}, "ops", "Unable to extract tag"),
        ({"Ops!": {"kind": "log"}}, "Ops!.[key]", "String should match pattern"),
        ({"ops": {"kind": "log", "lvl": "info"}}, "ops.log.lvl", "Extra inputs"),
        ({"ops": {"kind": "webhook"}}, "ops.webhook.url", "Field required"),
        ({"ops": WEBHOOK | {"timeout": 5}}, "ops.webhook.timeout", "write 5s, not 5"),
        ({"ops": WEBHOOK | {"timeout": "0s"}}, "ops.webhook.timeout", "greater than 0"),
        ({"ops": WEBHOOK | {"timeout": "5m"}}, "ops.webhook.timeout", "less than or equal to 60"),
        ({"ops": WEBHOOK | {"format": "xml"}}, "ops.webhook.format", "Input should be 'standard'"),
        (
            {"ops": WEBHOOK | {"url": "https://in.the.file/"}},
            "ops.webhook.url",
            "a secret is not written in the file; write {env: NAME} or {file: PATH}",
        ),
        ({"ops": WEBHOOK | {"secret": SecretStr("")}}, "ops.webhook.secret", "secret is empty"),
        (
            {"ops": WEBHOOK | {"secret": SecretStr("whsec_!")}},
            "ops.webhook.secret",
            "what follows whsec_ is not base64",
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(channels: Any, where: str, what: str) -> None:
    ((at, said),) = problems(channels)
    assert at == where
    assert what in said


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h/t0ken",
        "hooks.example.org/t0ken",
        "https:///t0ken",
        "https://h:99999/t0ken",
        "https://h:0/t0ken",
        "https://[::1/t0ken",
        "https://h/t0ken\n",
        "https://h/t0 ken",
    ],
)
def test_a_url_that_cannot_work_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValidationError) as raised:
        WebhookConfig.model_validate({"kind": "webhook", "url": SecretStr(url)})
    assert "t0ken" not in str(raised.value)
    assert "URL" in str(raised.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x?y=z", "https://[::1]/x", "https://h"])
def test_a_url_that_can_work_is_taken(url: str) -> None:
    assert (
        WebhookConfig.model_validate(WEBHOOK | {"url": SecretStr(url)}).url.get_secret_value()
        == url
    )


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"a b": "x"}, "'a b' is not a header's name"),
        ({"X-A": "x\r\nY: z"}, "the value of X-A must be one line of text"),
        ({"X-A": SecretStr("x\ny")}, "the value of X-A must be one line of text"),
        ({"Webhook-Id": "x"}, "Webhook-Id is set by us"),
        ({"content-type": "x"}, "content-type is set by us"),
    ],
)
def test_headers_are_checked(headers: Any, what: str) -> None:
    ((_, said),) = problems({"ops": WEBHOOK | {"headers": headers}})
    assert what in said


@pytest.mark.parametrize(
    ("secret", "key"),
    [
        ("whsec_AAEC", b"\x00\x01\x02"),
        ("whsec_AAE", b"\x00\x01"),
        ("whsec_AAE=", b"\x00\x01"),
        ("plain", b"plain"),
        ("größe", "größe".encode()),
    ],
)
def test_a_signing_secret_is_base64_or_the_text_itself(secret: str, key: bytes) -> None:
    assert signing_key(secret) == key


def test_secrets_are_shown_nowhere() -> None:
    config = Channels.model_validate({"ops": WEBHOOK | {"secret": SecretStr("t0ken")}})
    assert "t0ken" not in repr(config) + config.model_dump_json()


def test_the_schema_shows_how_a_secret_is_written() -> None:
    schema = Channels.model_json_schema()
    url = schema["$defs"]["WebhookConfig"]["properties"]["url"]
    assert [sorted(one["properties"]) for one in url["oneOf"]] == [["env"], ["file"]]
    assert schema["$defs"]["WebhookConfig"]["properties"]["timeout"]["type"] == "string"
