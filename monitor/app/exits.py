"""What all commands share: where the configuration is, and how they end."""

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from monitor.app.problems import ConfigError

CONFIG = click.option(
    "-c",
    "--config",
    metavar="FILE",
    help="The configuration; $OMILIA_MONITORCONFIG or omilia-monitor.yml when left out.",
)

Command = Callable[..., int | None]


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
        sys.exit(code or 0)

    return wrapped
