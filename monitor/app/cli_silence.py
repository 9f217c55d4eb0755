"""The commands about silences: they ask a running daemon."""

from typing import Any

import click

from monitor.app.exits import AS_JSON, asks_a_daemon, examples

_ADD = examples(
    'silence add severity=critical --for 2h --comment "ticket 4711"',
    'silence add \'endpoint=~"chat-.*"\' --until 2026-11-22T20:00:00Z --comment "known"',
)


@click.group(epilog=_ADD)
def silence() -> None:
    """Keep alerts quiet for a while: what somebody knows, and nobody else needs to hear.

    Ends of what was told are told all the same, and what goes on at the end is told then. Exit
    code 0 when it is done, 1 when the daemon refuses, 3 when it cannot be reached.
    """


@silence.command(epilog=_ADD)
@click.argument("matchers", nargs=-1, required=True, metavar="MATCHER...")
@click.option("--for", "duration", metavar="DURATION", help="How long, for example 2h.")
@click.option("--until", "ends_at", metavar="TIME", help="Or until when: 2026-11-22T20:00:00Z.")
@click.option("--from", "starts_at", metavar="TIME", help="From when; now when left out.")
@click.option("--comment", metavar="TEXT", required=True, help="Why.")
@click.option("--by", "created_by", metavar="NAME", help="Who; the token's name when left out.")
@AS_JSON
@asks_a_daemon
def add(matchers: tuple[str, ...], daemon: Any, *, as_json: bool, **said: str | None) -> int:
    """Silence the incidents whose labels match every MATCHER.

    Labels are key, endpoint, group, location, severity, category and blame; = != =~ !~ compare.
    """
    from monitor.app.commands.silence import make  # noqa: PLC0415  --help stays quick

    body = {name: text for name, text in said.items() if text is not None}
    return make(daemon, {"matchers": matchers, **body}, as_json=as_json)


@silence.command("list", epilog=examples("silence list --state active"))
@click.option("--state", metavar="STATE", help="Only pending, active or expired ones.")
@AS_JSON
@asks_a_daemon
def list_(daemon: Any, *, state: str | None, as_json: bool) -> int:
    """List silences: active ones, then pending ones, then those that expired within a week."""
    from monitor.app.commands.silence import show  # noqa: PLC0415  --help stays quick

    return show(daemon, state, as_json=as_json)


@silence.command(epilog=examples("silence expire 20261122T221530Z-1"))
@click.argument("silence_id", metavar="ID")
@AS_JSON
@asks_a_daemon
def expire(silence_id: str, daemon: Any, *, as_json: bool) -> int:
    """End a silence now, or take it back: what still goes on is told at once."""
    from monitor.app.commands.silence import end  # noqa: PLC0415  --help stays quick

    return end(daemon, silence_id, as_json=as_json)
