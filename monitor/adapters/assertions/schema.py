"""JSON Schema (draft 7), compiled: a value goes in, a complaint or None comes out."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, NoReturn

import fastjsonschema

from monitor.adapters.assertions.complaint import tidy

KEYWORDS = frozenset(
    (
        "$schema",
        "$id",
        "$ref",
        "$comment",
        "title",
        "description",
        "default",
        "examples",
        "definitions",
        "type",
        "enum",
        "const",
        "multipleOf",
        "maximum",
        "exclusiveMaximum",
        "minimum",
        "exclusiveMinimum",
        "maxLength",
        "minLength",
        "pattern",
        "format",
        "items",
        "additionalItems",
        "maxItems",
        "minItems",
        "uniqueItems",
        "contains",
        "properties",
        "patternProperties",
        "additionalProperties",
        "required",
        "maxProperties",
        "minProperties",
        "dependencies",
        "propertyNames",
        "if",
        "then",
        "else",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "contentEncoding",
        "contentMediaType",
        "readOnly",
        "writeOnly",
    )
)
"""Draft 7. The compiler ignores any other word, so that a slip of the pen would accept anything."""

_ONE = (
    "additionalItems",
    "contains",
    "additionalProperties",
    "propertyNames",
    "if",
    "then",
    "else",
)
_MANY = ("allOf", "anyOf", "oneOf")
_NAMED = ("properties", "patternProperties", "definitions", "dependencies")


class Wrong(NamedTuple):
    """What is wrong with a value: where in it, in which way, and what was found there."""

    where: str
    what: str
    found: Any


def compiled(schema: Mapping[str, Any]) -> Callable[[Any], Wrong | None]:
    """Compile a schema. Raises ValueError with the reason for one that is none."""
    for word in _unknown(schema):
        raise ValueError(f"not a JSON Schema (draft 7): unknown keyword {word!r}")
    try:
        validate = fastjsonschema.compile(dict(schema), _NoReferences(), use_default=False)
    except Exception as error:  # the compiler writes Python, and fails in as many ways
        why = tidy(str(error)) or type(error).__name__
        raise ValueError(f"not a JSON Schema (draft 7): {why}") from error

    def check(value: Any) -> Wrong | None:
        try:
            validate(value)
        except fastjsonschema.JsonSchemaValueException as error:
            return _wrong(error)
        except (ValueError, RecursionError):
            return Wrong("", "cannot be checked", value)
        return None

    return check


def _wrong(error: fastjsonschema.JsonSchemaValueException) -> Wrong:
    """Take the compiler's words apart; it calls the value that it was given `data`."""
    where = str(error.name).removeprefix("data")
    if error.rule == "type":
        kinds = error.rule_definition
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return Wrong(where, f"expected type {' or '.join(kinds)}", error.value)
    return Wrong(where, str(error.message).removeprefix(f"{error.name} "), error.value)


def _unknown(schema: Any) -> Iterator[str]:
    """Yield the words of a schema, and of those within it, that mean nothing."""
    if not isinstance(schema, Mapping):
        return
    yield from (str(word) for word in schema if word not in KEYWORDS)
    for inner in _inner(schema):
        yield from _unknown(inner)


def _inner(schema: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the schemas directly within one."""
    yield from (schema.get(word) for word in (*_ONE, "not", "items"))
    for word in (*_MANY, "items"):
        if isinstance(schema.get(word), list):
            yield from schema[word]
    for word in _NAMED:
        if isinstance(schema.get(word), Mapping):
            yield from schema[word].values()


def _refuse(uri: str) -> NoReturn:
    """Fetch nothing."""
    raise ValueError(f"$ref to {uri!r}: only references within the schema are followed")


class _NoReferences(dict[str, Callable[[str], NoReturn]]):
    """Handlers for every kind of URI, so that no schema makes the compiler fetch anything."""

    def __contains__(self, scheme: object) -> bool:
        return True

    def __missing__(self, scheme: str) -> Callable[[str], NoReturn]:
        return _refuse
