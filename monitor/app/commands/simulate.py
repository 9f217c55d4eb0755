"""`simulate`: the simulated Omilia alone."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from monitor.adapters.clock import SystemClock
from monitor.app.daemon import address
from monitor.app.logs import set_up
from monitor.omilia.regions import REGIONS, Region
from monitor.omilia.simulator import Script, ScriptError, Simulator, load_script


def simulate(*, listen: str, script: Path | None, region: str | None) -> int:
    """Serve until a signal. Returns 0; 1 when the address is taken, 2 when the script is wrong."""
    host, port = address(listen)
    try:
        steps = load_script(script) if script else None
    except ScriptError as error:
        for problem in error.problems:
            click.echo(f"{script}: {problem}", err=True)
        return 2
    set_up("info", "auto")
    try:
        asyncio.run(_serve(host, port, steps, REGIONS.get(region or "")))
    except OSError as error:
        click.echo(f"cannot listen on {listen}: {error.strerror}", err=True)
        return 1
    return 0


async def _serve(host: str, port: int, script: Script | None, region: Region | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    options: dict[str, Any] = {"clock": SystemClock(), "script": script}
    omilia = Simulator.like(region, **options) if region else Simulator(**options)
    await omilia.start(host, port)
    try:
        click.echo(f"the simulated Omilia answers on {omilia.url}; how to break it:")
        click.echo(f"  curl {omilia.url}/_simulator")
        if region is not None:
            click.echo(f"as {region.name}, for the part omilia of a configuration:")
            click.echo("".join(_hosts(omilia, region)), nl=False)
        sys.stdout.flush()
        await stop.wait()
    finally:
        await omilia.stop()


def _hosts(omilia: Simulator, region: Region) -> Iterator[str]:
    yield f"  region: {region.name}\n"
    for key, service in (("api", ""), ("auth", "iam"), ("analytics", "insights")):
        yield f"  {key}: {omilia.at.of(service)}\n"
    yield f"  assets: {omilia.at.of('webchat')}\n"
