"""`route test`: who would be told, and when, of an incident with such labels."""

import json
from collections.abc import Sequence
from typing import Any

import click

from alerts.config import spelled
from alerts.grouping import Grouping
from alerts.terms import AT_ONCE, Terms
from monitor.app.settings import Settings
from monitor.app.telling.routing import Told, by_routes, chosen
from monitor.core.labels import LABELS


def route_test(settings: Settings, labels: Sequence[str], *, as_json: bool) -> int:
    """Show it. Returns 0 when somebody is told, else 1. Raises click.UsageError for a bad label."""
    asked = dict(_label(text) for text in labels)
    taken = list(chosen(settings.routes, asked))
    if taken:
        told = by_routes(taken, asked)
    else:  # what no route is about is told to all, unless its endpoint names its own
        channels = tuple(settings.channels.root)
        told = Told(channels, {name: Terms(remind=settings.remind or 0.0) for name in channels})
    numbers = [settings.routes.index(route) for route in taken]
    alone = ((None, name, told.terms.get(name, AT_ONCE)) for name in told.channels)
    rows: list[tuple[Grouping | None, str, Terms]] = [*alone]
    rows += [(one, name, one.terms[name]) for one in told.groupings for name in one.channels]
    if as_json:
        said = {"routes": numbers, "told": [_row(*row) for row in rows]}
        click.echo(json.dumps(said, indent=2))
        return 0 if rows else 1
    where = ", ".join(f"routes[{n}]" for n in numbers) or "no route: every channel"
    click.echo(f"{where}{'' if rows else ': nobody is told'}")
    for grouping, name, terms in rows:
        click.echo(f"  {name}: {_said(terms)}{f', in {grouping.key}' if grouping else ''}")
    return 0 if rows else 1


def _row(grouping: Grouping | None, channel: str, terms: Terms) -> dict[str, Any]:
    return {
        "channel": channel,
        "after": terms.after,
        "unless_acked": terms.unless_acked,
        "unless_told": terms.unless_told or None,
        "remind": terms.remind or None,
        "group": grouping.key if grouping else None,
        "apart": terms.apart or None,
    }


def _said(terms: Terms) -> str:
    parts = ["at once" if not terms.after else f"after {spelled(terms.after)}"]
    if terms.unless_acked:
        parts.append("unless somebody has taken it")
    if terms.unless_told:
        parts.append(f"unless {terms.unless_told} was told")
    if terms.remind:
        parts.append(f"reminded after {spelled(terms.remind)}, then twice that, and so on")
    if terms.apart:
        parts.append(f"who joins or leaves at most every {spelled(terms.apart)}")
    return ", ".join(parts)


def _label(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in LABELS:
        known = ", ".join(LABELS)
        raise click.UsageError(f"not a label: {text}; write severity=critical (known: {known})")
    return name, value.strip('"')
