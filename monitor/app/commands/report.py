"""`report`: a month's availability as the contract counts it, to be put beside Omilia's figure."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import click

from monitor.adapters.clock import SystemClock
from monitor.app.loader import find_file, load
from monitor.app.report import (
    CannotReadError,
    Figures,
    as_json,
    from_daemon,
    from_store,
    page,
    text,
)
from monitor.core.month import Month

CANNOT_BE_READ = 3
FORMS: dict[str, Callable[[Figures], str]] = {"text": text, "json": as_json, "html": page}


def report(
    *,
    month: Month | None,
    region: str | None,
    form: str,
    output: Path | None,
    config: str | None,
    url: str | None,
) -> int:
    """Write a report. Returns 0 when the target is met, 1 when it is missed, 3 without figures.

    The figures come from a daemon when there is a `url`, else from the configuration's store.
    """
    try:
        figures = _figures(month, region, config, url)
    except CannotReadError as error:
        click.echo(str(error), err=True)
        return CANNOT_BE_READ
    written = FORMS[form](figures)
    if output is None:
        click.echo(written, nl=False)
    else:
        try:
            output.write_text(click.unstyle(written), encoding="utf-8")
        except OSError as error:
            click.echo(f"{output} cannot be written: {error.strerror}", err=True)
            return CANNOT_BE_READ
    met = [one["met"] for one in figures["regions"]]
    if False in met:
        return 1
    if True not in met:
        click.echo(f"nothing could be judged in {figures['month']}", err=True)
        return CANNOT_BE_READ
    return 0


def _figures(
    month: Month | None, region: str | None, config: str | None, url: str | None
) -> Figures:
    if url is not None:
        return from_daemon(url, month, region)
    settings = load(find_file(config))
    return asyncio.run(from_store(settings, month, region, SystemClock().now()))
