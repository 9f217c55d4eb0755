"""Servers of others, where they are installed (.ci/servers). Without one a test is skipped.

Each listens on loopback or on a socket in a folder of its own, never on its usual port, and is
ended by whoever started it.
"""

import asyncio
import contextlib
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

PATIENCE = 60.0
"""Seconds after which something that should have happened has not: no test waits for it."""
_SBIN = "/usr/local/sbin:/usr/sbin:/sbin"


def program(name: str) -> str:
    """Return where a program is; skip the test, and say so, when it is not here."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SBIN}")
    if found is None:
        pytest.skip(f"{name} is not installed; .ci/servers tries to (apt-get install)")
    return found


async def until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    """Wait for something that must come."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not await holds():  # noqa: ASYNC110  another process tells nobody
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not seen within {PATIENCE:g} s: {what}") from None


class Server:
    """A server in a process of its own, with a folder that is its own."""

    def __init__(self, folder: Path, *command: str) -> None:
        self.folder = folder
        self.log = folder / "log"
        self._command = command
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Begin; it may take a moment until it answers."""
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def end(self) -> None:
        """End it, whatever it is doing."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


@contextlib.asynccontextmanager
async def folder() -> AsyncIterator[Path]:
    """Give a folder whose path is short enough for a socket in it."""
    made = Path(tempfile.mkdtemp(prefix="om-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@contextlib.asynccontextmanager
async def serving(folder: Path, *command: str) -> AsyncIterator[Server]:
    """Run a server as long as somebody wants it."""
    server = Server(folder, *command)
    try:
        await server.start()
        yield server
    finally:
        await server.end()
