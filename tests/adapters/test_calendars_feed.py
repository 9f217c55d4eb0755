"""A calendar behind a URL: with limits, asked for what is new, and never naming the URL."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from monitor.adapters.calendars import Feed, FeedError, Fetched, feed, text_of
from tests.adapters.calendars import calendar, event

TEXT = calendar(event("DTSTART:20260328T010000Z", "DURATION:PT1H"))


class Library:
    """Somebody's web server with a calendar on it."""

    def __init__(self) -> None:
        self.asked: list[str | None] = []
        self.status = 200
        self.body = TEXT.encode()
        self.hangs = asyncio.Event()
        self.hangs.set()
        self.url = ""

    async def get(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.headers.get("If-None-Match"))
        await self.hangs.wait()
        if request.headers.get("If-None-Match") == '"one"':
            return web.Response(status=304)
        return web.Response(status=self.status, body=self.body, headers={"ETag": '"one"'})

    async def turn(self, request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(request.path)


@pytest.fixture
async def library() -> AsyncIterator[Library]:
    library = Library()
    app = web.Application()
    app.router.add_get("/secret-path.ics", library.get)
    app.router.add_get("/round.ics", library.turn)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    library.url = "http://{}:{}".format(*runner.addresses[0][:2])
    yield library
    library.hangs.set()
    await runner.cleanup()


async def test_a_calendar_is_fetched_once_and_then_only_when_it_is_another(
    library: Library,
) -> None:
    one = Feed(f"{library.url}/secret-path.ics")
    fetched = await one.fetch()
    assert fetched == Fetched(TEXT, '"one"')
    assert await one.fetch(fetched.etag) is None
    assert library.asked == [None, '"one"']


async def test_a_mark_at_its_beginning_is_no_part_of_it(library: Library) -> None:
    library.body = b"\xef\xbb\xbf" + TEXT.encode()
    fetched = await Feed(f"{library.url}/secret-path.ics").fetch()
    assert fetched is not None
    assert fetched.text == TEXT


async def failure(url: str) -> str:
    with pytest.raises(FeedError) as caught:
        await Feed(url).fetch()
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None, "what the library says repeats the URL"
    return str(caught.value)


async def test_what_goes_wrong_is_named_without_the_address(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{library.url}/secret-path.ics"
    library.status = 404
    assert await failure(url) == "HTTP 404"
    library.status, library.body = 200, b"\xff\xfe"
    assert await failure(url) == "not UTF-8"
    library.body = b"x" * (feed.LARGEST + 1)
    assert await failure(url) == "larger than 1000000 bytes"
    assert await failure(f"{library.url}/round.ics?secret") == "TooManyRedirects"
    assert (await failure("http://127.0.0.1:1/secret.ics")).startswith("ClientConnectorError")
    library.hangs.clear()
    monkeypatch.setattr(feed, "PATIENCE", 0.05)
    assert await failure(url) == "no answer in time"


def test_webcal_is_https() -> None:
    assert Feed("webcal://a.example/work.ics")._url == "https://a.example/work.ics"


def test_a_file_is_read_with_the_same_limits(tmp_path: Path) -> None:
    file = tmp_path / "work.ics"
    with pytest.raises(FeedError, match="does not exist"):
        text_of(file)
    file.write_text(TEXT, encoding="utf-8-sig", newline="")
    assert text_of(file) == TEXT
    file.write_bytes(b"x" * (feed.LARGEST + 1))
    with pytest.raises(FeedError, match="larger than 1000000 bytes"):
        text_of(file)
    with pytest.raises(FeedError, match="IsADirectoryError"):
        text_of(tmp_path)
