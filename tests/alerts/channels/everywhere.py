"""Every channel that speaks to people, each before a system that shows what arrived there."""

import asyncio
import json
import logging
import re
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP
from pydantic import SecretStr, TypeAdapter

from alerts.channels import Channel, ChannelConfig, make
from tests.alerts.channels.pages import Page, opsgenie, pagerduty, serving
from tests.alerts.channels.test_chatting import slack_api, slack_hook, teams
from tests.alerts.channels.test_email import Office
from tests.clock import FakeClock

CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)
Tell = Callable[[Channel], Awaitable[object]]

WRITE = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1], 'w'))"


async def _json(page: Page, _: web.Request, said: Any) -> web.Response:
    page.expect(isinstance(said, dict), "a body")
    return web.Response(text="ok")


PAGES: dict[str, tuple[Any, Callable[[str], dict[str, Any]]]] = {
    "slack-hook": (
        slack_hook,
        lambda url: {"kind": "slack", "url": SecretStr(f"{url}/services/T")},
    ),
    "slack-bot": (
        slack_api,
        lambda url: {
            "kind": "slack",
            "token": SecretStr("xoxb-0123456789"),
            "channel": "C024BE91L",
            "api": f"{url}/api",
        },
    ),
    "teams": (teams, lambda url: {"kind": "teams", "url": SecretStr(f"{url}/workflows/w?sig=s")}),
    "pagerduty": (
        pagerduty,
        lambda url: {
            "kind": "pagerduty",
            "url": f"{url}/v2/enqueue",
            "routing_key": SecretStr("R" * 32),
        },
    ),
    "opsgenie": (
        opsgenie,
        lambda url: {
            "kind": "opsgenie",
            "url": f"{url}/v2/alerts",
            "api_key": SecretStr("k-0123456789"),
        },
    ),
    "apprise": (
        _json,
        lambda url: {"kind": "apprise", "urls": [SecretStr(url.replace("http", "json", 1))]},
    ),
}
KINDS = (*PAGES, "email", "command", "log")


async def arrived(
    kind: str, tell: Tell, folder: Path, templates: Mapping[str, str] | None = None
) -> str:
    """Return all that a person can read of what was told over a channel of some kind."""
    more = {"templates": dict(templates)} if templates else {}
    if kind in PAGES:
        handle, config = PAGES[kind]
        async with serving(Page(), handle) as page:
            await _told(config(page.url) | more, tell)
            assert page.wrong == []
            return "\n".join(_read(kind, one) for _, said in page.came for one in _texts(said))
    if kind == "email":
        return await _mailed(tell, more)
    if kind == "command":
        file = folder / "environ"
        await _told(
            {"kind": "command", "run": [sys.executable, "-c", WRITE, str(file)]} | more, tell
        )
        seen = json.loads(await asyncio.to_thread(file.read_text))
        return "\n".join(seen[f"OMILIA_MONITOR_{name}"] for name in ("TITLE", "SHORT", "TEXT"))
    return await _logged(tell, more)


async def _told(config: dict[str, Any], tell: Tell) -> None:
    channel = make("room", CONFIGS.validate_python(config), FakeClock())
    try:
        await tell(channel)
    finally:
        await channel.close()


async def _mailed(tell: Tell, more: dict[str, Any]) -> str:
    office, loop = Office(), asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(office, hostname="post.example.org", loop=loop), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    config = {"kind": "email", "smtp": f"smtp://127.0.0.1:{port}", "from": "a@example.org"}
    try:
        await _told({**config, "to": ["ops@example.org"], **more}, tell)
    finally:
        server.close()
    bodies = [mail.get_body((part,)) for mail in office.mails for part in ("plain", "html")]
    titles = [mail["Subject"] for mail in office.mails]
    return "\n".join([*titles, *(body.get_content() for body in bodies if body is not None)])


async def _logged(tell: Tell, more: dict[str, Any]) -> str:
    lines: list[str] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept = ("title", "short", "text", "reason")
            lines.extend(str(getattr(record, name, "")) for name in kept)

    log, handler = logging.getLogger("omilia_monitor.alerts"), Keeping()
    log.addHandler(handler)
    try:
        await _told({"kind": "log"} | more, tell)
    finally:
        log.removeHandler(handler)
    return "\n".join(lines)


def _texts(value: Any) -> list[str]:
    """Return every text in a JSON value, keys too: a table's labels may be keys."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for one in value for text in _texts(one)]
    if isinstance(value, dict):
        return [text for key, one in value.items() for text in (key, *_texts(one))]
    return []


def _read(kind: str, text: str) -> str:
    """Return a text as a person sees it."""
    if kind == "teams":
        return re.sub(r"\\(.)", r"\1", text)
    if kind.startswith("slack"):
        for escaped, plain in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
            text = text.replace(escaped, plain)
    return text
