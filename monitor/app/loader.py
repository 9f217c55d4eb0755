"""From a file to settings, or to every problem it has."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from monitor.app import budgeting, crossrefs, route_rules
from monitor.app.document import Document, parse
from monitor.app.expansion import expand
from monitor.app.merging import laid_over
from monitor.app.problems import ConfigError, Problem
from monitor.app.secrets import resolve
from monitor.app.settings import EndpointDefaults, Settings
from monitor.app.translation import translated

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
    expanded = expand(value, problems)
    value = _with_defaults(expanded.file, problems)
    settings: Settings | None = None
    found: list[Problem] = []
    try:
        settings = Settings.model_validate(value, context={"base": base})
    except ValidationError as error:
        found += translated(error, Settings)
    found += crossrefs.check(value, expanded)
    if settings is not None:
        found += budgeting.check(settings)
        found += route_rules.check(settings)
    problems += map(expanded.places.placed, found)
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
        found = translated(error, EndpointDefaults)
        problems += [Problem(("defaults", *p.path), p.wrong, p.right) for p in found]
        # What is right in it still holds: endpoints are not blamed for what they do not lack.
        wrong = {p.path[0] if p.path else None for p in found}
        value = {key: part for key, part in value.items() if key != "defaults"}
        defaults = {key: part for key, part in defaults.items() if not wrong & {key, None}}
    merged = [laid_over(defaults, e) if isinstance(e, dict) else e for e in endpoints]
    return {**value, "endpoints": merged}


def _located(problems: list[Problem], document: Document) -> Iterator[Problem]:
    for problem in dict.fromkeys(problems):
        line = problem.line or document.line_of(problem.path)
        yield Problem(problem.path, problem.wrong, problem.right, line)
