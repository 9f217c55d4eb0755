"""One HTTP request to a receiver, and what came of it: shared by every channel that posts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import aiohttp

from alerts.attempt import Attempt, Reason, Result, classify, seconds_in
from alerts.moment import Clock
from alerts.redact import Redactor

_READ = 65_536
"""Bytes of an answer that are looked at."""


@dataclass(frozen=True, slots=True)
class Posted:
    """An attempt, and the beginning of what was answered (nothing when it was not to be read)."""

    attempt: Attempt
    body: bytes = b""


class Poster:
    """Posts for one channel. `timeout` is in seconds, for a whole attempt.

    Every attempt uses a connection of its own: alerts are rare, and a connection that went stale
    meanwhile would leave it unknown whether the message arrived. Redirects are not followed. The
    URL and the `secrets` are taken out of whatever is kept of an answer.
    """

    def __init__(
        self, url: str, clock: Clock, *, timeout: float, secrets: Iterable[str] = ()
    ) -> None:
        self._clock = clock
        self._timeout = aiohttp.ClientTimeout(total=timeout)
        self._redactor = Redactor(url, secrets)
        self._session: aiohttp.ClientSession | None = None

    async def post(
        self,
        url: str,
        content: bytes | None,
        headers: Mapping[str, str],
        *,
        read: bool = False,
        method: str = "POST",
    ) -> Posted:
        """Send once. `read` asks for the answer of a success, too.

        What failed before the first byte left us was surely not heard; what failed afterwards may
        have been.
        """
        under_way = SimpleNamespace(sent=False)
        try:
            async with self._opened().request(
                method,
                url,
                data=content,
                headers={"User-Agent": "omilia-monitor", **headers},
                allow_redirects=False,
                trace_request_ctx=under_way,
            ) as response:
                attempt = classify(response.status, response.headers, self._clock.now())
                told = attempt.result is Result.TOLD
                said, whole = await _beginning(response) if read or not told else (b"", True)
                if told and not whole:  # it may have taken it, and what it says of it is lost
                    return Posted(_lost(under_way, Reason.NETWORK, "the answer broke off"))
                return Posted(attempt if told else self.explained(attempt, said), said)
        except TimeoutError:
            return Posted(_lost(under_way, Reason.TIMEOUT, "no answer in time"))
        except (aiohttp.ClientError, OSError, UnicodeError, ValueError) as error:
            return Posted(_lost(under_way, Reason.NETWORK, _named(error)))

    def explained(self, attempt: Attempt, said: bytes) -> Attempt:
        """Add the first words of the answer; the status has already said what it means."""
        words = self._redactor.clean(said.decode("utf-8", "replace"))
        detail = f"{attempt.detail}: {words}" if words else attempt.detail
        hint = attempt.hint
        if hint is None and attempt.result is Result.THROTTLED:
            hint = seconds_in(said)
        return Attempt(attempt.result, attempt.reason, detail, hint)

    async def close(self) -> None:
        """Close the session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session; made when first used, because it belongs to the running loop."""
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_mark)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True, limit=0),
                timeout=self._timeout,
                trace_configs=[trace],
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
            )
        return self._session


async def _beginning(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """Read the beginning of an answer, and say whether all of that came."""
    said = b""
    try:
        while len(said) < _READ and (more := await response.content.read(_READ - len(said))):
            said += more
    except (aiohttp.ClientError, OSError, ValueError):
        return said, False
    return said, True


async def _mark(_session: Any, context: SimpleNamespace, _params: Any) -> None:
    """Remember that the request is about to leave us."""
    context.trace_request_ctx.sent = True


def _lost(under_way: SimpleNamespace, reason: Reason, detail: str) -> Attempt:
    result = Result.UNKNOWN if under_way.sent else Result.UNREACHABLE
    return Attempt(result, reason, detail)


def _named(error: BaseException) -> str:
    """Name a fault without its message: that repeats the URL."""
    os_error = getattr(error, "os_error", None)
    number = getattr(os_error, "errno", None) or getattr(error, "errno", None)
    return f"{type(error).__name__}, errno {number}" if number else type(error).__name__
