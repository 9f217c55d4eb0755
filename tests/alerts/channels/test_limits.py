"""What is particular to one system: its limits, its words for trouble, its keys."""

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from pydantic import SecretStr, TypeAdapter

from alerts.attempt import Attempt, Result
from alerts.channels import ChannelConfig, make
from alerts.channels.slack import LONGEST_TEXT, whole
from alerts.policy import Why
from tests.alerts.channels.pages import Page, pagerduty, serving
from tests.alerts.channels.test_chatting import told
from tests.alerts.channels.test_paging import ONE, Story
from tests.alerts.channels.test_paging import told as paged
from tests.alerts.kit import House, alert, resolved
from tests.alerts.receiver import status
from tests.clock import FakeClock

if TYPE_CHECKING:
    from alerts.alert import Alert

CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)
OLD, NEW = "R" * 32, "S" * 32


def error(word: str) -> Any:
    return status(200, json.dumps({"ok": False, "error": word}))


# ---------------------------------------------------------------- hints


@pytest.mark.parametrize(
    ("headers", "body", "hint"),
    [
        ({"Retry_After": "7"}, '{"retry_after": 1}', 7.0),
        ({"Retry_After": "1.25"}, "", 1.25),
        ({"Retry_After": "Sun, 22 Nov 2026 18:00:30 GMT"}, "", 30.0),
        ({"RateLimit_Reset": "12"}, "", 12.0),
        ({"RateLimit_Reset": "1795370400"}, "", None),
        ({}, '{"message": "x", "retry_after": 0.376, "global": false}', 0.376),
        ({}, '{"retry_after": 86400}', 3600.0),
        ({}, '{"retry_after": true}', None),
        ({}, '{"retry_after": -1}', None),
        ({}, '{"retry_after": NaN}', None),
        ({}, "[1]", None),
    ],
)
async def test_a_hint_is_found_wherever_it_stands(
    headers: dict[str, str], body: str, hint: float | None
) -> None:
    async with paged("opsgenie") as (page, channel):
        page.answers = [status(429, body, **headers)]
        attempt = await Story(channel).tell(ONE, Why.FIRST)
        assert (attempt.result, attempt.hint) == (Result.THROTTLED, hint)


async def test_slack_says_how_long_also_in_what_it_answers_with_200() -> None:
    async with told("slack-bot") as (page, channel):
        page.answers = [status(200, '{"ok": false, "error": "ratelimited", "retry_after": 3}')]
        attempt = await Story(channel).tell(ONE, Why.FIRST)
        assert (attempt.result, attempt.hint) == (Result.THROTTLED, 3.0)


# ---------------------------------------------------------------- Slack


@pytest.mark.parametrize("word", ["internal_error", "fatal_error", "service_unavailable"])
async def test_trouble_of_slacks_own_is_not_the_messages_fault(word: str) -> None:
    async with told("slack-bot") as (page, channel):
        page.answers = [error(word)]
        assert (await Story(channel).tell(ONE, Why.FIRST)).result is Result.UNKNOWN


@pytest.mark.parametrize("word", ["message_not_found", "edit_window_closed", "cant_update_message"])
async def test_what_cannot_be_edited_any_more_is_said_anew(word: str) -> None:
    async with told("slack-bot") as (page, channel):
        story = Story(channel)
        await story.tell(ONE, Why.FIRST)
        page.answers = [error(word)]
        assert (await story.tell(resolved(ONE), Why.RESOLVED, 61.0)).result is Result.TOLD
        path, said = page.came[-1]
        assert path == "/api/chat.postMessage"
        assert "thread_ts" not in said
        assert story.remote["ts"] == "1700000000.000003", "and what is said now is what counts"


async def test_an_answer_in_pieces_is_read_as_a_whole() -> None:
    async def handle(_: Page, request: web.Request, __: Any) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for piece in (b'{"ok": tr', b'ue, "ts": "1", ', b'"channel": "C1"}'):
            await response.write(piece)
            await asyncio.sleep(0)
        return response

    async with serving(Page(), handle) as page:
        attempt = await _by_bot(page)
        assert (attempt.result, attempt.remote) == (Result.TOLD, {"ts": "1", "channel": "C1"})


async def test_an_answer_that_breaks_off_leaves_open_what_was_done() -> None:
    async def handle(_: Page, request: web.Request, __: Any) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b'{"ok": tr')
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(Page(), handle) as page:
        assert (await _by_bot(page)).result is Result.UNKNOWN


async def _by_bot(page: Page) -> Attempt:
    config = {"kind": "slack", "token": SecretStr("xoxb-1"), "channel": "C1", "api": page.url}
    channel = make("chat", CONFIGS.validate_python(config), FakeClock())
    try:
        return await Story(channel).tell(ONE, Why.FIRST)
    finally:
        await channel.close()


def test_text_is_never_cut_within_an_entity() -> None:
    text = "x" * (LONGEST_TEXT - 2) + "&amp;&amp;"
    assert whole(text) == "x" * (LONGEST_TEXT - 2)
    assert whole("a &amp; b") == "a &amp; b"


async def test_the_link_to_the_incident_is_never_cut_off() -> None:
    async with told("slack-hook") as (page, channel):
        facts = dict.fromkeys(("detail", "sentence", "evidence", "next"), "&" * 3000)
        await Story(channel).tell(replace(ONE, facts={**ONE.facts, **facts}), Why.FIRST)
        (section,) = [
            block["text"]["text"]
            for block in page.came[0][1]["attachments"][0]["blocks"]
            if block["type"] == "section"
        ]
        assert section.endswith("<https://monitor.example.org/v1/incidents/A|the incident>")


# ---------------------------------------------------------------- PagerDuty's keys


async def test_an_incident_ends_through_the_key_that_opened_it() -> None:
    """Given that another integration key is configured, and the one before named beside it."""
    async with serving(Page(), _anybody) as page:
        house = House(_pager(page, OLD))
        one = alert(channels=("pager",))
        await house.begin(one)
        await _closed(house)
        house.channels = (_pager(page, NEW, OLD),)
        await house.restart(one)
        await house.say(alert("B", key="voice", channels=("pager",)), resolved(one))
        await _closed(house)
        keys = [(event["dedup_key"], event["routing_key"]) for _, event in page.came]
        assert keys == [("A", OLD), ("B", NEW), ("A", OLD)]


async def test_an_end_that_pagerduty_would_drop_is_given_up_aloud() -> None:
    async with serving(Page(), _anybody) as page:
        house = House(_pager(page, OLD))
        one = alert(channels=("pager",))
        await house.begin(one)
        await _closed(house)
        house.channels = (_pager(page, NEW),)
        await house.restart(one)
        await house.say(resolved(one))
        await _closed(house)
        entry = house.journal.entry("pager", "chat")
        assert entry is not None
        assert "former_keys" in entry.last_error
        assert house.reconciler.numbers().given_up == {"pager": 1}
        assert len(page.came) == 1, "it is not even tried"


def _pager(page: Page, key: str, *former: str) -> Any:
    config = {
        "kind": "pagerduty",
        "routing_key": SecretStr(key),
        "former_keys": [SecretStr(one) for one in former],
        "url": f"{page.url}/v2/enqueue",
    }
    return make("pager", CONFIGS.validate_python(config), FakeClock())


async def _anybody(page: Page, request: web.Request, event: Any) -> web.StreamResponse:
    return await pagerduty(page, request, event)


async def _closed(house: House) -> None:
    for channel in house.channels:
        await channel.close()


# ---------------------------------------------------------------- Opsgenie


async def test_the_details_stay_within_what_opsgenie_takes() -> None:
    async with paged("opsgenie") as (page, channel):
        names = ("detail", "sentence", "evidence", "next", "runbook", "group", "location")
        facts = {**ONE.facts, **dict.fromkeys(names, "x" * 2000), "blocks": ["y" * 500] * 9}
        long: Alert = replace(ONE, facts=facts, reason="r" * 3000)
        await Story(channel).tell(long, Why.FIRST)
        details = page.came[0][1]["details"]
        assert sum(len(label) + len(text) for label, text in details.items()) <= 8000
        assert "Whose fault" in details
