"""pydantic's complaints, in our words: what is wrong, and what would be right."""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from alerts.channels import KINDS
from alerts.config import seconds_of, spelled
from monitor.app.problems import Path as Place
from monitor.app.problems import Problem
from monitor.app.settings.credential import KINDS as CREDENTIAL_KINDS

_LAX = "lax-or-strict["
"""How pydantic names the attempt to take something for a secret, where it may also be text."""


def translated(error: ValidationError, model: type[BaseModel]) -> list[Problem]:
    """Return one problem for each complaint about a value of `model`."""
    details = error.errors(include_url=False)
    unions = {d["loc"][:-1] for d in details if _LAX in str(d["loc"][-1:])}
    return [_neither(place) for place in sorted(unions, key=str)] + [
        _problem(detail, model) for detail in details if detail["loc"][:-1] not in unions
    ]


def _neither(place: Place) -> Problem:
    """Say once of what may be text or a secret that it is neither; pydantic says it of both."""
    return Problem(_without_tag(place), "is neither text nor a secret", "see docs/configuration.md")


def _problem(detail: ErrorDetails, model: type[BaseModel]) -> Problem:
    path = _without_tag(tuple(detail["loc"]))
    if detail["type"] == "extra_forbidden":
        return _unknown_key(path, model)
    say = _SAYINGS.get(detail["type"])
    found = say(path, detail) if say else None
    if found is not None:
        return found
    words = detail["msg"]
    return Problem(path, words[:1].lower() + words[1:] + _got(detail["input"]))


def _unknown_key(path: Place, model: type[BaseModel]) -> Problem:
    if path[-1] == "<<":
        right = "YAML 1.2 has none; what many endpoints share belongs under defaults"
        return Problem(path, "merge keys are not supported", right)
    known = _keys_at(path[:-1], model)
    if path[-1] in known:
        return Problem(path, "does not go together with this kind", "leave one of them out")
    return Problem(path, "unknown key", _did_you_mean(str(path[-1]), known))


def _own_words(path: Place, detail: ErrorDetails) -> Problem:
    """Pass on what one of our own rules said: "what is wrong; what would be right"."""
    wrong, _, right = str(detail["ctx"]["error"]).partition("; ")
    return Problem(path, wrong, right)


def _no_kind(path: Place, detail: ErrorDetails) -> Problem:
    if path[:1] == ("credentials",):
        right = f"known: {', '.join(CREDENTIAL_KINDS)}; a header or a bearer token has none"
        return Problem((*path, "kind"), "there is no such kind", right)
    given = detail.get("ctx", {}).get("tag")
    wrong = f"there is no kind {given!r}" if given else "has no kind"
    return Problem((*path, "kind"), wrong, f"known: {', '.join(sorted(KINDS))}")


def _no_list(path: Place, detail: ErrorDetails) -> Problem:
    value = detail["input"]
    right = f"write [{value}]" if isinstance(value, str | int) else ""
    return Problem(path, "should be a list", right)


def _no_name(path: Place, detail: ErrorDetails) -> Problem | None:
    if path[-1:] not in (("id",), ("name",), ("location",), ("region",), ("[key]",)):
        return None
    right = "use a-z, 0-9 and -, at most 64 characters"
    return Problem(path, f"{detail['input']!r} is not a name", right)


def _limit(path: Place, detail: ErrorDetails) -> Problem | None:
    """Name the limit of a duration as one writes it; other numbers speak for themselves."""
    try:
        seconds_of(detail["input"])
    except ValueError:
        return None
    bound = spelled(next(iter(detail["ctx"].values())))
    words = detail["msg"].removeprefix("Input ").rpartition(" ")[0]
    return Problem(path, f"{words} {bound} (got {detail['input']})")


_SAYINGS: Mapping[str, Callable[[Place, ErrorDetails], Problem | None]] = {
    "missing": lambda path, _: Problem(path, "is missing"),
    "value_error": _own_words,
    "union_tag_not_found": _no_kind,
    "union_tag_invalid": _no_kind,
    "list_type": _no_list,
    "string_pattern_mismatch": _no_name,
    **dict.fromkeys(("greater_than", "greater_than_equal", "less_than", "less_than_equal"), _limit),
}


def _without_tag(path: Place) -> Place:
    """Take out what pydantic puts between the name of a thing with kinds and its keys: the kind."""
    return path[:2] + path[3:] if path[:1] in (("channels",), ("credentials",)) else path


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
    further = schema.get("additionalProperties") or next(
        iter(schema.get("patternProperties", {}).values()), None
    )
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
    close = difflib.get_close_matches(key.replace("-", "_"), here, n=1, cutoff=0.75)
    if close:
        return f"did you mean {_ELSEWHERE.get(close[0], close[0])}?"
    return f"known here: {', '.join(known)}" if known else ""
