"""Reports outcomes of real traffic to the daemon, behind the caller's back."""

import asyncio
import contextlib
import json
import logging
import re
from collections.abc import Callable, Iterable
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp

from monitor.client import clock
from monitor.client.reports import Line, Lines, Pile
from monitor.client.wire import base_of, retry_after

log = logging.getLogger("monitor.client")

EVERY = 2.0
"""Seconds between two batches, on average."""
BATCH = 200
"""Lines of one batch: well below what the daemon reads of a body."""
ROOM = 2000
"""Lines that wait at most."""
ANSWER = 10.0
LONGEST_BACKOFF = 60.0
LAST_WITHIN = 1.0
"""Seconds that closing gives to what has not been sent."""
_TOO_LARGE = 413
_UNTOLD = frozenset({401, 403})
_LATER = frozenset({408, 425, 429})
_INDEX = re.compile(r"#?/reports/(\d+)(?:/|$)")


class Reporter:
    """Takes outcomes, and sends them in batches; `note` never waits and never raises.

        async with Reporter("http://127.0.0.1:8080", "checkout", token=token) as reporter:
            session = aiohttp.ClientSession(middlewares=[VerdictMiddleware(..., reporter=reporter)])

    `name` says who reports, `token` needs the scope `report`. What the daemon cannot use is dropped
    by the line; when it refuses the token, reporting stops and `stopped` says so; when it cannot be
    had, the newest outcomes are kept and `dropped` counts the others. A batch whose answer is lost
    is sent again, and may be counted twice. Raises ValueError for a URL that can be none.
    """

    def __init__(
        self,
        url: str,
        name: str,
        *,
        token: str | None = None,
        session: aiohttp.ClientSession | None = None,
        every: float = EVERY,
        uniform: Callable[[float, float], float] = clock.uniform,
    ) -> None:
        self._url = base_of(url) + "/v1/reports"
        self._name = name
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._given = session
        self._session = session
        self._every = every
        self._uniform = uniform
        self._pile = Pile(ROOM)
        self._batch = BATCH
        self._task: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()
        self.stopped = ""
        """Why nothing is reported any more; empty while it is."""

    @property
    def dropped(self) -> int:
        """How many outcomes the daemon will not hear of."""
        return self._pile.dropped

    def note(
        self,
        endpoint: str,
        *,
        status: int | None = None,
        category: str | None = None,
        latency: float | None = None,
    ) -> None:
        """Take one outcome: an HTTP status, or a category such as `unreachable`; seconds."""
        what = status if status is not None else category
        if self.stopped or what is None:
            self._pile.dropped += 1
        else:
            self._pile.add(endpoint, what, latency, clock.now())

    # ------------------------------------------------------------ life

    async def __aenter__(self) -> Self:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        self._closing = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="reporter")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._task is not None:
            self._closing.set()
            await asyncio.wait((self._task,), timeout=LAST_WITHIN)
            self._task.cancel()
            await asyncio.wait((self._task,))
            self._task = None
        self._pile.lose(self._pile.take(len(self._pile)))
        if self._given is None and self._session is not None:
            await self._session.close()
            self._session = None

    async def _run(self) -> None:
        """Send what there is, now and then; longer apart while it goes wrong."""
        failures, wait = 0, 0.0
        while not self.stopped:
            longest = min(self._every * 2.0**failures, LONGEST_BACKOFF)
            wait += self._uniform(0.0 if failures else self._every / 2, longest)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), wait)
            try:
                await self._send_all()
                failures, wait = 0, 0.0
            except _NotNowError as error:
                failures, wait = min(failures + 1, 10), error.wait
            except Exception:
                failures, wait = min(failures + 1, 10), 0.0
                log.exception("reporting failed")
            if self._closing.is_set():
                return

    # ------------------------------------------------------------ sending

    async def _send_all(self) -> None:
        """Send all there is, batch by batch. Raises _NotNowError."""
        while self._pile and not self.stopped:
            lines = self._pile.take(self._batch)
            try:
                lines = await self._sent(lines)
            except (aiohttp.ClientError, OSError) as error:
                log.debug("reports are kept: %s: %s", type(error).__name__, error)
                raise _NotNowError(0.0) from None
            finally:
                self._pile.put_back(lines)

    async def _sent(self, lines: Lines) -> Lines:
        """Send a batch; return what of it is to be sent again."""
        status, wait, answer = await self._post(lines.values())
        if status < HTTPStatus.MULTIPLE_CHOICES:
            return {}
        if status in _LATER or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise _NotNowError(wait or 0.0)
        if status in _UNTOLD:
            self._stop(f"the daemon refuses our reports ({status})")
        elif status == _TOO_LARGE and len(lines) > 1:
            self._batch = max(len(lines) // 2, 1)
        else:
            named = _named(answer) if status == HTTPStatus.UNPROCESSABLE_ENTITY else set()
            bad = {key: lines[key] for n, key in enumerate(lines) if n in named} or lines
            good = {key: line for key, line in lines.items() if key not in bad}
            self._pile.lose(bad)
            log.warning("the daemon cannot use %d lines of our reports (%d)", len(bad), status)
            return good
        return lines

    async def _post(self, lines: Iterable[Line]) -> tuple[int, float | None, Any]:
        if self._session is None:
            raise RuntimeError("the reporter is not open: use `async with`")
        body = {"reporter": self._name, "reports": [line.view() for line in lines]}
        async with self._session.post(
            self._url,
            json=body,
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=ANSWER),
            middlewares=(),  # a session of the caller's may report to us
            raise_for_status=False,
        ) as response:
            text = await response.read()
            try:
                answer = json.loads(text) if text else None
            except ValueError:
                answer = None
            return response.status, retry_after(response.headers.get("Retry-After")), answer

    def _stop(self, why: str) -> None:
        self.stopped = why
        log.warning("nothing is reported any more: %s", why)


class _NotNowError(Exception):
    """The daemon takes nothing now, and wants to be left alone for `wait` seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(wait)
        self.wait = wait


def _named(answer: Any) -> set[int]:
    """Return the places in a batch that a problem's errors point to."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    listed = errors if isinstance(errors, list) else []
    pointers = [one.get("pointer") for one in listed if isinstance(one, dict)]
    found = [_INDEX.match(pointer) for pointer in pointers if isinstance(pointer, str)]
    return {int(match[1]) for match in found if match is not None}
