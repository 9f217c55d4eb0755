"""What the configuration of all channels shares: durations, secrets, addresses, headers.

Each kind has its own model, beside what it does, in alerts/channels.

A secret arrives as a `SecretStr`: whoever reads the file has turned `{env: NAME}` or `{file: PATH}`
into one before. Text that stands in the file itself is refused.
"""

import base64
import binascii
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    SecretStr,
    WithJsonSchema,
)

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h|d)", re.ASCII)
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")  # RFC 9110, 5.6.2
_OURS = ("host", "content-type", "content-length", "transfer-encoding", "user-agent")
_SIGNED = "whsec_"


def seconds_of(text: Any) -> float:
    """Read a duration such as `250ms`, `30s`, `5m`, `4h`, `90d`. Returns seconds.

    Raises ValueError for anything else, and says what would be right.
    """
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise ValueError(f"a duration needs a unit: write {text:g}s, not {text:g}")  # noqa: TRY004  pydantic shows ValueErrors to people
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        raise ValueError("not a duration; write 250ms, 30s, 5m, 4h or 90d")
    return float(found[1]) * _UNITS[found[2]]


def spelled(seconds: float) -> str:
    """Write seconds as a duration, in the largest unit that says it in whole numbers."""
    for unit in ("d", "h", "m", "s"):
        if seconds >= _UNITS[unit] and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:.0f}{unit}"
    return f"{seconds * 1000:g}ms" if seconds else "0s"


Duration = Annotated[
    float,
    BeforeValidator(seconds_of),
    PlainSerializer(spelled, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "pattern": r"^\d+(\.\d+)?(ms|s|m|h|d)$"}),
]
"""Seconds, written with a unit; never a bare number."""


def _not_in_the_file(value: Any) -> Any:
    """Refuse a secret that was written where everybody reads it."""
    if not isinstance(value, SecretStr):
        raise ValueError("a secret is not written in the file; write {env: NAME} or {file: PATH}")  # noqa: TRY004  pydantic shows ValueErrors to people
    if not value.get_secret_value():
        raise ValueError("the secret is empty")
    return value


def _reference(key: str) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {key: {"type": "string"}},
        "required": [key],
        "additionalProperties": False,
    }


REFERENCE: dict[str, Any] = {"oneOf": [_reference("env"), _reference("file")]}
"""The JSON Schema of a reference to a secret."""

Secret = Annotated[
    SecretStr,
    BeforeValidator(_not_in_the_file),
    WithJsonSchema(REFERENCE),
]
"""A value that nobody prints, written `{env: NAME}` or `{file: PATH}`."""


def web_address(value: SecretStr | str) -> SecretStr | str:
    """Check a URL without repeating it: it may carry a token."""
    text = value.get_secret_value() if isinstance(value, SecretStr) else value
    wrong = "not an absolute http or https URL; it should read https://host/path"
    if any(character <= " " or character == "\x7f" for character in text):
        raise ValueError("the URL contains spaces or line ends; is there a newline in the file?")
    try:
        parsed = urlsplit(text)
        usable = parsed.scheme in ("http", "https") and parsed.hostname and parsed.port != 0
    except ValueError:
        raise ValueError(wrong) from None
    if not usable:
        raise ValueError(wrong)
    return value


def signing_key(secret: str) -> bytes:
    """Return the bytes to sign with: `whsec_` and base64, or else the text itself as UTF-8.

    Raises ValueError when what follows `whsec_` is not base64.
    """
    if not secret.startswith(_SIGNED):
        return secret.encode()
    encoded = secret.removeprefix(_SIGNED)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise ValueError("what follows whsec_ is not base64")
    return key


def signing_secret(value: SecretStr) -> SecretStr:
    """Check that something can be signed with a secret."""
    signing_key(value.get_secret_value())
    return value


def header_values(value: dict[str, SecretStr | str]) -> dict[str, SecretStr | str]:
    """Check names and values of further headers, without repeating values."""
    for name, said in value.items():
        text = said.get_secret_value() if isinstance(said, SecretStr) else said
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{name!r} is not a header's name")
        if name.lower() in _OURS or name.lower().startswith("webhook-"):
            raise ValueError(f"{name} is set by us and cannot be configured")
        if any(character < " " or character == "\x7f" for character in text):
            raise ValueError(f"the value of {name} must be one line of text")
    return value


class Part(BaseModel):
    """What all kinds share: unknown keys are refused, values are not guessed at."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
    )
