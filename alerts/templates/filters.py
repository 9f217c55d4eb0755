"""What a template can do with a value. There is nothing else: no calls, no methods.

Each looks at what it would make before it makes it, and pays for it.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from jinja2 import Undefined, pass_context
from jinja2.runtime import Context

from alerts.moment import lasted, moment
from alerts.templates.effort import KEY, LONGEST, Effort, TooMuchError


def spelled(value: Any) -> str:
    """Write one plain value. Raises TypeError for lists and mappings, and for what is not there."""
    if isinstance(value, Undefined):
        return str(value)  # which raises, and says what is not there
    if value is None:
        return ""
    if not isinstance(value, str | int | float):
        raise TypeError("a list or a mapping is no text; take a part of it, or |join a list")
    return str(value)


def _truncate(value: Any, length: int = 80) -> str:
    text = spelled(value)
    return text if len(text) <= length else text[: max(length - 1, 0)].rstrip() + "…"


def _replace(value: Any, old: str, new: str) -> str:
    text = spelled(value)
    if len(text) + text.count(old) * (len(new) - len(old)) > LONGEST:
        raise TooMuchError(f"a text in it is longer than {LONGEST} characters")
    return text.replace(old, new)


def _default(value: Any, instead: Any = "") -> Any:
    missing = isinstance(value, Undefined) or value is None or value == ""
    return instead if missing else value


def _end(value: Any, at: int) -> Any:
    return value[at] if value else ""


def _round(value: float, digits: int = 0) -> float | int:
    rounded = round(value, max(-15, min(digits, 15)))
    return rounded if digits > 0 else int(rounded)


def _join(items: Any, between: str = "") -> str:
    if not isinstance(items, list | tuple):
        raise TypeError("join is for lists")
    texts = [spelled(item) for item in items]
    if sum(map(len, texts)) + len(between) * len(texts) > LONGEST:
        raise TooMuchError(f"a text in it is longer than {LONGEST} characters")
    return between.join(texts)


def _length(value: Any) -> int:
    if isinstance(value, str | list | tuple | Mapping):
        return len(value)
    raise TypeError("only texts, lists and mappings have a length")


def _moment(value: Any) -> str:
    return moment(datetime.fromisoformat(value)) if value else ""


def _int(value: Any) -> int:
    return int(value[:18] if isinstance(value, str) else value)


FILTERS: Mapping[str, tuple[Callable[..., Any], str]] = MappingProxyType(
    {
        "moment": (_moment, "a moment for people: `2026-11-22 18:00:00 UTC`"),
        "lasted": (lasted, "seconds for people: `2 h 5 min`"),
        "default": (_default, "something else where there is nothing"),
        "join": (_join, "the items of a list, with a text between them"),
        "first": (lambda value: _end(value, 0), "the first item or character"),
        "last": (lambda value: _end(value, -1), "the last one"),
        "length": (_length, "how many"),
        "upper": (lambda value: spelled(value).upper(), "IN CAPITALS"),
        "lower": (lambda value: spelled(value).lower(), "in small letters"),
        "capitalize": (lambda value: spelled(value).capitalize(), "Begin with a capital"),
        "trim": (lambda value: spelled(value).strip(), "without space around it"),
        "replace": (_replace, "one text for another in it"),
        "truncate": (_truncate, "at most so many characters"),
        "round": (_round, "a number, to so many digits"),
        "int": (_int, "a whole number"),
    }
)
"""By name: what it does, and what that is in a few words."""


def effort_of(context: Context) -> Effort:
    """Return what is left for the rendering that a context belongs to."""
    found = context[KEY]
    if not isinstance(found, Effort):
        raise TypeError("there is no effort to spend")
    return found


def paid(name: str) -> Callable[..., Any]:
    """Return a filter as Jinja calls it: what it makes is paid for."""
    do = FILTERS[name][0]

    @pass_context
    def filtered(context: Context, value: Any, *arguments: Any) -> Any:
        effort = effort_of(context)
        if isinstance(value, list | tuple):
            effort.spend(len(value))
        if isinstance(value, Undefined) and name != "default":
            spelled(value)
        made = do(value, *arguments)
        return effort.text(made) if isinstance(made, str) else made

    return filtered
