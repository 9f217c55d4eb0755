"""`ack`: somebody takes an incident, or gives it back."""

import json
from collections.abc import Mapping

import click

from monitor.app.remote import Remote
from monitor.app.spelling import moment


def acknowledge(
    daemon: Remote, incident: str, said: Mapping[str, str] | None, *, as_json: bool
) -> int:
    """Say who has it, or None: nobody. Returns 0. Raises RemoteError."""
    path = ("incidents", incident, "ack")
    now = daemon.delete(*path) if said is None else daemon.post(*path, body=said)
    if as_json:
        click.echo(json.dumps(now, indent=2))
    elif now["ack"] is None:
        click.echo(f"{now['incident']}: nobody has it")
    else:
        ack = now["ack"]
        click.echo(f"{now['incident']}: {ack['by']} has it until {moment(ack['until'])} UTC")
    return 0
