"""`silence add`, `silence list`, `silence expire`."""

import json
from collections.abc import Mapping
from typing import Any

import click

from monitor.app.remote import Remote
from monitor.app.spelling import moment

_ALL = "1000"
_COLOURS = {"active": "yellow", "pending": "cyan"}


def make(daemon: Remote, said: Mapping[str, Any], *, as_json: bool) -> int:
    """Make a silence, and show it. Returns 0. Raises RemoteError."""
    return _shown(daemon.post("silences", body=said), as_json=as_json)


def end(daemon: Remote, silence_id: str, *, as_json: bool) -> int:
    """End a silence, and show it. Returns 0. Raises RemoteError."""
    return _shown(daemon.delete("silences", silence_id), as_json=as_json)


def show(daemon: Remote, state: str | None, *, as_json: bool) -> int:
    """Show silences. Returns 0. Raises RemoteError."""
    found = daemon.get("silences", state=state, limit=_ALL)
    if as_json:
        click.echo(json.dumps(found, indent=2))
        return 0
    for one in found["silences"]:
        _line(one)
    if not found["silences"]:
        click.echo("nothing is silenced" if state is None else f"none is {state}")
    return 0


def _shown(silence: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        click.echo(json.dumps(silence, indent=2))
    else:
        _line(silence)
    return 0


def _line(silence: dict[str, Any]) -> None:
    """Show a silence in one line, and the incidents that it is about below."""
    state = click.style(f"{silence['state']:<7}", fg=_COLOURS.get(silence["state"]))
    pending = silence["state"] == "pending"
    start = f"from {moment(silence['starts_at'])} UTC " if pending else ""
    when = f"{start}until {moment(silence['ends_at'])} UTC"
    early = f", ended by {silence['expired_by']}" if silence["expired_by"] else ""
    what = ", ".join(silence["matchers"])
    who = f"{silence['created_by']}: {silence['comment']}"
    click.echo(f"{silence['id']}  {state} {when}{early}  {what}  {who}")
    for incident in silence["incidents"]:
        click.echo(f"  {incident}")
