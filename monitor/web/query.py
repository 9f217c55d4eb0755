"""Query parameters, read strictly: what cannot be used is answered with 400 and its name."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from monitor.web.problems import Problem, bad_parameter

_RFC3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d{1,6}\d*)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_MINUTE = 60
_TRUE, _FALSE = ("true", "1", ""), ("false", "0")


def flag(query: Mapping[str, str], name: str) -> bool | None:
    """Read `true` or `false`; a bare name is true, an absent one None."""
    text = query.get(name)
    if text is None:
        return None
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise bad_parameter(name, "must be true or false")


def whole(query: Mapping[str, str], name: str, *, default: int, low: int, high: int) -> int:
    """Read a whole number between `low` and `high`."""
    text = query.get(name)
    if text is None:
        return default
    if text.isascii() and text.isdigit() and len(text) <= len(str(high)):
        value = int(text)
        if low <= value <= high:
            return value
    raise bad_parameter(name, f"must be a whole number from {low} to {high}")


def moment(query: Mapping[str, str], name: str) -> datetime | None:
    """Read a time in RFC 3339, with any offset; returns it in UTC."""
    text = query.get(name)
    if text is None:
        return None
    text = text.replace(" ", "+")  # a plus sign that nobody escaped
    if _RFC3339.fullmatch(text):
        try:
            return datetime.fromisoformat(text.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # the 30th of February, or before the year 1 in UTC
    raise bad_parameter(name, "must be a time as in 2026-11-22T18:00:00Z")


def step_of(query: Mapping[str, str], span: float, *, most: int) -> float:
    """Read the width of a history's steps in seconds, so that `span` has at most `most` of them.

    Rollups are kept by the minute, so that it is whole minutes. Without one, a round width is
    taken that makes at most 300 steps.
    """
    text = query.get("step")
    if text is None:
        return next((width for width in _WIDTHS if span <= width * 300), _WIDTHS[-1])
    try:
        step = float(text)
    except ValueError:
        step = 0.0
    if not (_MINUTE <= step <= _WIDTHS[-1] and step % _MINUTE == 0):
        raise bad_parameter("step", f"must be seconds, whole minutes, {_MINUTE} to {_WIDTHS[-1]:g}")
    if span / step > most:
        detail = f"makes more than {most} steps; ask for a shorter time or wider steps"
        raise Problem(
            400, "bad-parameter", detail, errors=[{"parameter": "step", "detail": detail}]
        )
    return step


_WIDTHS = (60.0, 300.0, 900.0, 3600.0, 10_800.0, 21_600.0, 86_400.0, 604_800.0)
