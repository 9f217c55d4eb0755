"""Runs commands beside a world: in a thread, as each has a loop of its own."""

import asyncio
import sys

from click.testing import CliRunner, Result

from monitor.app.cli import main
from tests.app.world import TOKEN, World


async def asked(
    world: World, *args: str, token: str = TOKEN, url: str | None = None, typed: str = ""
) -> Result:
    """Run a command that asks the world's daemon, as who holds TOKEN."""
    await world.daemon.heartbeat.beat()  # the false clock leaps past the real beats
    env = {"OMILIA_MONITOR_URL": url or world.daemon.url, "OMILIA_MONITOR_TOKEN": token}
    return await asyncio.to_thread(CliRunner(env=env).invoke, main, args, input=typed)


async def watching(url: str) -> asyncio.subprocess.Process:
    """Begin to watch, in a process of its own."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "monitor", "status", "--watch", "--json", "--url", url),
        stdout=asyncio.subprocess.PIPE,
    )
