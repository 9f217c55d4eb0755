"""A real Alertmanager on an address of this test process alone, with a folder that is its own."""

import contextlib
import json
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp

from tests.loopback import own_host
from tests.servers import Server, folder, program, serving, until

CONFIG = """
route:
  receiver: hook
  group_by: [key]
  group_wait: 10ms
  group_interval: 100ms
  repeat_interval: 24h
receivers:
  - name: hook
    webhook_configs: [{{url: "{hook}", send_resolved: true}}]
inhibit_rules:
  - source_matchers: ['severity="critical"']
    target_matchers: ['severity="error"']
    equal: [alertname]
"""
NOBODY = "http://127.0.0.1:9/"


class AlertmanagerServer:
    """One that tells `hook` of what it is told, at once."""

    def __init__(self, server: Server, url: str) -> None:
        self.server = server
        self.url = url

    async def restart(self) -> None:
        """End it, and begin with nothing that it knew."""
        await self.server.end()
        shutil.rmtree(self.server.folder / "data", ignore_errors=True)
        await self.server.start()
        await self.ready()

    async def ready(self) -> None:
        """Wait until it takes alerts."""
        await until(self._is_ready, f"a ready Alertmanager at {self.url}")

    async def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Ask its API."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.url}{path}", json=body) as response,
        ):
            text = await response.text()
            is_json = "json" in response.content_type
            return response.status, json.loads(text) if is_json else text

    async def alerts(self) -> list[dict[str, Any]]:
        """Return what stands there, muted or not."""
        _, found = await self.ask("GET", "/api/v2/alerts")
        assert isinstance(found, list), found
        return found

    async def states(self) -> dict[str, str]:
        """Return by our key in which state each alert is: active, suppressed, unprocessed."""
        return {one["labels"]["key"]: one["status"]["state"] for one in await self.alerts()}

    async def _is_ready(self) -> bool:
        with contextlib.suppress(aiohttp.ClientError, OSError):
            return (await self.ask("GET", "/-/ready"))[0] == 200
        return False


@contextlib.asynccontextmanager
async def alertmanager_server(hook: str = NOBODY) -> AsyncIterator[AlertmanagerServer]:
    """Run an Alertmanager as long as somebody wants it."""
    name = program("prometheus-alertmanager")
    async with folder() as place:
        config = place / "alertmanager.yml"
        config.write_text(CONFIG.format(hook=hook))
        where = f"{own_host()}:{_free_port()}"
        async with serving(place, name, *_options(config, where)) as server:
            alertmanager = AlertmanagerServer(server, f"http://{where}")
            await alertmanager.ready()
            yield alertmanager


def _options(config: Path, where: str) -> list[str]:
    return [
        f"--config.file={config}",
        f"--storage.path={config.parent / 'data'}",
        f"--web.listen-address={where}",
        "--cluster.listen-address=",
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((own_host(), 0))
        return int(probe.getsockname()[1])
