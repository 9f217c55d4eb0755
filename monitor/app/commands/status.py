"""`status`: how everything stands, and what the monitor owes, for who has ten seconds."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

from monitor.app.commands.journal import channel_line
from monitor.app.remote import Remote, RemoteError
from monitor.app.spelling import cells, lasting, moment

EVERY = 2.0
"""Seconds between two looks."""
_COLOURS = {
    "operational": "green",
    "unknown": "yellow",
    "maintenance": "cyan",
    "degraded": "yellow",
}
Found = dict[str, Any]


def status(daemon: Remote, *, as_json: bool) -> int:
    """Say how everything stands. Returns 0 when it is operational, else 1. Raises RemoteError."""
    found = _look(daemon)
    click.echo(json.dumps(found, indent=2) if as_json else page(found))
    return int(found["status"] != "operational")


def watch(daemon: Remote, *, as_json: bool, pause: Callable[[float], None] = time.sleep) -> int:
    """Say it again and again, until Ctrl-C; on a terminal always in the same place. Returns 0.

    Elsewhere it is said when it has changed, as a text or as one line of JSON.
    """
    redraws, before = sys.stdout.isatty() and not as_json, ""
    try:
        while True:
            shown, marks = _shown(daemon, as_json=as_json)
            if redraws:
                click.clear()
                click.echo(shown)
            elif marks != before:
                click.echo(shown)
            before = marks
            pause(EVERY)
    except KeyboardInterrupt:
        return 0


def _look(daemon: Remote) -> Found:
    """Ask for the status, and put beside it what is not told yet."""
    owed = daemon.get("journal", owed="true", limit="1")
    broken = [one for one in owed["channels"] if one["condition"] != "ok"]
    oldest = owed["entries"][0]["owed"]["since"] if owed["entries"] else None
    untold = {"owed": owed["owed"], "oldest": oldest, "channels": broken}
    found: Found = daemon.get("status")
    return {**found, "untold": untold}


def _shown(daemon: Remote, *, as_json: bool) -> tuple[str, str]:
    """Return what is said now, and what of it makes it worth saying again."""
    try:
        found = _look(daemon)
    except RemoteError as error:
        said = json.dumps({"error": error.lines}) if as_json else "\n".join(error.lines)
        return (said if as_json else click.style(said, fg="red")), said
    marks = json.dumps(found | {"incidents": [one["id"] for one in found["incidents"]]})
    return (json.dumps(found) if as_json else page(found)), marks


def page(found: Found) -> str:
    """Write how everything stands: what a woken person asks first stands first."""
    return "\n".join(_lines(found))


def _lines(found: Found) -> Iterator[str]:
    word = click.style(found["status"], fg=_COLOURS.get(found["status"], "red"), bold=True)
    yield f"{word} since {moment(found['since'])} UTC  ({found['location']}, {found['version']})"
    yield found["sentence"] + (f" [{found['blame']}]" if found["blame"] else "")
    counts = [f"{count} {health}" for health, count in found["counts"].items() if count]
    yield f"{found['endpoints']} endpoints: {', '.join(counts)}"
    told = [one for one in found["incidents"] if not one["held"]]
    held = [one for one in found["incidents"] if one["held"]]
    yield from _listed("incidents", (_incident(one) for one in told))
    yield from _listed("not told for now", ((*_incident(one), one["held"]) for one in held))
    yield from _listed(
        "maintenance", ((one["name"], f"until {moment(one['to'])}") for one in found["maintenance"])
    )
    yield from _listed(
        "orders", ((one["endpoint"], one["mode"], one["reason"]) for one in found["orders"])
    )
    untold = found["untold"]
    if untold["owed"]:
        yield ""
        oldest = moment(untold["oldest"]) if untold["oldest"] else "now"
        said = f"{untold['owed']} owed, since {oldest}; omilia-monitor journal --owed says why"
        yield click.style(said, fg="red")
    yield from _listed("channels", ((channel_line(one),) for one in untold["channels"]))


def _incident(one: Found) -> tuple[str, ...]:
    ack = one["ack"]
    taken = f"{ack['by']} has it until {moment(ack['until'])} UTC" if ack else "nobody has it"
    return one["severity"], one["key"], lasting(one["duration"]), taken, one["reason"]


def _listed(title: str, rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    lines = list(cells(rows))
    if lines:
        yield ""
        yield title
        yield from (f"  {line}" for line in lines)
