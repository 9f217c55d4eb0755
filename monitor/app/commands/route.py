"""`route test`: who would be told, and when, of an incident with such labels."""

import json
from collections.abc import Sequence

import click

from alerts.config import spelled
from alerts.terms import AT_ONCE, Terms
from monitor.app.settings import Settings
from monitor.app.telling.routing import by_routes, chosen
from monitor.core.labels import LABELS


def route_test(settings: Settings, labels: Sequence[str], *, as_json: bool) -> int:
    """Show it. Returns 0 when somebody is told, else 1. Raises click.UsageError for a bad label."""
    asked = dict(_label(text) for text in labels)
    taken = list(chosen(settings.routes, asked))
    if taken:
        channels, terms = by_routes(taken)
    else:  # what no route is about is told to all, unless its endpoint names its own
        channels = tuple(settings.channels.root)
        terms = {name: Terms(remind=settings.remind or 0.0) for name in channels}
    numbers = [settings.routes.index(route) for route in taken]
    if as_json:
        told = [
            {
                "channel": name,
                "after": one.after,
                "unless_acked": one.unless_acked,
                "unless_told": one.unless_told or None,
                "remind": one.remind or None,
            }
            for name in channels
            for one in [terms.get(name, AT_ONCE)]
        ]
        click.echo(json.dumps({"routes": numbers, "told": told}, indent=2))
        return 0 if told else 1
    where = ", ".join(f"routes[{n}]" for n in numbers) or "no route: every channel"
    click.echo(f"{where}{'' if channels else ': nobody is told'}")
    for name in channels:
        click.echo(f"  {name}: {_said(terms.get(name, AT_ONCE))}")
    return 0 if channels else 1


def _said(terms: Terms) -> str:
    parts = ["at once" if not terms.after else f"after {spelled(terms.after)}"]
    if terms.unless_acked:
        parts.append("unless somebody has taken it")
    if terms.unless_told:
        parts.append(f"unless {terms.unless_told} was told")
    if terms.remind:
        parts.append(f"reminded after {spelled(terms.remind)}, then twice that, and so on")
    return ", ".join(parts)


def _label(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in LABELS:
        known = ", ".join(LABELS)
        raise click.UsageError(f"not a label: {text}; write severity=critical (known: {known})")
    return name, value.strip('"')
