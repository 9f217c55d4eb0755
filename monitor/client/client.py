"""A service's own copy of the verdicts, kept current in the background."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

import aiohttp

from monitor.client import clock
from monitor.client.book import Book, OnChange
from monitor.client.errors import DaemonError, NoStreamError, TokenRefusedError
from monitor.client.sse import Event, Reader
from monitor.client.verdict import Verdict
from monitor.client.wire import Wire

log = logging.getLogger("monitor.client")

ASK = 15.0
"""Seconds between two questions for the verdicts, while there is no stream, on average."""
STREAM_AGAIN = 60.0
"""Seconds after which a stream that could not be had is tried again, on average."""
LONGEST_BACKOFF = 30.0
SHORT_WAIT = 10.0
"""Seconds of a Retry-After that are waited for; in a longer one the verdicts are asked for."""
LIVED = 10.0
"""Seconds after which a stream that ends has been a good one."""
FIRST_WITHIN = 1.0
"""Seconds that entering waits for the first verdicts; then it goes on without."""


class VerdictClient:
    """Follows the verdicts of one daemon; asking costs a look-up, and never a request.

        async with VerdictClient("http://127.0.0.1:8080") as verdicts:
            if verdicts.allows("chat-rest"):
                ...

    Fails open: without a daemon, for an endpoint that it does not watch, and when the last verdict
    is too old, a call is allowed, and `verdict(endpoint).why` says so. Nothing here raises because
    the daemon cannot be had; `trouble` says what is wrong, and it is tried again for ever.

    `token` is sent for reading that is protected; `endpoints` are the only ones to follow, all by
    default; `session` brings TLS or proxy settings of your own, and stays yours. `on_change` is
    called on the loop with each verdict that is another than before. Raises ValueError for a URL
    that can be none.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        endpoints: Iterable[str] = (),
        on_change: OnChange | None = None,
        session: aiohttp.ClientSession | None = None,
        monotonic: Callable[[], float] = clock.monotonic,
        uniform: Callable[[float, float], float] = clock.uniform,
    ) -> None:
        self._wire = Wire(url, token=token, endpoints=endpoints, session=session)
        self._book = Book(monotonic, on_change)
        self._book.turned = self._turned
        self._uniform = uniform
        self._reader = Reader()
        self._task: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()
        self._ready = asyncio.Event()
        self._turn: asyncio.Future[None] | None = None
        self.trouble = ""
        """Why the verdicts are not followed now; empty when they are."""

    # ------------------------------------------------------------ asking

    def allows(self, endpoint: str) -> bool:
        """Tell whether to call. A look-up; any thread may ask."""
        return self._book.allows(endpoint)

    def verdict(self, endpoint: str) -> Verdict:
        """Return what is known of an endpoint, and what to do. Any thread may ask."""
        return self._book.verdict(endpoint)

    def endpoints(self) -> list[str]:
        """Return the endpoints that there are verdicts of."""
        return self._book.endpoints()

    async def ready(self, timeout: float | None = None) -> None:
        """Wait until there are verdicts. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            await self._ready.wait()

    async def wait_until_allowed(
        self, endpoint: str, timeout: float | None = None, *, spread: float = 0.0
    ) -> None:
        """Wait until an endpoint may be called. Raises TimeoutError.

        All followers hear of a recovery in the same moment; with `spread` each waits up to so many
        seconds more, by chance, so that not all of them call at once.
        """
        async with asyncio.timeout(timeout):
            while not self.allows(endpoint):
                await self._turn_of(self._book.lapses_in(endpoint))
                if spread > 0 and self.allows(endpoint):
                    await asyncio.sleep(self._uniform(0.0, spread))

    # ------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        self._wire.open()
        self._tried, self._ready = asyncio.Event(), asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="verdicts")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FIRST_WITHIN):
                await self._tried.wait()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))
            self._task = None
        self._book.lost()
        await self._wire.close()

    # ------------------------------------------------------------ following

    async def _run(self) -> None:
        """Follow, for ever. The longer it goes wrong, the longer is waited, by chance."""
        failures = 0
        while True:
            began, wait = self._book.monotonic(), 0.0
            try:
                await self._follow_or_ask()
            except TokenRefusedError as error:
                self._is_in_trouble(str(error))
                wait = STREAM_AGAIN
            except DaemonError as error:
                self._is_in_trouble(str(error))
                wait = error.retry_after or 0.0
            except (aiohttp.ClientError, OSError) as error:
                self._is_in_trouble(f"the daemon cannot be heard: {type(error).__name__}: {error}")
            except Exception:
                log.exception("following the verdicts failed")
                self._reader.forget()
                self._is_in_trouble("what the daemon said cannot be understood")
            self._tried.set()
            lived = self._book.monotonic() - began >= LIVED
            failures = 0 if lived else failures + 1
            await asyncio.sleep(wait + self._backoff(failures))

    def _backoff(self, failures: int) -> float:
        """Return a wait with full jitter: everybody lost the same daemon at the same moment."""
        longest = min(self._reader.retry * 2.0 ** min(failures, 10), LONGEST_BACKOFF)
        return self._uniform(0.0, longest)

    async def _follow_or_ask(self) -> None:
        """Follow the stream to its end; without one, ask until it may be tried again."""
        try:
            await self._follow()
        except NoStreamError as error:
            if error.retry_after is not None and error.retry_after <= SHORT_WAIT:
                raise
            refusal = error
        else:
            self._is_in_trouble("the event stream has ended")
            return
        self._is_in_trouble(str(refusal))
        await self._ask(refusal.retry_after or 0.0)

    async def _follow(self) -> None:
        self._reader.begin()
        async with contextlib.aclosing(self._wire.follow(self._reader)) as stream:
            async for events in stream:
                self._is_heard()
                for event in events:
                    self._take(event)

    def _take(self, event: Event) -> None:
        """Note what was said."""
        if event.kind not in ("verdict", "config"):
            return
        said = json.loads(event.data)
        if event.kind == "verdict":
            self._book.say(said)
        elif isinstance(said, dict) and isinstance(said.get("endpoints"), list):
            self._book.keep_only(said["endpoints"])
            self._is_ready()

    async def _ask(self, at_least: float) -> None:
        """Ask for the verdicts now and then, until the stream may be tried again."""
        again = self._book.monotonic() + max(at_least, self._about(STREAM_AGAIN))
        while (left := again - self._book.monotonic()) > 0:
            wait = min(self._about(ASK), left)
            try:
                self._list(await self._wire.verdicts())
            except TokenRefusedError:
                raise
            except DaemonError as error:
                self._is_in_trouble(str(error))
                wait = max(wait, error.retry_after or 0.0)
            await asyncio.sleep(wait)

    def _list(self, verdicts: list[object] | None) -> None:
        """Note a listing; None when nothing changed."""
        self._book.heard()
        if verdicts is not None:
            for verdict in verdicts:
                self._book.say(verdict)
            names = [v.get("endpoint") for v in verdicts if isinstance(v, dict)]
            self._book.keep_only(name for name in names if isinstance(name, str))
        self._is_ready()

    def _about(self, seconds: float) -> float:
        return self._uniform(0.5 * seconds, 1.5 * seconds)

    def _is_ready(self) -> None:
        self._ready.set()
        self._tried.set()

    def _is_heard(self) -> None:
        self._book.heard()
        if self.trouble:
            log.info("verdicts are followed")
        self.trouble = ""

    def _is_in_trouble(self, why: str) -> None:
        """Say what is wrong, once."""
        self._book.lost()
        if why != self.trouble:
            log.warning("verdicts are not followed: %s", why)
        self.trouble = why

    # ------------------------------------------------------------ waiting

    def _turned(self) -> None:
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)
        self._turn = None

    async def _turn_of(self, lapses_in: float) -> None:
        """Wait until something changed, or a refusal may have lapsed."""
        if self._turn is None:
            self._turn = asyncio.get_running_loop().create_future()
        await asyncio.wait((self._turn,), timeout=max(lapses_in, _STEP))


_STEP = 0.01
