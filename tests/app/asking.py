"""Runs commands beside a world: in a thread, as each has a loop of its own."""

import asyncio

from click.testing import CliRunner, Result

from monitor.app.cli import main
from tests.app.world import TOKEN, World


async def asked(world: World, *args: str, token: str = TOKEN, url: str | None = None) -> Result:
    """Run a command that asks the world's daemon, as who holds TOKEN."""
    await world.daemon.heartbeat.beat()  # the false clock leaps past the real beats
    env = {"OMILIA_MONITOR_URL": url or world.daemon.url, "OMILIA_MONITOR_TOKEN": token}
    return await asyncio.to_thread(CliRunner(env=env).invoke, main, args)
