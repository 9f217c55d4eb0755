"""What all commands share: where the configuration is, whom they ask, and how they end."""

import os
import sys
from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from monitor.app.problems import ConfigError

CONFIG = click.option(
    "-c",
    "--config",
    metavar="FILE",
    help="The configuration; $OMILIA_MONITOR_CONFIG or omilia-monitor.yml when left out.",
)

AS_JSON = click.option("--json", "as_json", is_flag=True, help="For scripts.")
DAEMON = "http://127.0.0.1:8080"

Command = Callable[..., int | None]


def file_of(config: str | None) -> Path:
    """Return the configuration that a command is about."""
    from monitor.app.loader import find_file  # noqa: PLC0415  --help stays quick

    return find_file(config)


def settings_of(config: str | None) -> Any:
    """Read the Settings that a command is about. Raises ConfigError with every problem."""
    from monitor.app.loader import load  # noqa: PLC0415  --help stays quick

    return load(file_of(config))


def examples(*lines: str) -> str:
    """Return the end of a command's --help: lines to copy, as they are."""
    return "\b\nExamples:\n" + "\n".join(f"  omilia-monitor {line}" for line in lines)


class StoppedError(Exception):
    """A command ends with `code`, after one line for each thing that is wrong."""

    code = 1

    def __init__(self, lines: Sequence[str]) -> None:
        super().__init__("; ".join(lines))
        self.lines = lines


def with_code(command: Command) -> Command:
    """Exit with what a command returns; 2, with every problem, when the configuration is wrong."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> None:
        try:
            code = command(*args, **kwargs)
        except ConfigError as error:
            for line in error.lines():
                click.echo(click.style("error ", fg="red") + line, err=True)
            count = len(error.problems)
            click.echo(f"{count} problem{'s' if count > 1 else ''}; nothing was started", err=True)
            sys.exit(2)
        except StoppedError as error:
            for line in error.lines:
                click.echo(click.style("error ", fg="red") + line, err=True)
            sys.exit(error.code)
        if click.get_current_context().invoked_subcommand is None:
            sys.exit(code or 0)

    return wrapped


def asks_a_daemon(command: Command) -> Command:
    """Hand a command the `daemon` to ask (a Remote): the one that --url names, with its token.

    The token is no argument: everybody on the machine can read the arguments of all commands (ps),
    and they stay in the shell's history.
    """

    @click.option(
        "--url",
        envvar="OMILIA_MONITOR_URL",
        default=DAEMON,
        show_default=True,
        show_envvar=True,
        help="Where the daemon answers.",
    )
    @click.option(
        "--token-file",
        type=click.Path(path_type=Path),
        help="Where its token is, to change something; $OMILIA_MONITOR_TOKEN when left out.",
    )
    @wraps(command)
    def wrapped(*args: Any, url: str, token_file: Path | None, **kwargs: Any) -> int | None:
        from monitor.app.remote import Remote, token_of  # noqa: PLC0415  --help stays quick

        url, token_file = _nearest("url", url), _nearest("token_file", token_file)
        token = token_of(token_file, os.environ.get("OMILIA_MONITOR_TOKEN"))
        return command(*args, daemon=Remote(url, token), **kwargs)

    return with_code(wrapped)


def _nearest(name: str, value: Any) -> Any:
    """Return an option of a command, or of the group before it when only that was given one."""
    context = click.get_current_context()
    said = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    before = context.parent.params if context.parent else {}
    return value if said else before.get(name, value)
