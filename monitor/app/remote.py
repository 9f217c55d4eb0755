"""Asks a running daemon, for commands: JSON over HTTP, and in words what it refuses.

RemoteError         exits with its code, after one line for each thing that is wrong
  NoAddressError    2: that is no URL of a daemon, or the token is none
  RefusedError      1: the daemon says no, and why
  UnreachableError  3: nobody answers, or somebody who is not our daemon
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from monitor.app.exits import DAEMON, StoppedError
from monitor.core.detail import one_line
from monitor.web.redact import safe_url

PATIENCE = 10.0
"""Seconds that a daemon may take: it answers from memory, or a few seconds after its store."""
_MOST_LINES = 20
_ANSWER, _PROBLEM = "application/json", "application/problem+json"
_NO_TOKEN = "put the token into $OMILIA_MONITOR_TOKEN, or into a file for --token-file"  # noqa: S105


class RemoteError(StoppedError):
    """A daemon did not do what was asked."""


class NoAddressError(RemoteError):
    """It cannot even be asked."""

    code = 2


class RefusedError(RemoteError):
    """It refuses. `status` is HTTP's, `slug` the kind of its problem."""

    code = 1

    def __init__(self, lines: Sequence[str], status: int, slug: str) -> None:
        super().__init__(lines)
        self.status = status
        self.slug = slug


class UnreachableError(RemoteError):
    """It cannot be reached: nothing is known of what it does."""

    code = 3


@dataclass(frozen=True, slots=True)
class Remote:
    """A running daemon. The token is sent to its own address only, and never shown."""

    url: str
    token: str = field(default="", repr=False)
    patience: float = PATIENCE

    def get(self, *path: str, **query: str | None) -> Any:
        """Read what is at a path, for example `get("incidents", some_id)`. Raises RemoteError."""
        return self._ask("GET", path, query)

    def post(self, *path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Change something, and return what the daemon answers. Raises RemoteError."""
        return self._ask("POST", path, {}, body)

    def delete(self, *path: str, **query: str | None) -> Any:
        """Take something away, and return what the daemon answers. Raises RemoteError."""
        return self._ask("DELETE", path, query)

    def _ask(
        self,
        method: str,
        path: Sequence[str],
        query: Mapping[str, str | None],
        body: Mapping[str, Any] | None = None,
    ) -> Any:
        where = "/v1/" + "/".join(quote(part, safe="") for part in path)
        asked = {name: value for name, value in query.items() if value is not None}
        url = _base(self.url, where).extend_query(asked)
        return asyncio.run(self._answer(method, url, body))

    async def _answer(self, method: str, url: URL, body: Mapping[str, Any] | None) -> Any:
        timeout = aiohttp.ClientTimeout(total=self.patience)
        try:
            async with (
                aiohttp.ClientSession(headers=self._headers(), timeout=timeout) as session,
                session.request(method, url, json=body, allow_redirects=False) as response,
            ):
                raw = await response.read()
                return self._read(response.status, response.content_type, raw)
        except TimeoutError:
            raise self._unreachable(f"no answer within {self.patience:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreachable(str(error) or type(error).__name__) from None

    def _headers(self) -> dict[str, str]:
        if not self.token:
            return {}
        if not self.token.isascii() or not self.token.isprintable():
            raise NoAddressError([f"the token is none that can be sent; {_NO_TOKEN}"])
        return {"Authorization": f"Bearer {self.token}"}

    def _read(self, status: int, media: str, raw: bytes) -> Any:
        """Return what an answer says. Raises RefusedError, UnreachableError."""
        try:
            said = json.loads(raw) if media in (_ANSWER, _PROBLEM) else None
        except (ValueError, RecursionError):
            said = None
        good = status < HTTPStatus.MULTIPLE_CHOICES
        if not isinstance(said, dict) or media != (_ANSWER if good else _PROBLEM):
            raise self._unreachable(f"it answers {status}, but not like a daemon of ours")
        if good:
            return said
        slug = one_line(str(said.get("type", ""))).rpartition(":")[2]
        raise RefusedError(_lines(said, status), status, slug)

    def _unreachable(self, why: str) -> UnreachableError:
        return UnreachableError([f"{safe_url(self.url)} cannot be reached: {one_line(why)}"])


def _base(url: str, path: str) -> URL:
    """Return the address of a path of a daemon. Raises NoAddressError."""
    try:
        made = URL(url.rstrip("/") + path, encoded=True)
    except ValueError:
        made = URL()
    if made.scheme in ("http", "https") and made.host and not made.query_string:
        return made
    raise NoAddressError([f"{safe_url(url)} is not the URL of a daemon; write {DAEMON}"])


def _lines(problem: Mapping[str, Any], status: int) -> list[str]:
    """Say each thing that a problem names in one line, with the place that it is about."""
    named = problem.get("errors")
    errors = [one for one in named if isinstance(one, dict)] if isinstance(named, list) else []
    lines = [
        one_line(f"{one.get('pointer') or one.get('parameter')}: {one.get('detail')}")
        for one in errors[:_MOST_LINES]
    ]
    lines = lines or [one_line(str(problem.get("detail") or f"HTTP {status}"))]
    if status == HTTPStatus.UNAUTHORIZED:
        lines[-1] = f"{lines[-1].rstrip('.')}; {_NO_TOKEN}"
    return lines


def token_of(file: Path | None, variable: str | None) -> str:
    """Return the token that a file holds, or a variable. Raises NoAddressError."""
    if file is None:
        return (variable or "").strip()
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is not text"
        raise NoAddressError([f"{file} cannot be read: {why}"]) from None
