"""The watcher is watched: pings while all is well, an alert that always stands, systemd."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from alerts.numbers import Numbers
from monitor.app.loader import loads
from monitor.app.problems import ConfigError
from monitor.app.systemd import Systemd
from monitor.app.wellness import unwell
from monitor.web.context import ReadyCheck
from tests.alerts.channels.pages import Page, alertmanager, serving
from tests.app.world import CONFIG, World
from tests.clock import START


async def heard(_: Page, __: web.Request, ___: Any) -> web.Response:
    return web.Response(text="OK")


@dataclass
class Scene:
    world: World
    page: Page

    async def look(self, after: float) -> int:
        """Let time pass, and return how often we were heard of since."""
        before = len(self.page.came)
        await self.world.pass_(after)
        await self.world.daemon.heartbeat.beat()
        await self.world.daemon.deadman.look()
        return len(self.page.came) - before


@asynccontextmanager
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with serving(Page(), heard) as page:
        world = World(tmp_path, CONFIG + "deadman: {{url: {{env: HC}}, untold: 5m}}\n")
        world.environ["HC"] = f"{page.url}/ping/uuid-s3cret"
        async with world:
            yield Scene(world, page)


async def test_somebody_hears_of_us_once_a_minute_while_all_is_well(tmp_path: Path) -> None:
    async with scene(tmp_path) as told:
        assert await told.look(61) == 1
        assert await told.look(30) == 0, "not more often than asked for"
        assert await told.look(31) == 1
        assert {path for path, _ in told.page.came} == {"/ping/uuid-s3cret"}


async def test_an_outage_of_omilias_is_no_reason_for_silence(tmp_path: Path) -> None:
    async with scene(tmp_path) as told:
        told.world.break_(do="fail", status=503)
        assert await told.look(200) == 1


async def test_something_that_cannot_be_told_is_a_reason(tmp_path: Path) -> None:
    async with scene(tmp_path) as told:
        told.world.receiver.status = 500
        told.world.break_(do="fail", where="envs-manager", status=503)
        assert await told.look(120) == 1
        assert await told.look(400) == 0
        assert told.world.daemon.unwell(300.0).startswith("something could not be told for")
        told.world.receiver.status = 204
        await told.world.pass_(400)
        assert await told.look(61) == 1


async def test_a_reload_takes_the_switch_away(tmp_path: Path) -> None:
    async with scene(tmp_path) as told:
        assert await told.look(61) == 1
        await told.world.daemon.reload(told.world.settings(CONFIG))
        assert await told.look(200) == 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({}, ""),
        ({"checks": [ReadyCheck("store", ok=False, detail="disk full")]}, "store: disk full"),
        ({"due": [None]}, "1 endpoints were due"),
        ({"due": [START - timedelta(seconds=61)]}, "1 endpoints were due"),
        ({"due": [START - timedelta(seconds=59)]}, ""),
        ({"oldest_untold": 601.0}, "something could not be told"),
    ],
)
def test_what_is_not_well_is_named(change: dict[str, Any], says: str) -> None:
    numbers = Numbers({}, {}, 0, change.get("oldest_untold", 0.0), (), 0.0, {}, 0)
    checks = change.get("checks", [ReadyCheck("store", ok=True)])
    found = unwell(checks, change.get("due", [START]), numbers, untold=600.0, now=START)
    assert found.startswith(says)
    assert bool(found) is bool(says)


async def test_alertmanager_hears_of_a_watchdog_for_as_long_as_we_live(tmp_path: Path) -> None:
    more = "  am: {{kind: alertmanager, url: [{{env: AM}}]}}\nwatchdog: [am]\n"
    async with serving(Page(), alertmanager) as page:
        world = World(tmp_path, CONFIG + more)
        world.environ["AM"] = page.url
        async with world:
            for _ in range(3):
                await world.pass_(61)
            names = [alert["labels"]["alertname"] for _, alerts in page.came for alert in alerts]
            assert names.count("Watchdog") >= 3
            assert page.wrong == []
            await world.daemon.reload(world.settings(CONFIG + more.replace("watchdog: [am]", "")))
            await world.pass_(5)
            _, (last,) = page.came[-1]
            assert last["labels"]["alertname"] == "Watchdog"
            assert datetime.fromisoformat(last["endsAt"]) <= world.clock.now()
            assert world.receiver.messages == [], "nobody else is bothered"


def test_a_channel_that_would_not_notice_our_silence_is_refused() -> None:
    text = 'endpoints: [{id: a, url: "https://a.example/"}]\nchannels: {l: {kind: log}}\n'
    with pytest.raises(ConfigError, match=r"watchdog: 'l' would not notice our silence"):
        loads(text + "watchdog: [l]", "w.yml", {})


def test_systemd_is_told_where_it_listens(tmp_path: Path) -> None:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(30)
        systemd = Systemd({"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "30000000"})
        assert systemd.watchdog == 15.0
        systemd.say("READY=1")
        assert listening.recv(100) == b"READY=1"
    systemd.say("WATCHDOG=1")  # it is gone: we live without it


def test_nothing_is_said_where_nobody_listens() -> None:
    assert Systemd({}).watchdog is None
    Systemd({}).say("READY=1")
    assert (
        Systemd({"NOTIFY_SOCKET": "/x", "WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"}).watchdog is None
    )
