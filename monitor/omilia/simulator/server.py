"""The simulated Omilia: one aiohttp server for all of its services."""

import asyncio
import contextlib
import math
import re
from collections.abc import Collection
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any, Literal, Self

from aiohttp import web

from monitor.omilia.regions import Region
from monitor.omilia.simulator import wreck
from monitor.omilia.simulator.addresses import Addresses, apart_in
from monitor.omilia.simulator.chat import SESSION, House, Sessions
from monitor.omilia.simulator.control import Control
from monitor.omilia.simulator.credentials import Credentials, Secrets
from monitor.omilia.simulator.fault import CONTROL, RESTART_TAKES, Fault, Kind
from monitor.omilia.simulator.faults import Active, Faults
from monitor.omilia.simulator.havoc import Havoc, Struck
from monitor.omilia.simulator.omilia import DIALOGS, Anonymous, Omilia
from monitor.omilia.simulator.request_log import RequestLog
from monitor.omilia.simulator.runs import RUNS
from monitor.omilia.simulator.script import Script
from monitor.omilia.simulator.services import GATEWAY, IAM
from monitor.omilia.simulator.site import STATUS, Site
from monitor.omilia.simulator.strike import not_served
from monitor.ports import Clock

Layout = Literal["meta", "top-level"]
"""Where the status body has its signs of life: as version 1.17.0 lays it out, or as 1.12.0 did."""

VERSIONS: dict[Layout, str] = {"meta": "1.17.0", "top-level": "1.12.0"}
SHUTDOWN = 1.0
"""Seconds that a request in flight has when the simulator stops."""
SHORTEST = 0.001
"""Seconds that the player sleeps at least, so that rounding cannot make it spin."""


class Simulator:
    """A real server that behaves as Omilia is documented to, or as it is told to.

    Faults come from the script, whose time begins with `start`, from `faults`, and over HTTP from
    /_simulator. Time is the clock's: with one that is moved by hand, a change is seen at the next
    request. `anonymous` is what is told without a credential. `public_url` is the address that the
    bodies name, where that is not where it listens. `credentials` may be changed at any time.
    Services that are named in `apart` have addresses of their own, which `at` knows.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        script: Script | None = None,
        pat: str = "simulated-pat",
        secrets: Secrets | None = None,
        realm: str = "master",
        status_layout: Layout = "meta",
        version: str | None = None,
        anonymous: Anonymous = "status",
        public_url: str | None = None,
        apart: Collection[str] = (),
    ) -> None:
        self.url = ""
        self.at = Addresses(apart)
        self.version = version or VERSIONS[status_layout]
        self.faults = Faults(clock, script, on_begin=self._begun)
        self.requests = RequestLog(clock)
        self._clock = clock
        self._started_at = clock.now()
        self.credentials = Credentials(secrets or Secrets(pat=pat), clock)
        self._make_site = partial(Site, realm=realm, status_layout=status_layout)
        self._anonymous: Anonymous = anonymous
        self._public_url = public_url
        self._havoc = Havoc(self.faults, clock)
        self.chat = House(clock)
        self._sessions = Sessions(
            self.chat,
            lambda: self.credentials.secrets.chat_key,
            clock,
            havoc=lambda: self._havoc,
            requests=self.requests,
        )
        self._controlled: set[web.RequestHandler] = set()
        self._stack = contextlib.AsyncExitStack()
        self._server: web.Server | None = None
        self._site: Site | None = None
        self._omilia: Omilia
        self._control: Control

    # ------------------------------------------------------------ life

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen, and begin the script. Raises OSError when the address cannot be had.

        A simulator that listens already moves to the new address.
        """
        await self.stop()
        self._havoc = Havoc(self.faults, self._clock)
        async with contextlib.AsyncExitStack() as stack:
            server = web.Server(self._handle, handler_cancellation=True, access_log=None)
            runner = web.ServerRunner(server, shutdown_timeout=SHUTDOWN)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await self.at.listen(runner, host, port)
            self.url = self.at.of()
            self._open()
            self._server = server
            self.faults.begin()
            player = asyncio.create_task(self._play(), name="simulator's player")
            stack.push_async_callback(_ended, player)
            stack.callback(self._sessions.stop)
            stack.callback(self._havoc.stop)
            self._stack = stack.pop_all()

    async def stop(self) -> None:
        """Let go of every request, and close. May be called twice."""
        await self._stack.aclose()
        self._server = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @classmethod
    def like(cls, region: Region, **more: Any) -> Self:
        """Make one of a region's generation, with what has a host of its own there apart."""
        return cls(realm=region.realm, apart=tuple(apart_in(region)), **more)

    def restart(self, version: str | None = None, lasts: float = RESTART_TAKES) -> None:
        """Drop all connections, refuse for `lasts` seconds, and come back as another version.

        Without a version the last number of the present one grows by one.
        """
        fault = {"do": Kind.RESTART, "version": version, "for": lasts}
        self.faults.set(Fault.model_validate(fault))

    # ------------------------------------------------------------ requests

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, harmed or not."""
        path, faults = request.path, self.faults
        if path.startswith(CONTROL):
            return await self._controlled_by(request)
        now = self._clock.monotonic()
        if now >= faults.changes_at:
            faults.turn(now)
        if self.at.lost(request):
            self.requests.note(request.method, path, 404)
            return not_served(GATEWAY, path, self._clock.now()).response()
        struck = self._havoc.struck(path, request.headers) if faults.holding else None
        if path == SESSION and web.WebSocketResponse().can_prepare(request):
            return await self._session(request, struck)
        if struck is None:
            answer = await self._omilia.answer(request)
            self.requests.note(request.method, path, answer.status)
            return answer.response()
        return await self._spoilt(request, struck)

    async def _spoilt(self, request: web.BaseRequest, struck: Struck) -> web.StreamResponse:
        """Do to a request what strikes it."""
        status = None
        try:
            usual = partial(self._omilia.answer, request)
            response, status = await self._havoc.spoil(request, struck, usual)
        finally:
            self.requests.note(request.method, request.path, status, struck.ids)
        return response

    async def _session(self, request: web.BaseRequest, struck: Struck | None) -> web.StreamResponse:
        """Open a chat session, if nothing is in its way."""
        harmed = struck is not None and struck.active is not None
        if struck is not None and (harmed or not await self._havoc.let_go(struck)):
            return await self._spoilt(request, struck)
        self.requests.note("GET", SESSION, 101, struck.ids if struck else None)
        return await self._sessions.serve(request)

    async def _controlled_by(self, request: web.BaseRequest) -> web.Response:
        """Answer the control interface, on a connection that survives what it is told to do."""
        self._controlled.add(request.protocol)
        try:
            return await self._control.answer(request)
        finally:
            self._controlled.discard(request.protocol)

    # ------------------------------------------------------------ time

    def _open(self) -> None:
        """Make everything that depends on the address."""
        iam = self.at.of(IAM.name)
        base = (self._public_url if self._public_url and iam == self.url else iam).rstrip("/")
        site = self._site = self._make_site(auth_url=f"{base}/auth")
        self._started_at = self._clock.now()
        site.restarted(self.version, self._started_at.isoformat())
        self._omilia = Omilia(site, self.credentials, self._clock, self._anonymous, self.chat)
        self._control = Control(
            clock=self._clock,
            faults=self.faults,
            requests=self.requests,
            credentials=self.credentials,
            house=self.chat,
            url=self.url,
            paths=[*site.fixed, *site.asked, site.token_path, DIALOGS, SESSION, RUNS],
        )

    async def _play(self) -> None:
        """Turn the faults when it is time, whether anybody asks or not."""
        while True:
            now = self._clock.monotonic()
            self.faults.turn(now)
            wait = self.faults.changes_at - now
            await self.faults.bell.wait(None if wait == math.inf else max(wait, SHORTEST))

    def _begun(self, active: Active) -> None:
        """Do what a restart does when it begins; other faults wait for requests."""
        if active.fault.do is not Kind.RESTART:
            return
        if active.fault.prefix == "/" and self._server is not None:
            for connection in self._server.connections:
                if connection not in self._controlled:
                    wreck.reset(connection.transport)
        if STATUS.startswith(active.fault.prefix):
            # The new version is not seen before the restart is over: until then there is no answer.
            self.version = active.fault.version or _next_version(self.version)
            over_in = timedelta(seconds=active.until - self._clock.monotonic())
            self._started_at = self._clock.now() + over_in
            if self._site is not None:
                self._site.restarted(self.version, self._started_at.isoformat())


async def _ended(task: asyncio.Task[None]) -> None:
    """Cancel a task and see it end."""
    task.cancel()
    await asyncio.wait([task])


def _next_version(version: str) -> str:
    """Return the version with its last number grown by one."""
    return re.sub(r"(\d+)(\D*)$", lambda found: f"{int(found[1]) + 1}{found[2]}", version)
