"""The channel `webhook`: Standard Webhooks 1.0, signed when there is a secret."""

from datetime import UTC
from types import SimpleNamespace
from typing import Any

import aiohttp
from pydantic import SecretStr
from standardwebhooks import Webhook

from alerts.attempt import Attempt, Reason, Result, classify
from alerts.config import WebhookConfig, signing_key
from alerts.message import Notification, body
from alerts.moment import Clock
from alerts.redact import Redactor

_READ = 4096
"""Bytes of an answer that are looked at."""


class WebhookChannel:
    """Posts to one receiver.

    Every attempt uses a connection of its own: alerts are rare, and a connection that went stale
    meanwhile would leave it unknown whether the message arrived. Redirects are not followed.
    """

    kind = "webhook"

    def __init__(self, name: str, config: WebhookConfig, clock: Clock) -> None:
        self.name = name
        self._clock = clock
        self._url = config.url.get_secret_value()
        self._timeout = aiohttp.ClientTimeout(total=config.timeout)
        self._headers = {
            header: value.get_secret_value() if isinstance(value, SecretStr) else value
            for header, value in config.headers.items()
        }
        secret = config.secret.get_secret_value() if config.secret else None
        self._webhook = Webhook(signing_key(secret)) if secret else None
        hidden = [*self._headers.values(), *([secret] if secret else [])]
        self._redactor = Redactor(self._url, hidden)
        self._session: aiohttp.ClientSession | None = None

    async def send(self, notification: Notification) -> Attempt:
        """Post once.

        What failed before the first byte left us was surely not heard; what failed afterwards may
        have been.
        """
        content = body(notification)
        under_way = SimpleNamespace(sent=False)
        try:
            async with self._opened().post(
                self._url,
                data=content,
                headers=self._signed(notification, content),
                allow_redirects=False,
                trace_request_ctx=under_way,
            ) as response:
                attempt = classify(response.status, response.headers, self._clock.now())
                if attempt.result is Result.TOLD:
                    return attempt
                return await self._explained(attempt, response)
        except TimeoutError:
            return _lost(under_way, Reason.TIMEOUT, "no answer in time")
        except (aiohttp.ClientError, OSError, UnicodeError, ValueError) as error:
            return _lost(under_way, Reason.NETWORK, _named(error))

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

    def _signed(self, notification: Notification, content: bytes) -> dict[str, str]:
        """Return the headers of an attempt. The timestamp is the attempt's, the id the news'."""
        # The library drops the time zone of what it is given: it must be UTC.
        at = self._clock.now().astimezone(UTC)
        headers = {
            **self._headers,
            "Content-Type": "application/json",
            "User-Agent": "omilia-monitor",
            "webhook-id": notification.id,
            "webhook-timestamp": str(int(at.timestamp())),
        }
        if self._webhook is not None:
            signature = self._webhook.sign(notification.id, at, content.decode())
            headers["webhook-signature"] = signature
        return headers

    async def _explained(self, attempt: Attempt, response: aiohttp.ClientResponse) -> Attempt:
        """Add the first words of the answer; the status has already said what it means."""
        try:
            read = await response.content.read(_READ)
        except (aiohttp.ClientError, OSError, ValueError):
            read = b""
        said = self._redactor.clean(read.decode("utf-8", "replace"))
        detail = f"{attempt.detail}: {said}" if said else attempt.detail
        return Attempt(attempt.result, attempt.reason, detail, attempt.hint)


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
