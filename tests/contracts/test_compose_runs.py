"""What docker-compose.yml describes, run without containers: three processes on loopback."""

import asyncio
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from tests.app.process import until
from tests.contracts.composed import CONFIG_VARIABLE, EXAMPLE, command, mounted, services
from tests.contracts.tree import ROOT
from tests.loopback import own_host

PATIENCE = 60.0
STOPPED_WITHIN = 10.0
PORTS = {"monitor": 8080, "omilia": 8090, "sink": 8091}


class Scene:
    """The file's services with other addresses: names become loopback, ports free ones."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ports = dict(zip(PORTS, _free_ports(len(PORTS)), strict=True))
        self.config = folder / "compose.yml"
        self.config.write_text(self._here((ROOT / EXAMPLE).read_text(encoding="utf-8")))

    def url(self, service: str) -> str:
        return f"http://{own_host()}:{self.ports[service]}"

    def _here(self, text: str) -> str:
        """Write a text of the file for this machine."""
        for name, port in PORTS.items():
            for host in (name, "0.0.0.0"):
                text = text.replace(f"{host}:{port}", f"{own_host()}:{self.ports[name]}")
        return text.replace("////data/", f"///{self.folder}/")

    def _words(self, service: str) -> list[str]:
        """Return a service's command, with this Python, and files where they are here."""
        script, *words = command(service)
        ours = ["-m", "monitor"] if script == "omilia-monitor" else []
        mounts = mounted(service)
        here = [str(ROOT / mounts[word]) if word in mounts else self._here(word) for word in words]
        return [sys.executable, *ours, *here]

    @asynccontextmanager
    async def running(self, service: str) -> AsyncIterator[Process]:
        """Run a service; afterwards SIGTERM must end it well and soon."""
        given = services()[service].get("environment", {})
        environ = {name: self._here(value) for name, value in given.items()}
        with (self.folder / f"{service}.log").open("wb") as log:
            child = await asyncio.create_subprocess_exec(
                *self._words(service),
                env={**os.environ, CONFIG_VARIABLE: str(self.config), **environ},
                stdout=PIPE,
                stderr=log,
            )
        try:
            yield child
            loop = asyncio.get_running_loop()
            began = loop.time()
            child.send_signal(signal.SIGTERM)
            async with asyncio.timeout(PATIENCE):
                code = await child.wait()
            assert code == 0, (service, (self.folder / f"{service}.log").read_text())
            assert loop.time() - began < STOPPED_WITHIN, service
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()

    async def answers(self, service: str, path: str) -> None:
        """Wait until a service answers 200."""

        async def look() -> bool:
            try:
                async with (
                    aiohttp.ClientSession() as session,
                    session.get(self.url(service) + path) as response,
                ):
                    return response.status == 200
            except aiohttp.ClientError:
                return False

        await until(look)

    async def listens(self, service: str) -> None:
        """Wait until a service takes connections, as its check in the file does."""

        async def look() -> bool:
            try:
                _, writer = await asyncio.open_connection(own_host(), self.ports[service])
            except OSError:
                return False
            writer.close()
            await writer.wait_closed()
            return True

        await until(look)


def _free_ports(count: int) -> list[int]:
    """Find ports that nobody has, all at once so that they differ."""
    with ExitStack() as stack:
        found = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in found:
            one.bind((own_host(), 0))
        return [int(one.getsockname()[1]) for one in found]


async def _line(child: Process) -> dict[str, Any]:
    assert child.stdout is not None
    async with asyncio.timeout(PATIENCE):
        line = await child.stdout.readline()
    message: dict[str, Any] = json.loads(line)
    return message


async def test_an_outage_by_the_script_arrives_at_the_sink_and_everybody_ends_well(
    tmp_path: Path,
) -> None:
    scene = Scene(tmp_path)
    async with scene.running("sink") as sink, scene.running("omilia"):
        await scene.listens("sink")
        await scene.answers("omilia", "/_simulator")
        async with scene.running("monitor"):
            await scene.answers("monitor", "/livez")
            told = await _line(sink)
    assert told["type"] == "incident.opened"
    assert told["data"]["status"] == "firing"
    assert told["webhook-id"] == f"{told['data']['id']}.1"
    watched = {"envs-manager-status", "orchestrator-domains", "metrics-tables"}
    assert told["data"]["endpoint"] in watched
