"""PagerDuty and Opsgenie are asked who has taken what: real requests, answers of all kinds."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr, TypeAdapter, ValidationError

from alerts.attempt import Result
from alerts.channels import ChannelConfig, make
from alerts.channels.opsgenie import OpsgenieChannel
from alerts.channels.pagerduty import PagerDutyChannel
from alerts.policy import Why
from alerts.taken import Asked, Heard, Hears, Taken
from tests.alerts.channels.pages import Page, opsgenie, pagerduty, serving
from tests.alerts.channels.test_paging import ONE, Story
from tests.alerts.receiver import Answer, garbage, status
from tests.clock import START, FakeClock

CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)
USER = {"id": "PXPGF42", "type": "user_reference", "summary": "Ada Lovelace"}
SERVICE = {"id": "PIJ90N7", "type": "service_reference", "summary": "omilia"}
AT = "2026-11-22T18:05:00Z"


async def incidents(page: Page, request: web.Request, _: Any) -> web.StreamResponse:
    """GET /incidents: which statuses, which key, and the version of the answer."""
    if request.method == "POST":
        return await pagerduty(page, request, page.came[-1][1])
    page.expect(request.path == "/incidents", "path")
    page.expect(request.headers["Authorization"] == "Token token=u+rest-1234567890", "token")
    page.expect(request.headers["Accept"] == "application/vnd.pagerduty+json;version=2", "version")
    page.expect(request.query.getall("statuses[]") == ["triggered", "acknowledged"], "statuses")
    page.expect(request.query["date_range"] == "all", "an old incident is not left out")
    page.expect("Content-Type" not in request.headers, "there is no content")
    said = page.believes.get(request.query["incident_key"])
    acks = {
        "triggered": [],
        "by Ada": [{"at": AT, "acknowledger": USER}],
        "by us": [{"at": AT, "acknowledger": SERVICE}],
        "by both": [
            {"at": AT, "acknowledger": USER},
            {"at": AT.replace("05", "06"), "acknowledger": SERVICE},
        ],
    }.get(said or "", [])
    one = {
        "id": "PT4KHLK",
        "type": "incident",
        "incident_key": None,
        "status": "acknowledged" if acks else "triggered",
        "acknowledgements": acks,
    }
    return web.json_response({"incidents": [] if said is None else [one], "more": False})


async def alerts(page: Page, request: web.Request, body: Any) -> web.StreamResponse:
    """GET /v2/alerts/{alias}: by alias, with the key."""
    if request.method == "POST":
        return await opsgenie(page, request, body)
    page.expect(request.headers["Authorization"] == "GenieKey k-0123456789", "key")
    page.expect(request.query["identifierType"] == "alias", "identifierType")
    alias = request.path.removeprefix("/v2/alerts/")
    if alias not in page.believes:
        return web.json_response({"message": "Alert does not exist"}, status=404)
    by = {"by Ada": "ada@example.org", "by us": "omilia-monitor"}.get(page.believes[alias])
    data = {"id": "70413a06", "status": "open", "acknowledged": by is not None, "owner": ""}
    report = {"report": {"ackTime": 15702, "acknowledgedBy": by}} if by else {}
    return web.json_response({"data": data | report, "took": 0.3, "requestId": "r"})


SYSTEMS: dict[str, tuple[Any, dict[str, Any], Taken]] = {
    "pagerduty": (
        incidents,
        {
            "kind": "pagerduty",
            "routing_key": SecretStr("R" * 32),
            "api_token": SecretStr("u+rest-1234567890"),
        },
        Taken("Ada Lovelace (PagerDuty)", f"PT4KHLK@{AT}"),
    ),
    "opsgenie": (
        alerts,
        {"kind": "opsgenie", "api_key": SecretStr("k-0123456789"), "hear": True},
        Taken("ada@example.org (Opsgenie)", "70413a06@15702"),
    ),
}


@asynccontextmanager
async def asking(
    kind: str, **more: Any
) -> AsyncIterator[tuple[Page, PagerDutyChannel | OpsgenieChannel]]:
    handle, config, _ = SYSTEMS[kind]
    async with serving(Page(), handle) as page:
        urls = {"url": f"{page.url}/v2/alerts"}
        if kind == "pagerduty":
            urls = {"url": f"{page.url}/v2/enqueue", "api_url": page.url}
        channel = make("page", CONFIGS.validate_python({**config, **urls, **more}), FakeClock())
        assert isinstance(channel, PagerDutyChannel | OpsgenieChannel)
        assert isinstance(channel, Hears)
        try:
            yield page, channel
        finally:
            await channel.close()


def about(*ids: str) -> list[Asked]:
    return [Asked(one, {}) for one in ids]


async def heard(channel: PagerDutyChannel | OpsgenieChannel, asked: Sequence[Asked]) -> Heard:
    assert channel.hears
    return await channel.taken(asked)


@pytest.mark.parametrize("kind", SYSTEMS)
async def test_who_has_taken_what_is_learnt(kind: str) -> None:
    async with asking(kind) as (page, channel):
        page.believes = {"A": "by Ada", "B": "triggered", "C": "by us"}
        found = await heard(channel, about("A", "B", "C"))
        assert found.trouble.result is Result.TOLD
        assert found.found == {"A": SYSTEMS[kind][2], "B": None, "C": None}
        assert page.wrong == []


async def test_pagerduty_is_asked_by_the_key_that_it_was_told_and_people_come_first() -> None:
    async with asking("pagerduty") as (page, channel):
        page.believes = {"other key & more": "by both"}
        found = await heard(channel, [Asked("A", {"dedup_key": "other key & more"})])
        assert found.found == {"A": SYSTEMS["pagerduty"][2]}


async def test_what_pagerduty_does_not_know_any_more_is_nobodys() -> None:
    async with asking("pagerduty") as (_, channel):
        assert (await heard(channel, about("A"))).found == {"A": None}


async def test_what_opsgenie_does_not_know_yet_says_nothing() -> None:
    async with asking("opsgenie") as (page, channel):
        page.believes = {"B": "by Ada"}
        found = await heard(channel, about("A", "B"))
        assert found.found.keys() == {"B"}
        assert found.trouble.result is Result.TOLD


@pytest.mark.parametrize("kind", SYSTEMS)
@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (status(401), Result.MISCONFIGURED),
        (status(403, "u+rest-1234567890 k-0123456789"), Result.MISCONFIGURED),
        (status(429, Retry_After="7"), Result.THROTTLED),
        (status(500), Result.UNREACHABLE),
        (status(302, Location="/elsewhere"), Result.REFUSED),
        (status(200, "not JSON"), Result.REFUSED),
        (status(200, "[]"), Result.REFUSED),
        (status(200, '{"incidents": [{}], "data": 7}'), Result.REFUSED),
        (status(200, '{"incidents": 7, "data": {"id": 1}}'), Result.REFUSED),
        (garbage, Result.UNKNOWN),
    ],
)
async def test_trouble_ends_the_questions_and_says_nothing_of_anybody(
    kind: str, answer: Answer, result: Result
) -> None:
    async with asking(kind) as (page, channel):
        page.believes = {"A": "by Ada", "B": "by Ada"}
        page.answers = [answer]
        found = await heard(channel, about("A", "B"))
        assert (found.trouble.result, found.found) == (result, {})
        assert len(page.came) == 1
        secret = {"pagerduty": "u+rest-1234567890", "opsgenie": "k-0123456789"}[kind]
        assert secret not in found.trouble.error
        assert found.trouble.hint == (7.0 if result is Result.THROTTLED else None)


async def test_a_wrong_address_of_pagerduty_is_no_answer() -> None:
    async with asking("pagerduty") as (page, channel):
        page.answers = [status(404)]
        assert (await heard(channel, about("A"))).trouble.result is Result.MISCONFIGURED


@pytest.mark.parametrize("kind", SYSTEMS)
async def test_a_system_is_not_told_what_it_said_itself(kind: str) -> None:
    async with asking(kind) as (page, channel):
        story = Story(channel)
        await story.tell(ONE, Why.FIRST)
        until = START + timedelta(hours=1)
        taken = replace(ONE, revision=2, acked_by="Ada", acked_from="page", acked_until=until)
        assert (await story.tell(taken, Why.UPDATED, 5.0)).result is Result.TOLD
        given_back = replace(ONE, revision=3)
        assert (await story.tell(given_back, Why.UPDATED, 9.0)).result is Result.TOLD
        assert len(page.came) == 1
        elsewhere = replace(taken, revision=4, acked_from="other")
        assert (await story.tell(elsewhere, Why.UPDATED, 12.0)).result is Result.TOLD
        assert len(page.came) == 2, "what others said is passed on"
        assert page.wrong == []


def test_what_cannot_be_asked_is_refused_with_what_can() -> None:
    config = {"kind": "opsgenie", "api_key": SecretStr("k-0123456789"), "hear": True}
    with pytest.raises(ValidationError, match=r"api\.opsgenie\.com"):
        CONFIGS.validate_python(config)


@pytest.mark.parametrize("kind", SYSTEMS)
def test_nobody_is_asked_without_being_told_to(kind: str) -> None:
    config = {k: v for k, v in SYSTEMS[kind][1].items() if k not in ("api_token", "hear")}
    channel = make("page", CONFIGS.validate_python(config), FakeClock())
    assert isinstance(channel, Hears)
    assert not channel.hears
