"""The commands about channels: what there is, and a try of one."""

import click

from monitor.app.exits import CONFIG, with_code
from monitor.app.loader import find_file, load


@click.command()
@click.argument("channel")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option("--preview", is_flag=True, help="Show the words, and tell nobody.")
@with_code
def notify(channel: str, config: str | None, as_json: bool, preview: bool) -> int:  # noqa: FBT001  click's way
    """Send a clearly marked test alert and its resolve through one CHANNEL.

    Says what came back. Exit code 0 when both were taken, else 1.
    """
    from monitor.app.commands.notify import notify as tell  # noqa: PLC0415  --help stays quick

    return tell(load(find_file(config)), channel, as_json=as_json, preview=preview)


@click.command()
@with_code
def channels() -> None:
    """List the kinds of channel, and what the system behind each can do."""
    from alerts.channels import KINDS  # noqa: PLC0415  --help stays quick

    can = ("resolves", "edits", "acknowledges", "level")
    click.echo(f"{'kind':<14}" + "".join(f"{name:<14}" for name in can))
    for kind, channel in KINDS.items():
        lifecycle = getattr(channel, "lifecycle", None)
        marks = ["yes" if getattr(lifecycle, name, False) else "-" for name in can]
        click.echo(f"{kind:<14}" + "".join(f"{mark:<14}" for mark in marks))
