"""What a reply tells of the platform, read from its JSON body by JSONPaths."""

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

import jsonpath

from monitor.adapters.assertions.complaint import quoted
from monitor.adapters.assertions.document import compiled_path
from monitor.core.detail import one_line
from monitor.core.exchange import Reply
from monitor.core.signals import Otherwise, Service, Signals

LONGEST = 100
"""Characters of a value that are kept."""
MOST = 50
"""Services that are looked at."""


def signal_reader(
    source: str,
    *,
    release: str | None = None,
    started: str | None = None,
    services: str | None = None,
    well: Collection[str] = (),
    otherwise: Otherwise = Otherwise.DEGRADED,
) -> Callable[[Reply], Signals | None]:
    """Return what reads signals. The paths lead to two values, and to a mapping of services.

    `well` are the words that are good, in any case. What is read is None for a body that is not
    JSON. Raises ValueError for a path that is none.
    """
    paths = {"release": release, "started": started, "services": services}
    queries = {name: compiled_path(path) for name, path in paths.items() if path is not None}
    good = frozenset(word.casefold() for word in well)

    def read(reply: Reply) -> Signals | None:
        try:
            document = json.loads(reply.body)
            found = {name: query.match(document) for name, query in queries.items()}
        except (ValueError, RecursionError, jsonpath.JSONPathError):
            return None
        values = {name: None if one is None else one.value for name, one in found.items()}
        return Signals(
            source,
            release=_text(values.get("release")),
            started=_text(values.get("started")),
            services=tuple(_services(values.get("services"), good)),
            otherwise=otherwise,
        )

    return read


def _services(value: Any, good: frozenset[str]) -> Iterator[Service]:
    """Read a mapping of names to whatever is said of them, in the order of the names."""
    if not isinstance(value, dict):
        return
    for name in sorted(value)[:MOST]:
        said = value[name]
        if isinstance(said, dict) and "status" in said:
            said = said["status"]
        text = _text(said) or quoted(said)  # never what is in an object: who knows what that is
        yield Service(_short(name), text, text.casefold() in good)


def _text(value: Any) -> str:
    """Write a plain value as JSON does, without quotes; "" for what is not plain."""
    if isinstance(value, bool):
        return str(value).lower()
    return _short(str(value)) if isinstance(value, str | int | float) else ""


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
