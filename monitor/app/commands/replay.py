"""`replay`: what was recorded, played through today's settings and through others."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

import click

from monitor.adapters.clock import SystemClock
from monitor.app.loader import load
from monitor.app.replay.compare import compare
from monitor.app.replay.line import UnreadableError, written
from monitor.app.replay.source import from_file, from_store
from monitor.app.replay.text import text
from monitor.app.settings import Settings
from monitor.core.outcome import Outcome

CANNOT_BE_READ = 3


def replay(
    file: Path | None,
    config: Path,
    *,
    start: datetime | None,
    end: datetime | None,
    other: Path | None,
    export: Path | None,
    as_json: bool,
) -> int:
    """Play a record, or write it down. Returns 0, or 3 when it cannot be read."""
    today = load(config)
    settings = {config.name: today}
    if other is not None:
        settings[other.name if other.name != config.name else str(other)] = load(other)
    try:
        if export is not None:
            return asyncio.run(_export(_record(file, today, start, end), export))
        figures = asyncio.run(compare(_record(file, today, start, end), settings))
    except UnreadableError as error:
        click.echo(str(error), err=True)
        return CANNOT_BE_READ
    if figures is None:
        click.echo("there is no outcome in it of an endpoint that is configured", err=True)
        return CANNOT_BE_READ
    said = json.dumps(figures, indent=2, ensure_ascii=False) + "\n" if as_json else text(figures)
    click.echo(said, nl=False)
    return 0


def _record(
    file: Path | None, settings: Settings, start: datetime | None, end: datetime | None
) -> AsyncIterator[Outcome]:
    if file is not None:
        return from_file(file, start, end)
    now = SystemClock().now() + timedelta(seconds=1)
    return from_store(settings, start or now - timedelta(days=1), min(end or now, now))


async def _export(outcomes: AsyncIterator[Outcome], to: Path) -> int:
    """Write a record as lines."""
    try:
        with to.open("w", encoding="utf-8") as lines:
            count = await _write(outcomes, lines)
    except OSError as error:
        raise UnreadableError(f"{to} cannot be written: {error.strerror}") from error
    click.echo(f"{to}: {count} outcomes", err=True)
    return 0


async def _write(outcomes: AsyncIterator[Outcome], lines: TextIO) -> int:
    count = 0
    async for outcome in outcomes:
        lines.write(written(outcome) + "\n")
        count += 1
    return count
