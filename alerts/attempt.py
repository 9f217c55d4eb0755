"""What an attempt to tell somebody came to, and the one table that says it for HTTP."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

LONGEST_HINT = 3600.0
"""A hint is believed up to so many seconds; then we ask again. A typo must not silence us."""
LONGEST_DETAIL = 300
"""Characters of detail that are kept."""


class Result(StrEnum):
    """What is known of the receiver's mind afterwards. Bounded: it is a metric's label."""

    TOLD = "told"
    UNREACHABLE = "unreachable"
    """It did not take the message. Later it may."""
    THROTTLED = "throttled"
    """It wants the whole channel to wait."""
    REFUSED = "refused"
    """It does not want this message, now or later."""
    MISCONFIGURED = "misconfigured"
    """It does not know us, or we ask at the wrong door."""
    DISABLED = "disabled"
    """It wants no messages any more."""
    UNKNOWN = "unknown"
    """The message was on its way; whether it arrived cannot be known."""


class Reason(StrEnum):
    """Why, in Alertmanager's words where it has one. Bounded: it is a metric's label."""

    NONE = ""
    AUTH = "authError"
    RATE_LIMITED = "rateLimited"
    CLIENT = "clientError"
    SERVER = "serverError"
    NOT_FOUND = "notFound"
    GONE = "gone"
    REDIRECT = "redirect"
    NETWORK = "network"
    TIMEOUT = "timeout"
    INTERNAL = "internalError"


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt came to.

    `detail` is short, on one line, and holds no secret. `hint` is the wait in seconds that the
    receiver asked for. `remote` is its handle for what was told (JSON), for later changes to it.
    `template` says how a template of the channel failed, "" when none did.
    """

    result: Result
    reason: Reason = Reason.NONE
    detail: str = ""
    hint: float | None = None
    remote: Mapping[str, Any] | None = None
    template: str = ""

    @property
    def error(self) -> str:
        """Say in one line what went wrong; "" when it was told."""
        if self.result is Result.TOLD:
            return ""
        said = f"{self.result} ({self.reason})" if self.reason else str(self.result)
        said = f"{said}: {self.detail}" if self.detail else said
        return "".join(c if c.isprintable() else " " for c in said[:LONGEST_DETAIL])


TOLD = Attempt(Result.TOLD)

_BY_STATUS: Mapping[int, tuple[Result, Reason]] = MappingProxyType(
    {
        401: (Result.MISCONFIGURED, Reason.AUTH),
        403: (Result.MISCONFIGURED, Reason.AUTH),
        404: (Result.MISCONFIGURED, Reason.NOT_FOUND),
        408: (Result.UNREACHABLE, Reason.TIMEOUT),
        410: (Result.DISABLED, Reason.GONE),
        425: (Result.UNREACHABLE, Reason.CLIENT),
        429: (Result.THROTTLED, Reason.RATE_LIMITED),
    }
)
_BY_CLASS: Mapping[int, tuple[Result, Reason]] = MappingProxyType(
    {
        2: (Result.TOLD, Reason.NONE),
        3: (Result.REFUSED, Reason.REDIRECT),
        4: (Result.REFUSED, Reason.CLIENT),
        5: (Result.UNREACHABLE, Reason.SERVER),
    }
)


def classify(status: int, headers: Mapping[str, str], now: datetime) -> Attempt:
    """Say what an HTTP answer means. `headers` must find names in any case, as aiohttp's do."""
    hint = seconds_until(headers.get("Retry-After"), now=now)
    if hint is None:
        hint = _reset_in(headers.get("RateLimit-Reset"))
    if status == HTTPStatus.SERVICE_UNAVAILABLE and "Retry-After" in headers and hint is not None:
        result, reason = Result.THROTTLED, Reason.RATE_LIMITED
    else:
        strange = (Result.REFUSED, Reason.CLIENT)
        result, reason = _BY_STATUS.get(status) or _BY_CLASS.get(status // 100, strange)
    if result is Result.TOLD:
        return TOLD
    return Attempt(result, reason, f"HTTP {status}", hint if result is Result.THROTTLED else None)


def seconds_in(body: bytes) -> float | None:
    """Read `retry_after` in an answer's JSON (Slack, Discord): seconds, also a part of one."""
    try:
        value = json.loads(body)
    except ValueError:
        return None
    said = value.get("retry_after") if isinstance(value, dict) else None
    if isinstance(said, bool) or not isinstance(said, int | float) or not 0 <= said < math.inf:
        return None
    return min(float(said), LONGEST_HINT)


def _reset_in(value: str | None) -> float | None:
    """Read the seconds until a budget is whole again (PagerDuty); a date in it is none of ours."""
    if value is None or not _SECONDS.fullmatch(value.strip()):
        return None
    seconds = float(value)
    return seconds if seconds <= LONGEST_HINT else None


_SECONDS = re.compile(r"\d+(\.\d+)?", re.ASCII)


def seconds_until(value: str | None, *, now: datetime) -> float | None:
    """Read Retry-After, as seconds or as a date (RFC 9110, 10.2.3): 0..LONGEST_HINT seconds.

    Returns None when there is no readable hint.
    """
    if value is None:
        return None
    text = value.strip()
    if _SECONDS.fullmatch(text):
        return min(float(text), LONGEST_HINT)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return min(max((when - now).total_seconds(), 0.0), LONGEST_HINT)
