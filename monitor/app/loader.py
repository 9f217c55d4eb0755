"""From a file to settings, or to every problem it has."""

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from monitor.app import crossrefs
from monitor.app.document import Document, parse
from monitor.app.problems import ConfigError, Problem
from monitor.app.problems import Path as Place
from monitor.app.secrets import resolve
from monitor.app.settings import Endpoint, EndpointDefaults, Settings

DEFAULT_FILE = "omilia-monitor.yml"
FILE_VARIABLE = "OMILIA_MONITOR_CONFIG"


def find_file(given: str | None, environ: Mapping[str, str] = os.environ) -> Path:
    """Return the file to read: the one given, else the environment's, else the one here."""
    return Path(given or environ.get(FILE_VARIABLE) or DEFAULT_FILE)


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read, resolve and validate a configuration file. Raises ConfigError with every problem."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        right = f"write one, or name another with -c or ${FILE_VARIABLE}"
        raise ConfigError([Problem((), "there is no such file", right)], str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([Problem((), f"cannot be read: {error}")], str(path)) from None
    return loads(text, str(path), environ, base=path.parent)


def loads(
    text: str,
    source: str = "",
    environ: Mapping[str, str] = os.environ,
    *,
    base: Path = Path(),
) -> Settings:
    """Validate the text of a configuration. Raises ConfigError with every problem."""
    document = parse(text, source)
    problems = list(document.problems)
    if not isinstance(document.value, dict):
        wrong = "is empty" if document.value is None else "is not a mapping of keys to values"
        raise ConfigError([Problem((), wrong, "see docs/examples/minimal.yml")], source)
    value = resolve(document.value, environ, base, problems)
    value = _with_defaults(value, problems)
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(value)
    except ValidationError as error:
        problems += _translate(error, Settings)
    problems += crossrefs.check(value)
    if problems or settings is None:
        raise ConfigError(_located(problems, document), source)
    return settings


def _with_defaults(value: dict[str, Any], problems: list[Problem]) -> dict[str, Any]:
    """Give each endpoint what `defaults` says, key by key and part by part."""
    defaults = value.get("defaults")
    endpoints = value.get("endpoints")
    if not isinstance(defaults, dict) or not isinstance(endpoints, list):
        return value
    try:
        EndpointDefaults.model_validate(defaults)
    except ValidationError as error:
        problems += [
            Problem(("defaults", *p.path), p.wrong, p.right)
            for p in _translate(error, EndpointDefaults)
        ]
        return {key: part for key, part in value.items() if key != "defaults"}
    merged = [_merge(defaults, e) if isinstance(e, dict) else e for e in endpoints]
    return {**value, "endpoints": merged}


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Lay one mapping over another; `expect`, `breaker` and `headers` are laid part by part."""
    deep = ("expect", "breaker", "headers")
    merged = {**under, **over}
    for key in deep:
        if isinstance(under.get(key), dict) and isinstance(over.get(key), dict):
            merged[key] = {**under[key], **over[key]}
    return merged


def _located(problems: list[Problem], document: Document) -> Iterator[Problem]:
    for problem in problems:
        line = problem.line or document.line_of(problem.path)
        yield Problem(problem.path, problem.wrong, problem.right, line)


# ---------------------------------------------------------------- pydantic's errors, in our words


def _translate(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    return [_problem(detail, model) for detail in error.errors(include_url=False)]


def _problem(detail: ErrorDetails, model: type[BaseModel]) -> Problem:
    path = _without_tag(tuple(detail["loc"]))
    kind = detail["type"]
    if kind == "extra_forbidden":
        return Problem(
            path, "unknown key", _did_you_mean(str(path[-1]), _keys_at(path[:-1], model))
        )
    if kind == "missing":
        return Problem(path, "is missing")
    if kind == "too_short" and path == ("endpoints",):
        return Problem(path, "nothing to watch", "name at least one endpoint")
    if kind == "value_error":
        wrong, _, right = str(detail["ctx"]["error"]).partition("; ")
        return Problem(path, wrong, right)
    if kind == "string_pattern_mismatch" and path and path[-1] in ("id", "location", "[key]"):
        right = "use a-z, 0-9 and -, at most 64 characters"
        return Problem(path, f"{detail['input']!r} is not a name", right)
    return Problem(path, detail["msg"][:1].lower() + detail["msg"][1:] + _got(detail["input"]))


def _without_tag(path: Place) -> Place:
    """Take out what pydantic puts between a channel's name and its keys: the kind."""
    return path[:2] + path[3:] if path[:1] == ("channels",) else path


def _got(value: Any) -> str:
    """Show a short plain value that was refused; never anything that could be a secret."""
    if isinstance(value, bool | int | float):
        return f" (got {str(value).lower() if isinstance(value, bool) else value})"
    if value is None:
        return " (got nothing)"
    return ""


def _keys_at(path: Place, model: type[BaseModel]) -> list[str]:
    """List the keys that are known at a place of the file."""
    schema = model.model_json_schema(by_alias=True)
    return _known_keys(schema, path, schema.get("$defs", {}))


def _known_keys(schema: dict[str, Any], path: Place, defs: dict[str, Any]) -> list[str]:
    if "$ref" in schema:
        return _known_keys(defs[schema["$ref"].rpartition("/")[2]], path, defs)
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            found = [key for part in schema[choice] for key in _known_keys(part, path, defs)]
            return list(dict.fromkeys(found))
    if not path:
        return list(schema.get("properties", {}))
    head, rest = path[0], path[1:]
    if isinstance(head, int):
        return _known_keys(schema.get("items", {}), rest, defs)
    properties = schema.get("properties", {})
    further = schema.get("additionalProperties")
    inner = properties.get(head) or (further if isinstance(further, dict) else {})
    return _known_keys(inner, rest, defs)


_ELSEWHERE = {
    "interval": "every",
    "name": "id",
    "conditions": "expect",
    "expected": "expect",
    "alerts": "alert",
    "depends_on": "needs",
    "failure_threshold": "breaker.fail_max",
    "retries": "breaker.fail_max",
    "follow_redirects": "redirects",
    "database": "store",
    "port": "listen",
    "notifications": "channels",
}
"""What other tools call our keys."""


def _did_you_mean(key: str, known: list[str]) -> str:
    """Suggest the key that was meant: by its spelling, or by the name it has elsewhere."""
    here = [*known, *(other for other, ours in _ELSEWHERE.items() if ours.split(".")[0] in known)]
    close = difflib.get_close_matches(key.replace("-", "_"), here, n=1)
    if close:
        return f"did you mean {_ELSEWHERE.get(close[0], close[0])}?"
    return f"known here: {', '.join(known)}" if known else ""


__all__ = ["DEFAULT_FILE", "FILE_VARIABLE", "Endpoint", "find_file", "load", "loads"]
