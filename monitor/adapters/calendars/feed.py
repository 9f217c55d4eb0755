"""A calendar that lies behind a URL: fetched with limits, asked only for what is new."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp.abc import AbstractResolver

LARGEST = 1_000_000
"""Bytes of a calendar."""
PATIENCE = 30.0
"""Seconds that fetching one may take in all."""
_REDIRECTS = 3
_READ = 65_536
Buffer = bytes | bytearray


class FeedError(Exception):
    """It cannot be had. The message says why, and never repeats the URL: that may be secret."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What lies there, and how to ask whether it is still the same."""

    text: str
    etag: str = ""


def text_of(file: Path) -> str:
    """Read a calendar from a file. Raises FeedError."""
    try:
        with file.open("rb") as opened:
            return _text(_bounded(opened.read(LARGEST + 1)))
    except FileNotFoundError:
        raise FeedError("it does not exist") from None
    except (OSError, UnicodeError) as error:
        raise FeedError(_named(error)) from None


class Feed:
    """Fetches one calendar. The URL stays inside.

    `resolver` makes what asks for names: the system's own holds up the end of the process.
    """

    def __init__(self, url: str, resolver: Callable[[], AbstractResolver] | None = None) -> None:
        self._resolver = resolver or aiohttp.ThreadedResolver
        self._url = "https" + url[len("webcal") :] if url.startswith("webcal:") else url

    async def fetch(self, etag: str = "") -> Fetched | None:
        """Return what lies there, None when it is what had this tag. Raises FeedError."""
        headers = {"User-Agent": "omilia-monitor", "Accept": "text/calendar, */*;q=0.1"}
        if etag:
            headers["If-None-Match"] = etag
        try:
            async with (
                asyncio.timeout(PATIENCE),
                aiohttp.TCPConnector(resolver=self._resolver()) as connector,
                aiohttp.ClientSession(
                    connector=connector, cookie_jar=aiohttp.DummyCookieJar()
                ) as session,
                session.get(self._url, headers=headers, max_redirects=_REDIRECTS) as response,
            ):
                if response.status == 304 and etag:  # noqa: PLR2004  Not Modified
                    return None
                if response.status != 200:  # noqa: PLR2004  anything else is no calendar
                    raise FeedError(f"HTTP {response.status}")
                body = await _read(response.content)
                return Fetched(_text(body), response.headers.get("ETag", "")[:200])
        except TimeoutError:
            raise FeedError("no answer in time") from None
        except (aiohttp.ClientError, OSError, UnicodeError, ValueError) as error:
            raise FeedError(_named(error)) from None


async def _read(content: aiohttp.StreamReader) -> bytes:
    """Read to the end: what is cut off must not look like a calendar with fewer windows."""
    body = bytearray()
    while part := await content.read(_READ):
        body += part
        _bounded(body)
    return bytes(body)


def _bounded(body: Buffer) -> Buffer:
    if len(body) > LARGEST:
        raise FeedError(f"larger than {LARGEST} bytes")
    return body


def _text(body: Buffer) -> str:
    """Decode what must be UTF-8 (RFC 5545, 6), with or without a mark."""
    return body.decode("utf-8-sig")


def _named(error: BaseException) -> str:
    """Name a fault without its message: that repeats the URL."""
    if isinstance(error, UnicodeDecodeError):
        return "not UTF-8"
    number = getattr(getattr(error, "os_error", error), "errno", None)
    return f"{type(error).__name__}, errno {number}" if number else type(error).__name__
