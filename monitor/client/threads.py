"""The verdicts for programs without an event loop: a thread of their own follows them."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

from monitor.client.client import VerdictClient
from monitor.client.verdict import Verdict

CLOSE_WITHIN = 5.0
"""Seconds that `close` waits for the thread."""
FIRST_WITHIN = 2.0
"""Seconds that `start` waits for the first verdicts; then it goes on without."""


class Verdicts:
    """A `VerdictClient` in the background of a threaded program.

        with Verdicts("http://127.0.0.1:8080") as verdicts:
            if verdicts.allows("chat-rest"):
                ...

    Takes what `VerdictClient` takes, except `session`. `allows` and `verdict` may be asked from any
    thread and wait for nobody: there is no lock. `on_change` is called in the background thread,
    which never keeps the process alive. A process that forks starts it after the fork: threads do
    not come along, and what was known before fails open when it has grown old.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self._client = VerdictClient(url, **options)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None
        self._running = threading.Event()
        self.allows = self._client.allows
        """Tell whether to call an endpoint. A look-up."""

    def verdict(self, endpoint: str) -> Verdict:
        """Return what is known of an endpoint, and what to do."""
        return self._client.verdict(endpoint)

    def endpoints(self) -> list[str]:
        """Return the endpoints that there are verdicts of."""
        return self._client.endpoints()

    @property
    def trouble(self) -> str:
        """Why the verdicts are not followed now; empty when they are."""
        return self._client.trouble

    def wait_until_allowed(
        self, endpoint: str, timeout: float | None = None, *, spread: float = 0.0
    ) -> None:
        """Wait until an endpoint may be called. Raises TimeoutError, RuntimeError when not started.

        `spread` as with `VerdictClient`.
        """
        self._wait(self._client.wait_until_allowed(endpoint, timeout, spread=spread))

    def ready(self, timeout: float | None = None) -> None:
        """Wait until there are verdicts. Raises TimeoutError, RuntimeError when not started."""
        self._wait(self._client.ready(timeout))

    def _wait(self, waiting: Coroutine[Any, Any, None]) -> None:
        if self._loop is None:
            waiting.close()
            raise RuntimeError("not started: use `with`, or start()")
        asyncio.run_coroutine_threadsafe(waiting, self._loop).result()

    # ------------------------------------------------------------ life

    def start(self) -> Self:
        """Begin to follow. Returns soon, with the first verdicts when there is a daemon."""
        if self._thread is None:
            self._running.clear()
            self._thread = threading.Thread(target=self._main, name="verdicts", daemon=True)
            self._thread.start()
            self._running.wait(FIRST_WITHIN)
        return self

    def close(self) -> None:
        """End."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        if self._loop is not None and self._stop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended already
                self._loop.call_soon_threadsafe(self._stop.set)
        thread.join(CLOSE_WITHIN)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _main(self) -> None:
        asyncio.run(self._follow())

    async def _follow(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        async with self._client:
            self._running.set()
            await self._stop.wait()
        self._loop = None
