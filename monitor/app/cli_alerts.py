"""The commands about channels: what there is, and a try of one."""

import click

from monitor.app.exits import CONFIG, examples, settings_of, with_code


@click.command(
    epilog=examples(
        "notify room",
        "notify room --preview   what its templates make of an outage that never was",
    )
)
@click.argument("channel")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@click.option(
    "--preview", is_flag=True, help="Show the words for each kind of message, and tell nobody."
)
@with_code
def notify(channel: str, config: str | None, as_json: bool, preview: bool) -> int:  # noqa: FBT001  click's way
    """Send a clearly marked test alert and its resolve through one CHANNEL.

    Says what came back. Exit code 0 when both were taken, else 1.
    """
    from monitor.app.commands.notify import notify as tell  # noqa: PLC0415  --help stays quick

    return tell(settings_of(config), channel, as_json=as_json, preview=preview)


@click.group(epilog=examples("route test severity=critical group=platform"))
def route() -> None:
    """Who is told of what."""


@route.command(
    "test",
    epilog=examples(
        "route test severity=critical group=platform", "route test 'key=burn:chat' severity=warning"
    ),
)
@click.argument("labels", nargs=-1, metavar="LABEL=VALUE...")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
@with_code
def route_test(labels: tuple[str, ...], config: str | None, as_json: bool) -> int:  # noqa: FBT001  click's way
    """Say who would be told of an incident with such labels, and when.

    Exit code 0 when somebody is told, 1 when nobody is.
    """
    from monitor.app.commands.route import route_test as tried  # noqa: PLC0415  --help stays quick

    return tried(settings_of(config), labels, as_json=as_json)


@click.command(epilog=examples("channels"))
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
