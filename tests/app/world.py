"""A whole world on loopback and a fake clock: Omilia, the daemon, a receiver. For telling outages.

Only time is false. The simulated Omilia, the prober's connections, the store's file, the signed
webhooks and the HTTP API are real; the clock moves from one due time to the next.
"""

import asyncio
import shutil
import sqlite3
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import aiohttp
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from monitor.app.daemon import Daemon
from monitor.app.loader import loads
from monitor.app.patience import Patience
from monitor.omilia.simulator import Fault, Simulator
from tests.app.metronome import HandMetronome
from tests.clock import FakeClock

UNHURRIED = Patience(
    opening=30.0, commit=30.0, journal=30.0, reading=30.0, farewell=30.0, files=86_400.0
)
"""A machine that stands still for a moment changes no story."""

SECRET = "whsec_" + b64encode(b"0123456789abcdef01234567").decode()
PAT = "simulated-pat"
CHAT_KEY = "simulated-chat-key"

TOKEN = "ops-token-0123456789"

CONFIG = """
listen: 127.0.0.1:0
store: STORE
defaults:
  every: 60s
  timeout: 40s
  group: platform
  credential: pat
  breaker: {{reset_timeout: 10s, confirm_after: 5s}}
endpoints:
  - {{id: status, url: "{omilia}/envs-manager/api/status"}}
  - {{id: domains, url: "{omilia}/orchestrator/api/nlu/domains/"}}
  - {{id: tables, url: "{omilia}/metrics-api/v3/tables", critical: false}}
credentials:
  pat: {{header: X-OCP-PERSONAL-ACCESS-TOKEN, value: {{env: PAT}}}}
channels:
  ops: {{kind: webhook, url: {{env: OPS}}, secret: {{env: SECRET}}, timeout: 40s}}
"""


class Receiver:
    """Somebody's system: it verifies signatures, remembers what it was told, and can be away."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.status = 204
        self.url = ""
        self.answers = asyncio.Event()
        self.answers.set()
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_post("/hook", self._receive)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = "http://{}:{}/hook".format(*self._runner.addresses[0][:2])

    async def stop(self) -> None:
        assert self._runner is not None
        self.answers.set()
        await self._runner.cleanup()

    async def _receive(self, request: web.Request) -> web.Response:
        await self.answers.wait()
        if self.status >= 300:
            return web.Response(status=self.status)
        # The library's verify() would measure the age with the machine's clock: ours is false.
        headers, body = request.headers, await request.text()
        sent_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        signed = Webhook(SECRET).sign(headers["webhook-id"], sent_at, body)
        assert signed == headers["webhook-signature"]
        self.messages.append(await request.json())
        self.ids.append(headers["webhook-id"])
        return web.Response(status=self.status)

    @property
    def heard(self) -> list[tuple[str, str]]:
        """What was told, as (type, endpoint)."""
        return [(m["type"].removeprefix("incident."), m["data"]["endpoint"]) for m in self.messages]


class World:
    """Everything, and the ways to make something happen in it."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self.clock = FakeClock()
        self.receiver = Receiver()
        self.omilia = Simulator(clock=self.clock, pat=PAT)
        self.file = folder / "monitor.db"
        self.store = f"sqlite:///{self.file}"
        self._config = config
        self.environ: dict[str, str] = {}
        self.patience = UNHURRIED
        self.daemon: Daemon
        self.metronome: HandMetronome

    async def __aenter__(self) -> Self:
        await self.receiver.start()
        await self.omilia.start()
        await self.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.daemon.stop()
        await self.omilia.stop()
        await self.receiver.stop()

    def settings(self, config: str | None = None) -> Any:
        socket = self.omilia.url.replace("http", "ws")
        text = (config or self._config).format(omilia=self.omilia.url, socket=socket)
        text = text.replace("STORE", self.store)
        environ = {"PAT": PAT, "OPS": self.receiver.url, "SECRET": SECRET, "CHAT_KEY": CHAT_KEY}
        return loads(text, "world.yml", {**environ, "TOKEN": TOKEN, **self.environ})

    async def begin(self) -> None:
        """Start a daemon, on whatever the last one left."""

        def by_hand(tick: Any, clock: Any, reports: Any) -> Any:
            self.metronome = HandMetronome(tick, clock=clock, reports=reports)
            return self.metronome

        self.daemon = Daemon(
            self.settings(),
            clock=self.clock,
            metronome=by_hand,
            patience=self.patience,
            uniform=lambda low, high: (low + high) / 2,  # a story goes the same way each time
        )
        await self.daemon.start()

    async def kill(self) -> None:
        """End the daemon so that nothing of its end is written: what is in the file now, stays."""
        await asyncio.to_thread(self._keep)
        await self.daemon.stop()
        await asyncio.to_thread(self._put_back)

    def _keep(self) -> None:
        source, kept = sqlite3.connect(self.file), sqlite3.connect(self.file.with_suffix(".kept"))
        with source, kept:
            source.backup(kept)
        source.close()
        kept.close()

    def _put_back(self) -> None:
        for name in ("-wal", "-shm"):
            Path(f"{self.file}{name}").unlink(missing_ok=True)
        shutil.move(self.file.with_suffix(".kept"), self.file)

    # ------------------------------------------------------------ what happens

    def break_(self, **fault: Any) -> str:
        """Break Omilia; returns the fault's id."""
        return self.omilia.faults.set(Fault.model_validate(fault))

    def mend(self) -> None:
        self.omilia.faults.clear()

    async def pass_(self, seconds: float) -> None:
        """Let time pass: every tick at its due time, and everything told that is due."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while (due := self.metronome.first()) is not None and due[1] <= end:
            await self._until(due[1])
            await self.daemon.heartbeat.beat()  # the leap is no stall
            await self.metronome.play(*due)
            await self.deliver()
        await self._until(end)
        await self.deliver()

    async def _until(self, end: datetime) -> None:
        """Let time pass until then, stopping at whatever begins or ends by itself."""
        while (moment := self._next_moment()) < end:
            self.clock.advance((moment - self.clock.now()).total_seconds())
            await self.deliver()
        self.clock.advance(max((end - self.clock.now()).total_seconds(), 0.0))

    def _next_moment(self) -> datetime:
        now, moments = self.clock.now(), [self.daemon.upkeep.next_moment()]
        if (ends := self.daemon.engine.orders_change_at()) is not None:
            moments.append(ends)
        for one in self.daemon.newsroom.silences.known():
            moments += [moment for moment in (one.starts_at, one.ends_at) if moment > now]
        return min(moments)

    async def deliver(self) -> None:
        """Let those do what is due at this moment who otherwise follow the machine's clock."""
        await self.daemon.upkeep.renew()
        self.daemon.upkeep.look()
        await self.daemon.engine.look_at_orders()
        await self.daemon.review()
        await self.daemon.desk.beat()
        await self.daemon.reconciler.round()
        while self.receiver.answers.is_set() and self._is_telling():
            await asyncio.sleep(0.001)  # the daemon's own tasks were quicker than we
            await self.daemon.reconciler.round()

    def _is_telling(self) -> bool:
        return any(courier._in_flight for courier in self.daemon.reconciler._couriers.values())

    async def get(self, path: str) -> tuple[int, Any, dict[str, str]]:
        """Ask the daemon's API."""
        await self.daemon.heartbeat.beat()  # the false clock leaps past the real beats
        async with (
            aiohttp.ClientSession() as session,
            session.get(self.daemon.url + path) as response,
        ):
            is_json = "json" in response.content_type
            body = await response.json(content_type=None) if is_json else await response.text()
            return response.status, body, dict(response.headers)

    async def send(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Change something over the daemon's API, as who holds TOKEN."""
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, self.daemon.url + path, json=body, headers=headers) as response,
        ):
            return response.status, await response.json(content_type=None)

    def standing(self, endpoint: str) -> Any:
        entry = self.daemon.board.entry(endpoint)
        assert entry is not None
        return entry.standing
