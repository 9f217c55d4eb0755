"""Slack, Teams, and a webhook in other people's formats."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, TypeAdapter, ValidationError

from alerts.alert import Severity
from alerts.attempt import Result
from alerts.channels import Channel, ChannelConfig, make
from alerts.policy import Why
from tests.alerts.channels.pages import Page, serving
from tests.alerts.channels.test_paging import FACTS, Story
from tests.alerts.kit import alert, resolved
from tests.alerts.receiver import Answer, status
from tests.clock import FakeClock

CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)
ONE = replace(
    alert("A", severity=Severity.CRITICAL, facts=FACTS),
    title="<chat> & co are down",
    reason="*3* failures in a row, [see](x)",
)
OVER = resolved(ONE, 600.0)


async def slack_hook(page: Page, _: web.Request, said: Any) -> web.Response:
    page.expect(said.get("text"), "the fallback text")
    for part in said.get("attachments", []):
        page.expect(part["color"].startswith("#"), "color")
        for block in part["blocks"]:
            text = block["text"]
            plain = block["type"] == "header"
            page.expect(text["type"] == ("plain_text" if plain else "mrkdwn"), "type of text")
            page.expect(0 < len(text["text"]) <= (150 if plain else 3000), "length")
    return web.Response(text="ok")


async def slack_api(page: Page, request: web.Request, said: Any) -> web.Response:
    page.expect(request.headers["Authorization"] == "Bearer xoxb-0123456789", "token")
    page.expect(said.get("channel") == "C024BE91L", "channel")
    if request.path == "/api/chat.postMessage":
        ts = f"1700000000.{len(page.came):06}"
        page.believes[ts] = said.get("thread_ts", "")
        return web.json_response({"ok": True, "channel": "C024BE91L", "ts": ts})
    page.expect(request.path == "/api/chat.update" and said["ts"] in page.believes, "update")
    return web.json_response({"ok": True, "channel": "C024BE91L", "ts": said["ts"]})


async def teams(page: Page, _: web.Request, said: Any) -> web.Response:
    page.expect(said.get("type") == "message", "type")
    (attachment,) = said["attachments"]
    page.expect(
        attachment["contentType"] == "application/vnd.microsoft.card.adaptive", "contentType"
    )
    card = attachment["content"]
    page.expect((card["type"], card["version"]) == ("AdaptiveCard", "1.2"), "card")
    page.expect(all(part["type"] in ("TextBlock", "FactSet") for part in card["body"]), "body")
    page.expect(len(json.dumps(said).encode()) <= 28_000, "size")
    return web.Response(status=202)


async def cloudevents(page: Page, request: web.Request, said: Any) -> web.Response:
    page.expect(request.content_type == "application/cloudevents+json", "media type")
    required = ("id", "source", "specversion", "type")
    page.expect(all(said.get(name) for name in required), "required attributes")
    page.expect(said["specversion"] == "1.0", "specversion")
    page.expect(datetime.fromisoformat(said["time"]).tzinfo, "time")
    page.expect(said["id"] == request.headers["webhook-id"], "one id for both standards")
    return web.Response(status=204)


async def webhook_v4(page: Page, _: web.Request, said: Any) -> web.Response:
    page.expect(said["version"] == "4" and isinstance(said["groupKey"], str), "version")
    (one,) = said["alerts"]
    keys = ["status", "labels", "annotations", "startsAt", "endsAt", "generatorURL", "fingerprint"]
    page.expect(all(key in one for key in keys), "alert")
    page.expect(len(one["fingerprint"]) == 16, "fingerprint")
    page.expect(one["status"] == said["status"] in ("firing", "resolved"), "status")
    ended = one["endsAt"] != "0001-01-01T00:00:00Z"
    page.expect(ended == (one["status"] == "resolved"), "endsAt")
    return web.Response()


SYSTEMS: dict[str, tuple[Any, dict[str, Any], str]] = {
    "slack-hook": (slack_hook, {"kind": "slack"}, "/services/T/B/X-s3cret"),
    "slack-bot": (
        slack_api,
        {"kind": "slack", "token": SecretStr("xoxb-0123456789"), "channel": "C024BE91L"},
        "/api",
    ),
    "teams": (teams, {"kind": "teams"}, "/workflows/w?sig=s3cret-signature"),
    "cloudevents": (cloudevents, {"kind": "webhook", "format": "cloudevents"}, "/hook-s3cret"),
    "alertmanager": (webhook_v4, {"kind": "webhook", "format": "alertmanager"}, "/hook-s3cret"),
}


@asynccontextmanager
async def told(system: str) -> AsyncIterator[tuple[Page, Channel]]:
    handle, config, path = SYSTEMS[system]
    async with serving(Page(), handle) as page:
        url = page.url + path
        where = {"api": url} if "token" in config else {"url": SecretStr(url)}
        channel = make("chat", CONFIGS.validate_python({**config, **where}), FakeClock())
        try:
            yield page, channel
        finally:
            await channel.close()


@pytest.mark.parametrize("system", SYSTEMS)
async def test_a_whole_life_is_told_in_a_shape_that_the_system_takes(system: str) -> None:
    async with told(system) as (page, channel):
        story = Story(channel)
        worse = replace(ONE, revision=2, title="chat is gone")
        for one, why, number in (
            (ONE, Why.FIRST, 0),
            (worse, Why.UPDATED, 0),
            (worse, Why.REMINDER, 1),
            (replace(OVER, revision=3), Why.RESOLVED, 0),
        ):
            attempt = await story.tell(one, why, 601.0, number=number)
            assert attempt.result is Result.TOLD, attempt
        assert page.wrong == []


@pytest.mark.parametrize("system", SYSTEMS)
async def test_a_message_as_long_as_can_be_still_fits(system: str) -> None:
    async with told(system) as (page, channel):
        facts = FACTS | {"detail": "ü" * 30_000, "sentence": "&" * 30_000, "next": "<" * 30_000}
        long = replace(ONE, title="t" * 9000, reason="r" * 30_000, facts=facts)
        for plain in (False, True):
            assert (await Story(channel).tell(long, Why.FIRST, plain=plain)).result is Result.TOLD
        assert page.wrong == []


async def test_a_bot_keeps_one_message_true_and_tells_news_beneath_it() -> None:
    async with told("slack-bot") as (page, channel):
        story = Story(channel)
        await story.tell(ONE, Why.FIRST)
        await story.tell(OVER, Why.RESOLVED, 601.0)
        paths = [path for path, _ in page.came]
        assert paths == ["/api/chat.postMessage", "/api/chat.update", "/api/chat.postMessage"]
        first = "1700000000.000001"
        assert page.came[1][1]["ts"] == page.came[2][1]["thread_ts"] == first
        assert list(page.believes.values()) == ["", first]


async def test_what_means_something_in_a_format_is_escaped() -> None:
    async with told("slack-hook") as (page, channel):
        await Story(channel).tell(ONE, Why.FIRST)
        assert "<chat>" not in page.came[0][1]["text"]
        assert "&lt;chat&gt; &amp; co" in page.came[0][1]["text"]
    async with told("teams") as (page, channel):
        await Story(channel).tell(ONE, Why.FIRST)
        short = page.came[0][1]["attachments"][0]["content"]["body"][1]["text"]
        assert "\\[see\\](x)" in short


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (status(200, "invalid_token"), Result.MISCONFIGURED),
        (status(404, "no_service"), Result.MISCONFIGURED),
        (status(403, "action_prohibited"), Result.MISCONFIGURED),
        (status(400, "invalid_payload"), Result.REFUSED),
        (status(200, "something else"), Result.REFUSED),
        (status(429, '{"retry_after": 3}', Retry_After="3"), Result.THROTTLED),
        (status(500, "ok"), Result.UNREACHABLE),
    ],
)
async def test_slack_says_much_with_200_and_it_is_read(answer: Answer, result: Result) -> None:
    async with told("slack-hook") as (page, channel):
        page.answers = [answer]
        assert (await Story(channel).tell(ONE, Why.FIRST)).result is result


@pytest.mark.parametrize(
    ("error", "result"),
    [
        ("channel_not_found", Result.MISCONFIGURED),
        ("ratelimited", Result.THROTTLED),
        ("invalid_blocks", Result.REFUSED),
    ],
)
async def test_a_bot_that_is_told_no_understands_why(error: str, result: Result) -> None:
    async with told("slack-bot") as (page, channel):
        page.answers = [status(200, json.dumps({"ok": False, "error": error}))]
        assert (await Story(channel).tell(ONE, Why.FIRST)).result is result


async def test_an_edit_that_failed_tells_nothing_twice() -> None:
    async with told("slack-bot") as (page, channel):
        story = Story(channel)
        await story.tell(ONE, Why.FIRST)
        page.answers = [status(500)]
        assert (await story.tell(OVER, Why.RESOLVED, 601.0)).result is Result.UNREACHABLE
        assert len(page.came) == 2, "the thread has not heard of it"


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"kind": "slack"}, "write either"),
        ({"kind": "slack", "token": SecretStr("x")}, "write either"),
        (
            {"kind": "teams", "url": SecretStr("https://acme.webhook.office.com/webhookb2/x")},
            "connectors are retired",
        ),
        ({"kind": "webhook", "url": SecretStr("https://x/"), "format": "v4"}, "standard"),
    ],
)
def test_what_cannot_work_is_refused_with_what_would(config: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        CONFIGS.validate_python(config)
