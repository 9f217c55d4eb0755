"""The daemon over HTTP: its event stream, and its listing of verdicts."""

import asyncio
import json
from collections.abc import AsyncGenerator, Iterable, Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp

from monitor.client import clock
from monitor.client.book import LIVE
from monitor.client.errors import DaemonError, NoStreamError, TokenRefusedError
from monitor.client.sse import Event, Reader

FIRST_WORD = 10.0
"""Seconds within which a stream must say something: else somebody between keeps it back."""
ANSWER = 10.0
"""Seconds that an answer may take."""
CONNECT = 5.0
LONGEST_WAIT = 300.0
"""Seconds of a Retry-After that are believed."""


class Wire:
    """Asks one daemon. Makes its own session when none is given, and closes only its own.

    Raises `DaemonError` for answers, and what aiohttp raises when there is none.
    """

    def __init__(
        self,
        url: str,
        *,
        token: str | None,
        endpoints: Iterable[str],
        session: aiohttp.ClientSession | None,
    ) -> None:
        self._base = base_of(url)
        self._names = frozenset(endpoints)
        query = urlencode([("endpoint", name) for name in sorted(self._names)])
        self._stream = f"/v1/events?{query}" if query else "/v1/events"
        self._headers = {"Accept-Encoding": "identity"}
        if token is not None:
            self._headers["Authorization"] = f"Bearer {token}"
        self._given = session
        self._session: aiohttp.ClientSession | None = session
        self._tag: str | None = None

    def open(self) -> None:
        """Make the session, on the running loop."""
        if self._session is None:
            self._session = aiohttp.ClientSession()

    async def close(self) -> None:
        """Close the session, unless it was given."""
        if self._given is None and self._session is not None:
            await self._session.close()
            self._session = None

    async def follow(self, reader: Reader) -> AsyncGenerator[list[Event], None]:
        """Yield the events of the stream as they come; an empty list is a sign of life."""
        headers = {"Accept": "text/event-stream"}
        if reader.last_id:
            headers["Last-Event-ID"] = reader.last_id
        timeout = aiohttp.ClientTimeout(sock_connect=CONNECT, sock_read=LIVE)
        async with self._get(self._stream, headers, timeout) as response:
            if response.status != HTTPStatus.OK or response.content_type != "text/event-stream":
                raise await _refusal(response, NoStreamError)
            self._tag = None  # what is told from here on makes another listing
            try:
                async with asyncio.timeout(FIRST_WORD):
                    chunk = await response.content.readany()
            except TimeoutError:
                raise NoStreamError("the event stream is kept back on its way") from None
            while chunk:
                yield list(reader.feed(chunk))
                chunk = await response.content.readany()

    async def verdicts(self) -> list[Any] | None:
        """Return every verdict, or None when they are as they were at the last time."""
        known = {} if self._tag is None else {"If-None-Match": self._tag}
        timeout = aiohttp.ClientTimeout(total=ANSWER, sock_connect=CONNECT)
        async with self._get("/v1/verdicts", known, timeout) as response:
            if response.status == HTTPStatus.NOT_MODIFIED:
                return None
            if response.status != HTTPStatus.OK:
                raise await _refusal(response, DaemonError)
            try:
                listed = list(json.loads(await response.read())["verdicts"])
            except (ValueError, KeyError, TypeError):
                raise DaemonError(
                    "this is not the verdicts' listing of an omilia-monitor"
                ) from None
            self._tag = response.headers.get("ETag")
            return [one for one in listed if self._is_wanted(one)]

    def _is_wanted(self, verdict: object) -> bool:
        """Tell whether a verdict of the listing, which has all, is one of those to follow."""
        if not self._names:
            return True
        return isinstance(verdict, dict) and verdict.get("endpoint") in self._names

    def _get(
        self,
        path: str,
        headers: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,
    ) -> Any:
        if self._session is None:
            raise RuntimeError("the client is not open: use `async with`")
        return self._session.get(
            self._base + path,
            headers={**self._headers, **headers},
            timeout=timeout,
            middlewares=(),  # a session of the caller's may ask us before each request
            raise_for_status=False,
        )


def base_of(url: str) -> str:
    """Return a daemon's URL without a slash at the end. Raises ValueError when it can be none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the daemon's URL begins with http:// or https:// and names a host")
    return url.rstrip("/")


async def _refusal(response: aiohttp.ClientResponse, otherwise: type[DaemonError]) -> DaemonError:
    """Say what an answer means that is not the one that was wanted."""
    status = response.status
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        return TokenRefusedError(f"the daemon refuses our token ({status})")
    what = f"the daemon answers {status}"
    if status == HTTPStatus.OK:
        what = f"the daemon answers with {response.content_type}"
    return otherwise(what, retry_after(response.headers.get("Retry-After")))


def retry_after(text: str | None) -> float | None:
    """Read a Retry-After: seconds or a date (RFC 9110, 10.2.3); None for anything else."""
    if text is None:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit() and len(text) < _DIGITS:
        return min(float(text), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
        wait = (at - clock.now()).total_seconds()
    except (ValueError, TypeError):  # no date; or one without a zone
        return None
    return min(max(wait, 0.0), LONGEST_WAIT)


_DIGITS = 10
