"""What a replay found, for a terminal: figures side by side, then outage by outage."""

from collections.abc import Iterator
from typing import Any

import click

from monitor.app.spelling import lasting

MOST = 50
"""Outages that are listed; the rest is in the JSON."""
_ROWS = (
    ("incidents", "incidents"),
    ("pages", "pages"),
    ("trips", "trips"),
    ("false alarms", "false_alarms"),
    ("outages noticed", "outages_noticed"),
    ("minutes blocked", "blocked_minutes"),
    ("failing minutes let through", "let_through_minutes"),
)


def text(figures: dict[str, Any]) -> str:
    """Write it; colours are in it, to be taken out where they do not belong."""
    return "\n".join(_lines(figures)) + "\n"


def _lines(figures: dict[str, Any]) -> Iterator[str]:
    played = f"{figures['outcomes']} outcomes from {figures['from']} to {figures['to']}"
    yield click.style(played, bold=True)
    if figures["left_out"]:
        names = ", ".join(list(figures["left_out"])[:5])
        yield f"left out, for not all settings watch them: {names}"
    yield ""
    sides = figures["settings"]
    wide = max(12, *(len(side["name"]) for side in sides))
    yield f"{'':28}" + "".join(f"  {side['name']:>{wide}}" for side in sides)
    for words, key in _ROWS:
        yield f"{words:28}" + "".join(f"  {_number(side[key]):>{wide}}" for side in sides)
    for words in ("median", "longest"):
        cells = (_span(side["time_to_detect"][words]) for side in sides)
        yield f"{f'time to detect, {words}':28}" + "".join(f"  {one:>{wide}}" for one in cells)
    yield from _outages(figures, wide)
    if figures["passing_trouble"]:
        yield ""
        yield f"Failures that no breaker opened for: {figures['passing_trouble']} times."


def _outages(figures: dict[str, Any], wide: int) -> Iterator[str]:
    outages = figures["outages"]
    if not outages:
        return
    yield ""
    names = max(len(one["endpoint"]) for one in outages)
    names = max(names, len("Outage"))
    sides = "".join(f"  {side['name']:>{wide}}" for side in figures["settings"])
    head = f"{'Outage':<{names}}  {'began':24}  {'failures':>8}  {'over':>12}{sides}"
    yield click.style(head, bold=True)
    for one in outages[:MOST]:
        after = "".join(f"  {_span(each):>{wide}}" for each in one["detected_after"])
        yield (
            f"{one['endpoint']:<{names}}  {one['began']:24}  {one['failures']:>8}"
            f"  {lasting(one['seconds']):>12}{after}"
        )
    if len(outages) > MOST:
        yield f"and {len(outages) - MOST} more; all of them are in --json"


def _number(value: float) -> str:
    return f"{value:g}" if isinstance(value, int) else f"{value:.1f}"


def _span(seconds: float | None) -> str:
    return "not at all" if seconds is None else lasting(seconds)
