"""The daemon as a process of its own: to be killed, stopped and told to reload."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from tests.app.world import PAT, SECRET, TOKEN
from tests.loopback import own_host

PATIENCE = 40.0
"""Seconds after which something that should have happened has not: no test waits for it."""

FAST = """
listen: {host}:{port}
store: sqlite:///{folder}/monitor.db
defaults:
  every: 1s
  timeout: 900ms
  credential: pat
  breaker: {{fail_max: 2, reset_timeout: 1s, max_open: 2s, confirm_after: 200ms}}
endpoints:
  - {{id: status, url: "{omilia}/envs-manager/api/status"}}
  - {{id: domains, url: "{omilia}/orchestrator/api/nlu/domains/"}}
credentials: {{pat: {{header: X-OCP-PERSONAL-ACCESS-TOKEN, value: {{env: PAT}}}}}}
channels: {{ops: {{kind: webhook, url: {{env: OPS}}, secret: {{env: SECRET}}}}}}
log: {{format: json}}
"""


class Process:
    """`omilia-monitor run`, on a port that stays the same over restarts."""

    def __init__(self, folder: Path, port: int, receiver: str) -> None:
        self.config = folder / "monitor.yml"
        self.database = folder / "monitor.db"
        self.url = f"http://{own_host()}:{port}"
        self.log = folder / "monitor.log"
        secrets = {"PAT": PAT, "OPS": receiver, "SECRET": SECRET, "TOKEN": TOKEN}
        self._env = {**os.environ, **secrets}
        self._child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "monitor", "run", "-c", str(self.config)),
                env=self._env,
                stderr=log,
                stdout=log,
            )

    def signal(self, number: signal.Signals) -> None:
        assert self._child is not None
        self._child.send_signal(number)

    async def ended(self) -> int:
        assert self._child is not None
        async with asyncio.timeout(PATIENCE):
            return await self._child.wait()

    async def kill(self) -> None:
        if self._child is not None and self._child.returncode is None:
            self._child.kill()
            await self._child.wait()

    async def get(self, path: str) -> Any:
        async with aiohttp.ClientSession() as session, session.get(self.url + path) as response:
            return await response.json(content_type=None)

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """Change something, as who holds TOKEN."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.url + path, json=body, headers=headers) as response,
        ):
            assert response.ok, await response.text()
            return await response.json()

    async def until(self, path: str, holds: Callable[[Any], bool]) -> Any:
        """Ask until the answer is as wanted."""

        async def look() -> Any:
            try:
                answer = await self.get(path)
            except aiohttp.ClientError:
                return None
            starting = str(answer.get("type", "")).endswith(":starting")
            return answer if not starting and holds(answer) else None

        return await until(look)

    async def report(self) -> Any:
        """Run the command that reads the store, and return what it says."""
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "monitor", "report", "--json", "-c", str(self.config)),
            env=self._env,
            stdout=asyncio.subprocess.PIPE,
        )
        async with asyncio.timeout(PATIENCE):
            said, _ = await child.communicate()
        return json.loads(said)

    def rows(self, statement: str) -> list[Any]:
        """Read the database directly, after the process has ended."""
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()


async def until(look: Callable[[], Awaitable[Any]]) -> Any:
    """Look again and again until there is something."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await look()):  # noqa: ASYNC110  another process sets no event here
            await asyncio.sleep(0.02)
        return found
