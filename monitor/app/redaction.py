"""Settings without their secrets, and their secrets without the settings."""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, SecretStr

from monitor.app.secrets import ReferencedSecret
from monitor.app.settings import Settings
from monitor.core.naming import names_a_secret
from monitor.core.redaction import HIDDEN
from monitor.web.redact import safe_url

_ADDRESS = re.compile(r"(?:https?|wss?)://")


def secrets_of(settings: Settings) -> set[str]:
    """Return every secret value in the settings, to be looked for in log lines."""
    return set(_secrets(settings))


def shown(settings: Settings) -> dict[str, Any]:
    """Return the effective configuration as plain values, secrets as where they come from."""
    plain = _plain(settings)
    assert isinstance(plain, dict)  # noqa: S101  a model dumps to a mapping
    return plain


def _secrets(value: Any) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _secrets(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _secrets(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _secrets(item)


def _plain(value: Any) -> Any:
    if isinstance(value, ReferencedSecret):
        return dict(value.reference)
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, BaseModel):
        return _model(value)
    if isinstance(value, dict):
        return {key: _named(key, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return safe_url(value) if isinstance(value, str) and _ADDRESS.match(value) else value


def _named(key: Any, item: Any) -> Any:
    """Show a value under its name, but not what a header's name says to be a secret."""
    return HIDDEN if isinstance(item, str) and names_a_secret(str(key)) else _plain(item)


def _model(value: BaseModel) -> Any:
    """Dump one model: pydantic writes durations as they are spelled, we write the secrets."""
    fields = type(value).model_fields
    if set(fields) == {"root"}:
        return _plain(value.root)  # type: ignore[attr-defined]
    as_json = value.model_dump(mode="json", by_alias=True, warnings=False)
    shown: dict[str, Any] = {}
    for name, field in fields.items():
        key, item = field.alias or name, getattr(value, name)
        deep = isinstance(item, BaseModel | dict | list | SecretStr)
        shown[key] = _plain(item if deep else as_json[key])
    said = {fields[name].alias or name for name in value.model_fields_set}
    # Who writes null means it: `flapping: null` is never, and left out it is the default.
    return {key: item for key, item in shown.items() if item is not None or key in said}
