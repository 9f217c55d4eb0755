"""The commands that ask a running daemon how it stands, and what it owes."""

from typing import Any

import click

from monitor.app.exits import AS_JSON, asks_a_daemon, examples


@click.command(epilog=examples("status --watch --url http://monitor.example.org:8080"))
@click.option("--watch", is_flag=True, help="Look again every two seconds, until Ctrl-C.")
@AS_JSON
@asks_a_daemon
def status(daemon: Any, *, watch: bool, as_json: bool) -> int:
    """Say how everything stands: whose fault it is, which incidents go on, what is not told yet.

    Exit code 0 when it is operational, 1 when it is anything else, 3 when the daemon cannot be
    reached. With --watch it goes on through all that, and Ctrl-C ends it with 0.
    """
    from monitor.app.commands import status as command  # noqa: PLC0415  --help stays quick

    if watch:
        return command.watch(daemon, as_json=as_json)
    return command.status(daemon, as_json=as_json)


@click.group(
    invoke_without_command=True,
    epilog=examples(
        "journal --owed",
        "journal retry ops            the channel is mended: try at once",
        "journal drop ops chat-rest   this need not be told there any more",
    ),
)
@click.option("--channel", metavar="NAME", help="Only this one.")
@click.option("--owed", is_flag=True, help="Only what is owed.")
@click.option("--limit", type=click.IntRange(1, 500), default=100, show_default=True)
@AS_JSON
@click.pass_context
@asks_a_daemon
def journal(context: click.Context, daemon: Any, *, as_json: bool, **asked: Any) -> int:
    """Show what each channel was told, what it is owed, and why that waits.

    Exit code 0, 1 when the daemon refuses, 3 when it cannot be reached.
    """
    from monitor.app.commands.journal import show  # noqa: PLC0415  --help stays quick

    return 0 if context.invoked_subcommand else show(daemon, as_json=as_json, **asked)


@journal.command("retry", epilog=examples("journal retry ops", "journal retry ops chat-rest"))
@click.argument("channel")
@click.argument("key", required=False)
@AS_JSON
@asks_a_daemon
def journal_retry(channel: str, key: str | None, daemon: Any, *, as_json: bool) -> int:
    """Try a CHANNEL at once, with all that waits for it, or with what is owed about one KEY.

    Also a channel that is disabled or misconfigured is asked again. Nothing is told twice.
    """
    from monitor.app.commands.journal import retry  # noqa: PLC0415  --help stays quick

    return retry(daemon, channel, key, as_json=as_json)


@journal.command("drop", epilog=examples("journal drop ops chat-rest"))
@click.argument("channel")
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
@AS_JSON
@asks_a_daemon
def journal_drop(channel: str, key: str, daemon: Any, *, yes: bool, as_json: bool) -> int:
    """Do not tell a CHANNEL the one thing that it is owed about a KEY.

    What was told stays told; docs/alerts.md says what a drop means for an end, and for what may
    have been told. Without --yes it says what is owed, and asks.
    """
    from monitor.app.commands.journal import drop  # noqa: PLC0415  --help stays quick

    return drop(daemon, channel, key, yes=yes, as_json=as_json)
