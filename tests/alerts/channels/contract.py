"""Every kind of channel with a system behind it that is loopback's: what all must do, in one place.

A case knows how its system says each kind of trouble, and where its handle for an incident stands.
"""

import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from pydantic import SecretStr, TypeAdapter

from alerts.attempt import Result
from alerts.channels import Channel, ChannelConfig, make
from tests.alerts.channels.pages import Page, alertmanager, opsgenie, pagerduty, serving
from tests.alerts.channels.test_chatting import (
    cloudevents,
    slack_api,
    slack_hook,
    teams,
    webhook_v4,
)
from tests.alerts.channels.test_email import posting
from tests.alerts.receiver import Answer, status
from tests.clock import FakeClock

CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)
SHORT = "1s"
"""How long a channel waits for who says nothing."""
EXPECTED = {
    "throttled": Result.THROTTLED,
    "broken": Result.UNREACHABLE,
    "silent": Result.UNKNOWN,
    "stranger": Result.MISCONFIGURED,
    "unwanted": Result.REFUSED,
    "elsewhere": Result.REFUSED,
}
"""What each kind of trouble is (alerts/attempt.py)."""
HINT = 7.0


@dataclass
class Rig:
    """A channel, its system, and what came there."""

    channel: Channel
    trouble: Callable[[str], None]
    came: Callable[[], list[Any]]
    wrong: list[str] = field(default_factory=list)


Open = Callable[[Path], AbstractAsyncContextManager[Rig]]


@dataclass(frozen=True)
class Case:
    """One way to configure one kind. `handle` finds in what came what names the incident."""

    kind: str
    open: Open
    expected: Mapping[str, Result] = field(default_factory=lambda: EXPECTED)
    handle: Callable[[Any], Any] | None = None


ANSWERS: Mapping[str, Answer] = {
    "throttled": status(429, '{"retry_after": 1}', Retry_After="7"),
    "broken": status(503),
    "stranger": status(401),
    "unwanted": status(400, "no_text"),
    "elsewhere": status(302, Location="/elsewhere"),
}


async def standard(page: Page, request: web.Request, said: Any) -> web.Response:
    """Standard Webhooks: type, timestamp, data; an id; less than 20 KB."""
    page.expect(set(said) == {"type", "timestamp", "data"}, "the three parts")
    page.expect(request.headers["webhook-id"].startswith(said["data"]["id"]), "webhook-id")
    page.expect((request.content_length or 0) <= 20_000, "size")
    return web.Response(status=204)


async def apprise(page: Page, _: web.Request, said: Any) -> web.Response:
    page.expect(said["title"], "title")
    page.expect(said["type"] in ("failure", "warning", "info", "success"), "type")
    return web.Response()


def http(handler: Any, config: Mapping[str, Any], path: str = "/hook-s3cret") -> Open:
    """Return how to open a channel that posts."""

    @asynccontextmanager
    async def opened(_: Path) -> AsyncIterator[Rig]:
        async with serving(Page(), handler) as page:
            where = _where(config, page.url + path)
            channel = make("it", CONFIGS.validate_python({**config, **where}), FakeClock())

            def trouble(name: str) -> None:
                page.answers.append(page.hang if name == "silent" else ANSWERS[name])

            try:
                yield Rig(channel, trouble, lambda: [*page.came], page.wrong)
            finally:
                await channel.close()

    return opened


def _where(config: Mapping[str, Any], url: str) -> dict[str, Any]:
    kind = config["kind"]
    if kind == "alertmanager":
        return {"url": [url], "timeout": SHORT}
    if kind == "apprise":
        return {"urls": [SecretStr(url.replace("http", "json"))]}
    if "token" in config:
        return {"api": url, "timeout": SHORT}
    return {"url": SecretStr(url), "timeout": SHORT}


@asynccontextmanager
async def _email(_: Path) -> AsyncIterator[Rig]:
    async with posting(timeout=SHORT) as (office, channel):

        def trouble(name: str) -> None:
            where, answer = {
                "throttled": ("data", "421 come again"),
                "broken": ("data", "451 later"),
                "stranger": ("mail", "550 who are you"),
                "unwanted": ("data", "554 no"),
                "silent": ("data", ""),
            }[name]
            office.once.append((where, answer))

        yield Rig(channel, trouble, lambda: [*office.mails])


_PROGRAM = """
import json, pathlib, sys, time
place = pathlib.Path(sys.argv[1])
said = json.load(sys.stdin)
troubles = place / "troubles"
left = troubles.read_text().split() if troubles.exists() else []
if left:
    troubles.write_text(" ".join(left[1:]))
    if left[0] == "silent":
        time.sleep(60)
    sys.exit({"broken": 75, "stranger": 78, "unwanted": 65}[left[0]])
with (place / "came").open("a") as came:
    came.write(json.dumps(said) + "\\n")
"""


@asynccontextmanager
async def _command(place: Path) -> AsyncIterator[Rig]:
    config = {"kind": "command", "run": [sys.executable, "-c", _PROGRAM, str(place)]}
    channel = make("it", CONFIGS.validate_python({**config, "timeout": "3s"}), FakeClock())
    troubles: list[str] = []

    def trouble(name: str) -> None:
        troubles.append(name)
        (place / "troubles").write_text(" ".join(troubles))

    yield Rig(channel, trouble, lambda: (place / "came").read_text().splitlines())


@asynccontextmanager
async def _log(_: Path) -> AsyncIterator[Rig]:
    channel = make("it", CONFIGS.validate_python({"kind": "log"}), FakeClock())
    yield Rig(channel, lambda _: None, list)


def _some(*names: str) -> Mapping[str, Result]:
    return {name: EXPECTED[name] for name in names}


_HOOK = {"kind": "webhook"}
_BOT = {"kind": "slack", "token": SecretStr("xoxb-0123456789"), "channel": "C024BE91L"}
_PAGER = {"kind": "pagerduty", "routing_key": SecretStr("R" * 32)}
_DESK = {"kind": "opsgenie", "api_key": SecretStr("k-0123456789")}
_IN_DATA = lambda came: came[1]["data"]["id"]  # noqa: E731  one of many like it below

CASES: Mapping[str, Case] = {
    "webhook": Case("webhook", http(standard, _HOOK), handle=_IN_DATA),
    "webhook-cloudevents": Case(
        "webhook", http(cloudevents, _HOOK | {"format": "cloudevents"}), handle=_IN_DATA
    ),
    "webhook-alertmanager": Case(
        "webhook",
        http(webhook_v4, _HOOK | {"format": "alertmanager"}),
        handle=lambda came: came[1]["alerts"][0]["labels"],
    ),
    "alertmanager": Case(
        "alertmanager",
        http(alertmanager, {"kind": "alertmanager"}, ""),
        handle=lambda came: came[1][0]["labels"],
    ),
    "pagerduty": Case(
        "pagerduty",
        http(pagerduty, _PAGER, "/v2/enqueue"),
        handle=lambda came: came[1]["dedup_key"],
    ),
    "opsgenie": Case(
        "opsgenie",
        http(opsgenie, _DESK, "/v2/alerts"),
        handle=lambda came: came[1].get("alias") or came[0].split("/")[3],
    ),
    "slack-hook": Case("slack", http(slack_hook, {"kind": "slack"})),
    "slack-bot": Case(
        "slack",
        http(slack_api, _BOT, "/api"),
        handle=lambda came: came[1].get("thread_ts", "1700000000.000001"),
    ),
    "teams": Case("teams", http(teams, {"kind": "teams"})),
    "email": Case(
        "email",
        _email,
        _some("throttled", "broken", "silent", "stranger", "unwanted"),
        handle=lambda mail: mail["In-Reply-To"],
    ),
    "command": Case("command", _command, _some("broken", "silent", "stranger", "unwanted")),
    "apprise": Case(
        "apprise",
        http(apprise, {"kind": "apprise"}),
        # Apprise says yes or no, and not why.
        dict.fromkeys(("throttled", "broken", "stranger", "unwanted"), Result.UNREACHABLE),
    ),
    "log": Case("log", _log, {}),
}
