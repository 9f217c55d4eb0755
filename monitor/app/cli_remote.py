"""The commands that ask a running daemon, or tell it something."""

from typing import Any

import click

from monitor.app.exits import AS_JSON, asks_a_daemon, examples


@click.command(
    epilog=examples(
        'ack 20261122T221214941Z-default-chat --for 2h --comment "I look"',
        "ack 20261122T221214941Z-default-chat --end",
    )
)
@click.argument("incident")
@click.option("--for", "until", metavar="DURATION", help="How long, for example 4h, the usual.")
@click.option("--by", metavar="NAME", help="Who has it; the name of the token when left out.")
@click.option("--comment", metavar="TEXT", help="What there is to say.")
@click.option("--end", is_flag=True, help="Give it back.")
@AS_JSON
@asks_a_daemon
def ack(incident: str, daemon: Any, *, end: bool, as_json: bool, **said: str | None) -> int:
    """Take an INCIDENT, so that nobody is reminded of it, or give it back.

    Its end is told all the same. Exit code 0 when it is done, 1 when the daemon refuses, 3 when it
    cannot be reached.
    """
    from monitor.app.commands.ack import acknowledge  # noqa: PLC0415  --help stays quick

    body = {name: text for name, text in said.items() if text is not None}
    if end and body:
        raise click.UsageError("--end takes nothing else: nobody has it then")
    return acknowledge(daemon, incident, None if end else body, as_json=as_json)
