"""Values of the core to JSON and back, by their type hints.

Fields that have their default value are left out, unknown fields are ignored and missing ones take
their default: a newer version reads what an older one wrote. A field of a type that is not known
here is found when this module is imported, not when the first value is stored.
"""

import json
import types
from collections.abc import Callable
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from monitor.core.breaker import Moved
from monitor.core.credential import KeptPause
from monitor.core.incident import Incident
from monitor.core.maintenance import Copy, Window
from monitor.core.silence import Silence
from monitor.core.standing import Standing
from monitor.core.stretch import Stretch

T = TypeVar("T")
Convert = Callable[[Any], Any]


class Codec(Generic[T]):
    """Writes and reads one class of frozen values."""

    def __init__(self, of: type[T]) -> None:
        self._encode, self._decode = _record(of)

    def dumps(self, value: T) -> str:
        """Return the value as JSON, in ASCII."""
        return _write(self._encode(value))

    def loads(self, text: str) -> T:
        """Return the value. Raises ValueError when the text is not one."""
        try:
            value: T = self._decode(json.loads(text))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"unreadable: {error!r}") from error
        return value


_write = json.JSONEncoder(separators=(",", ":")).encode


def _same(value: Any) -> Any:
    return value


@cache
def _converters(hint: Any) -> tuple[Convert, Convert]:
    """Return how to encode and decode a value of this type."""
    if hint in (str, int, float, bool):
        return _same, _same
    if hint is datetime:
        return datetime.isoformat, datetime.fromisoformat
    if get_origin(hint) in (Union, types.UnionType):
        return _optional(hint)
    if get_origin(hint) is tuple:
        return _sequence(hint)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return str, hint
    if isinstance(hint, type) and is_dataclass(hint):
        return _record(hint)
    raise TypeError(f"the store cannot keep a {hint!r}")


def _optional(hint: Any) -> tuple[Convert, Convert]:
    (inner,) = (arg for arg in get_args(hint) if arg is not types.NoneType)
    encode, decode = _converters(inner)
    return (
        lambda value: None if value is None else encode(value),
        lambda value: None if value is None else decode(value),
    )


def _sequence(hint: Any) -> tuple[Convert, Convert]:
    encode, decode = _converters(get_args(hint)[0])
    return (
        lambda value: [encode(item) for item in value],
        lambda value: tuple(decode(item) for item in value),
    )


def _record(of: type) -> tuple[Convert, Convert]:
    hints = get_type_hints(of)
    plan = [(f.name, *_converters(hints[f.name]), _default(f)) for f in fields(of)]

    def encode(value: Any) -> dict[str, Any]:
        written = {}
        for name, convert, _, default in plan:
            item = getattr(value, name)
            if item != default:
                written[name] = convert(item)
        return written

    def decode(value: dict[str, Any]) -> Any:
        return of(**{name: read(value[name]) for name, _, read, _ in plan if name in value})

    return encode, decode


def _default(field: Field[Any]) -> Any:
    """Return a field's default; an object equal to nothing when it has none."""
    if field.default is not MISSING:
        return field.default
    return object() if field.default_factory is MISSING else field.default_factory()


standings: Codec[Standing] = Codec(Standing)
incidents: Codec[Incident] = Codec(Incident)
moves: Codec[Moved] = Codec(Moved)
windows: Codec[Window] = Codec(Window)
silences: Codec[Silence] = Codec(Silence)
copies: Codec[Copy] = Codec(Copy)
stretches: Codec[Stretch] = Codec(Stretch)
pauses: Codec[KeptPause] = Codec(KeptPause)
