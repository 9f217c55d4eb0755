"""docs/proxies.md, run: a real HAProxy, nginx and curl obey the verdicts of a daemon."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.app.world import CONFIG, World
from tests.contracts.tree import DOCS, blocks
from tests.servers import folder, program, serving, until

PAGE = (DOCS / "proxies.md").read_text(encoding="utf-8")
NAMED = CONFIG.replace("id: status", "id: envs-manager-status")
OTHERWISE = CONFIG.replace("id: status", "id: envs-manager-other")
TLS = " ssl verify required ca-file /etc/ssl/certs/ca-certificates.crt sni str(us1-m.ocp.ai)"


class Proxied:
    """A daemon, and a proxy between somebody and Omilia, on a socket in a folder."""

    def __init__(self, world: World, place: Path) -> None:
        self.world = world
        self.place = place
        self.socket = place / "proxy.sock"

    def written(self, language: str) -> str:
        """Return what the page shows, with the addresses of this test."""
        (text,) = blocks(PAGE, language)
        omilia = self.world.omilia.url.removeprefix("http://")
        daemon = self.world.daemon.url.removeprefix("http://")
        for shown, here in (
            (TLS, ""),
            ("https://us1-m.ocp.ai", "http://OMILIA"),
            ("us1-m.ocp.ai:443", "OMILIA"),
            ("127.0.0.1:8080", "DAEMON"),
            ("addr 127.0.0.1 port 8080", "addr {} port {}".format(*daemon.split(":"))),
            ("bind 127.0.0.1:8081", f"bind {self.socket}"),
            ("listen 127.0.0.1:8081", f"listen unix:{self.socket}"),
        ):
            text = text.replace(shown, here)
        assert "ocp.ai" not in text
        assert "127.0.0.1:808" not in text
        return text.replace("OMILIA", omilia).replace("DAEMON", daemon)

    async def call(self) -> tuple[int, dict[str, str]]:
        """Call Omilia through the proxy; 0 when nobody listens yet."""
        patience = aiohttp.ClientTimeout(30)
        connector = aiohttp.UnixConnector(str(self.socket))
        try:
            async with (
                aiohttp.ClientSession(timeout=patience, connector=connector) as session,
                session.get("http://proxy/healthy") as response,
            ):
                return response.status, dict(response.headers)
        except aiohttp.ClientError:
            return 0, {}

    async def is_(self, status: int, when: str) -> None:
        """Wait for an answer through the proxy."""

        async def answered() -> bool:
            return (await self.call())[0] == status

        await until(answered, f"{status} {when}")

    async def story(self) -> None:
        """Omilia is well, then one service is not, then it is; at last the monitor is away."""
        well = 404  # the simulated Omilia knows no such path, and that is an answer of its own
        await self.is_(well, "while all is well")
        self.world.break_(do="fail", where="envs-manager", status=503)
        await self.world.pass_(80)
        await self.is_(503, "while the verdict says no")
        await self.world.daemon.reload(self.world.settings(OTHERWISE))
        await self.is_(well, "when the monitor no longer watches it")
        await self.world.daemon.reload(self.world.settings(NAMED))
        self.world.mend()
        await self.world.pass_(400)
        await self.is_(well, "when it says yes again")
        self.world.break_(do="fail", where="envs-manager", status=503)
        await self.world.pass_(80)
        await self.is_(503, "while the verdict says no again")
        await self.world.daemon.web.stop()
        await self.is_(well, "while the monitor is away")


@pytest.fixture
async def proxied(tmp_path: Path) -> AsyncIterator[Proxied]:
    async with World(tmp_path, NAMED) as world, folder() as place:
        await world.pass_(120)
        yield Proxied(world, place)


async def test_haproxy_obeys(proxied: Proxied) -> None:
    haproxy = program("haproxy")
    file = proxied.place / "haproxy.cfg"
    await asyncio.to_thread(file.write_text, proxied.written("haproxy"))
    async with serving(proxied.place, haproxy, "-db", "-f", str(file)):
        await proxied.story()


async def test_nginx_obeys_and_says_when_to_come_again(proxied: Proxied) -> None:
    nginx = program("nginx")
    place = proxied.place
    file = place / "nginx.conf"
    temporary = "".join(
        f"{kind}_temp_path {place}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    site = proxied.written("nginx").replace("path verdicts", f"path {place}/verdicts")
    text = (
        f"daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{site}\n}}\n"
    )
    await asyncio.to_thread(file.write_text, text)
    async with serving(place, nginx, "-e", "stderr", "-p", str(place), "-c", str(file)):
        await proxied.is_(404, "while all is well")
        proxied.world.break_(do="fail", where="envs-manager", status=503)
        await proxied.world.pass_(80)
        await proxied.is_(503, "while the verdict says no")
        status, headers = await proxied.call()
        assert (status, headers["Retry-After"]) == (503, "5")
        proxied.world.mend()
        await proxied.world.pass_(400)
        await proxied.is_(404, "when it says yes again")
        await proxied.world.daemon.web.stop()
        for _ in range(3):
            await proxied.is_(404, "while the monitor is away")


async def test_a_shell_obeys(proxied: Proxied) -> None:
    program("curl")
    script = proxied.written("sh")

    async def said() -> str:
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", script, stdout=asyncio.subprocess.PIPE
        )
        return (await process.communicate())[0].decode().strip()

    assert await said() == "call"
    proxied.world.break_(do="fail", where="envs-manager", status=503)
    await proxied.world.pass_(80)
    assert await said() == "wait"
    await proxied.world.daemon.web.stop()
    assert await said() == "call"
