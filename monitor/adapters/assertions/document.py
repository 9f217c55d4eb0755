"""Checks of a JSON body: what a path finds must be as a schema says, or equal a constant."""

import json
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import jsonpath

from monitor.adapters.assertions.complaint import looks_secret, quoted, shortened, tidy
from monitor.adapters.assertions.schema import Wrong, compiled
from monitor.core.exchange import Reply
from monitor.core.outcome import Check


def json_checks(mapping: Mapping[str, Any]) -> list[Check]:
    """Check a JSON body: JSONPath (RFC 9535) -> JSON Schema (draft 7), or a constant to equal.

    A path must find something, and everything that it finds must hold; an empty schema asks for
    nothing but something to be there. The body is parsed once, therefore all paths make one check,
    which complains about the first that fails. Raises ValueError for a path or schema that is none.
    """
    rules = [_Rule(path, wanted) for path, wanted in mapping.items()]

    def check(reply: Reply) -> str | None:
        try:
            document = json.loads(reply.body, parse_constant=_refuse)
        except (ValueError, RecursionError):
            return "body is not JSON"
        for rule in rules:
            complaint = rule.complaint(document)
            if complaint is not None:
                return tidy(complaint)
        return None

    return [check] if rules else []


def same(one: Any, other: Any) -> bool:
    """Compare two JSON values. Unlike in Python, true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return bool(one == other)


class _Rule:
    """One path, and what must hold for whatever it finds."""

    def __init__(self, path: str, wanted: Any) -> None:
        self._path = shortened(path)
        self._query = compiled_path(path)
        try:
            schema = isinstance(wanted, Mapping)
            self._verdict = compiled(wanted) if schema else _constant(wanted)
        except ValueError as error:
            raise ValueError(f"{path!r}: {error}") from error

    def complaint(self, document: Any) -> str | None:
        """Return what is wrong, None when all is well."""
        found_any = False
        try:
            for found in self._query.finditer(document):
                found_any = True
                wrong = self._verdict(found.value)
                if wrong is not None:
                    return self._tell(wrong, found)
        except (jsonpath.JSONPathError, RecursionError):
            return f"{self._path}: the body is nested too deeply"
        return None if found_any else f"{self._path}: nothing there"

    def _tell(self, wrong: Wrong, found: jsonpath.JSONPathMatch) -> str:
        """Put it into words, without the value when its name is one for secrets."""
        names = [part for part in found.parts if isinstance(part, str)]
        if looks_secret(wrong.where) or any(map(looks_secret, names[-1:])):
            return f"{self._path}: not as expected"
        return f"{self._path}{wrong.where}: {wrong.what}, got {quoted(wrong.found)}"


def json_path(path: str) -> None:
    """Check a path. Raises ValueError."""
    compiled_path(path)


def compiled_path(path: str) -> jsonpath.JSONPath | jsonpath.CompoundJSONPath:
    """Compile a path. Raises ValueError."""
    try:
        return jsonpath.compile(path, strict=True)
    except (jsonpath.JSONPathError, RecursionError) as error:
        why = getattr(error, "message", None) or "nested too deeply"
        raise ValueError(f"{path!r} is not a JSONPath (RFC 9535): {why}") from error


def _constant(wanted: Any) -> Callable[[Any], Wrong | None]:
    """Ask for a value that equals a constant."""

    def check(value: Any) -> Wrong | None:
        return None if same(value, wanted) else Wrong("", f"expected {quoted(wanted)}", value)

    return check


def _refuse(constant: str) -> NoReturn:
    """Refuse NaN and Infinity, which Python reads and JSON (RFC 8259) does not know."""
    raise ValueError(constant)
