"""`journal`: what each channel was told, what it is owed, and orders about that."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import click

from monitor.app.remote import Remote
from monitor.app.spelling import cells, moment

WAITS = {
    "": "goes out now",
    "not_yet": "it failed, and waits",
    "channel_waits": "the channel waits",
    "probing": "another message finds out whether the channel works",
    "full": "others go first",
    "disabled": "the channel is disabled",
    "being_told": "it is on its way",
}
"""Why something that is owed is not told yet."""
QUIET = {
    "nothing_new": "",
    "never_told": "it was over before it could be told",
    "not_addressed": "not for this channel",
    "later": "its turn comes later",
    "acked": "somebody has it",
    "told_elsewhere": "another channel knows",
    "held": "held",
    "given_up": "not wanted there",
    "not_configured": "the channel is not configured",
}
"""Why nothing is to be told."""
_ALL = "500"


def show(daemon: Remote, *, channel: str | None, owed: bool, limit: int, as_json: bool) -> int:
    """Show the journal. Returns 0. Raises RemoteError."""
    asked = {"channel": channel, "owed": "true" if owed else None, "limit": str(limit)}
    found = daemon.get("journal", **asked)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return 0
    for one in found["channels"]:
        click.echo(channel_line(one))
    if found["entries"]:
        click.echo()
    for line in cells([("CHANNEL", "ABOUT", "TOLD", "OWED (times are UTC)"), *_rows(found)]):
        click.echo(line)
    more = found["matching"] - len(found["entries"])
    if more:
        click.echo(f"and {more} more; --limit shows them, or --channel")
    elif not found["entries"]:
        click.echo("nothing is owed" if owed else "nothing was told yet")
    return 0


def retry(daemon: Remote, channel: str, key: str | None, *, as_json: bool) -> int:
    """Have something tried at once. Returns 0. Raises RemoteError."""
    found = daemon.post("journal", channel, *([] if key is None else [key]), "retry")
    if as_json:
        click.echo(json.dumps(found, indent=2))
    elif key is None:
        click.echo(f"{channel} is asked again at once; {_count(found['owed'])} for it")
    elif found["owed"] is None:
        click.echo(f"{channel} is asked again at once; nothing waits there about {key}")
    else:
        click.echo(f"{channel} is asked again at once, about {key}, too")
    return 0


def drop(daemon: Remote, channel: str, key: str, *, yes: bool, as_json: bool) -> int:
    """Drop what is owed, once that has been shown. Returns 0. Raises RemoteError, click.Abort."""
    only = None
    if not yes:
        found = daemon.get("journal", channel=channel, owed="true", limit=_ALL)
        (owed,) = [one["owed"] for one in found["entries"] if one["key"] == key] or [None]
        if owed is not None:
            only = owed["id"]
            click.confirm(_question(channel, key, owed), abort=True, err=True)
    done = daemon.delete("journal", channel, key, id=only)
    if as_json:
        click.echo(json.dumps(done, indent=2))
    else:
        click.echo(f"dropped: {channel} is not told; {_next(done['entry'])}")
    if not done["stored"]:
        click.echo("the journal cannot be written now: a restart would forget this", err=True)
    return 0


def channel_line(channel: dict[str, Any]) -> str:
    """Say in one line how a channel is."""
    well = channel["condition"] == "ok"
    line = f"{channel['channel']} ({channel['kind']}): "
    line += click.style(channel["condition"], fg="green" if well else "red")
    if channel["until"]:
        line += f", asked again at {moment(channel['until'])}"
    line += f"; {_count(channel['owed'])} for it"
    return line + (f"; {channel['error']}" if channel["error"] else "")


def _rows(found: dict[str, Any]) -> Iterator[Sequence[str]]:
    for one in found["entries"]:
        yield one["channel"], one["key"], _told(one), _owed(one)
        if one["error"]:
            yield "", click.style(f"  {one['error']}", fg="red")


def _told(entry: dict[str, Any]) -> str:
    told = entry["told"]
    if told is None:
        return "perhaps" if entry["trying"] is not None else "nothing"
    what = (
        told["status"] if told["status"] == "resolved" else f"{told['status']} {told['severity']}"
    )
    return f"{what}, {moment(told['at'])}" if told["at"] else str(what)


def _owed(entry: dict[str, Any]) -> str:
    owed = entry["owed"]
    if owed is None:
        said = QUIET.get(entry["quiet"], entry["quiet"])
        until = f" ({moment(entry['until'])})" if entry["until"] else ""
        return f"- {said}{until}".strip()
    said = f"{owed['why']} since {moment(owed['since'])}: {WAITS.get(owed['waits'], owed['waits'])}"
    return said + (f" until {moment(owed['until'])}" if owed["until"] else "")


def _count(owed: int) -> str:
    return f"{owed or 'nothing'} wait{'s' if owed < 2 else ''}"  # noqa: PLR2004  one waits, two wait


def _question(channel: str, key: str, owed: dict[str, Any]) -> str:
    over = owed["status"] == "resolved"
    then = f"{channel} is never told that it is over" if over else "its end is told, if it was told"
    return f"{channel} is owed about {key}: {_owed({'owed': owed})}\nDrop it? ({then})"


def _next(entry: dict[str, Any]) -> str:
    owed = entry["owed"]
    return "nothing else is owed about it" if owed is None else f"owed now: {owed['why']}"
