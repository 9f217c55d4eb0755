"""PagerDuty, Opsgenie and Alertmanager: each told in its own way, from the first to the end."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr, TypeAdapter

from alerts.alert import Alert, Severity
from alerts.attempt import Attempt, Reason, Result
from alerts.channels import Channel, ChannelConfig, make
from alerts.channels.pagerduty import LONGEST_KEY, dedup_key
from alerts.message import Notification
from alerts.policy import Why
from tests.alerts.channels.pages import Page, alertmanager, opsgenie, pagerduty, serving
from tests.alerts.kit import alert, resolved
from tests.alerts.receiver import Answer, garbage, reset, status
from tests.clock import START, FakeClock

CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)
HANDLERS = {"pagerduty": pagerduty, "opsgenie": opsgenie, "alertmanager": alertmanager}
SECRETS = {
    "pagerduty": {"routing_key": SecretStr("R" * 32)},
    "opsgenie": {"api_key": SecretStr("k-0123456789")},
    "alertmanager": {},
}
PATHS = {"pagerduty": "/v2/enqueue", "opsgenie": "/v2/alerts", "alertmanager": ""}
FACTS = {
    "endpoint": "chat",
    "group": "platform",
    "category": "server_error",
    "detail": 'HTTP 503: "quoted" & <b>ünï</b>',
    "sentence": "Omilia answers with errors.",
    "breaker": {"state": "open", "retry_after": 12.0},
    "links": {"incident": "https://monitor.example.org/v1/incidents/A"},
}
ONE = alert("A", severity=Severity.ERROR, facts=FACTS)


def configured(kind: str, url: str, **more: Any) -> Channel:
    target: Any = [url] if kind == "alertmanager" else url + PATHS[kind]
    config = CONFIGS.validate_python({"kind": kind, "url": target, **SECRETS[kind], **more})
    return make("page", config, FakeClock())


@asynccontextmanager
async def told(kind: str, **more: Any) -> AsyncIterator[tuple[Page, Channel]]:
    async with serving(Page(), HANDLERS[kind]) as page:
        channel = configured(kind, page.url, **more)
        try:
            yield page, channel
        finally:
            await channel.close()


class Story:
    """Tells one incident after the other, as a courier does: with handle and memory."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.remote: dict[str, Any] = {}
        self.before: Alert | None = None

    async def tell(self, one: Alert, why: Why, after: float = 0.0, **more: Any) -> Attempt:
        now = START + timedelta(seconds=after)
        said = Notification(why, one, now, remote=self.remote, before=self.before, **more)
        attempt = await self.channel.send(said)
        if attempt.result is Result.TOLD:
            self.before = one
            self.remote = dict(attempt.remote or self.remote)
        return attempt


@pytest.mark.parametrize("kind", HANDLERS)
async def test_a_whole_life_is_told_in_the_systems_own_words(kind: str) -> None:
    async with told(kind) as (page, channel):
        story = Story(channel)
        worse = replace(ONE, revision=2, severity=Severity.CRITICAL)
        taken = replace(worse, revision=3, acked_by="ada", acked_until=START + timedelta(hours=1))
        over = resolved(taken, 600.0)
        for one, why, after in (
            (ONE, Why.FIRST, 0.0),
            (worse, Why.ESCALATED, 60.0),
            (taken, Why.UPDATED, 120.0),
            (taken, Why.REMINDER, 300.0),
            (over, Why.RESOLVED, 601.0),
        ):
            attempt = await story.tell(one, why, after, number=1 if why is Why.REMINDER else 0)
            assert attempt.result is Result.TOLD, (why, attempt)
            assert len(page.believes) == (0 if one is over and kind != "alertmanager" else 1)
        assert page.wrong == []
        assert len(page.came) == 5


async def test_pagerduty_knows_an_incident_by_one_key_and_is_told_who_took_it() -> None:
    async with told("pagerduty") as (page, channel):
        story = Story(channel)
        await story.tell(ONE, Why.FIRST)
        taken = replace(ONE, revision=2, acked_by="ada", acked_until=START + timedelta(hours=1))
        await story.tell(taken, Why.UPDATED, 10.0)
        assert page.believes == {"A": "acknowledged"}
        await story.tell(resolved(taken), Why.RESOLVED, 70.0)
        assert [event["event_action"] for _, event in page.came] == [
            "trigger",
            "acknowledge",
            "resolve",
        ]
        assert page.believes == {}


def test_a_key_that_is_too_long_for_pagerduty_stays_unique() -> None:
    long, other = (dedup_key(replace(ONE, id="x" * 400 + end)) for end in "ab")
    assert len(long) <= LONGEST_KEY
    assert long != other


async def test_a_routing_key_that_pagerduty_does_not_know_is_a_misconfiguration() -> None:
    async with told("pagerduty") as (page, channel):
        page.answers = [status(400, '{"status": "invalid", "errors": ["Invalid routing key"]}')]
        attempt = await Story(channel).tell(ONE, Why.FIRST)
        assert (attempt.result, attempt.reason) == (Result.MISCONFIGURED, Reason.AUTH)
        page.answers = [status(400, '{"errors": ["\'payload.summary\' is too long"]}')]
        assert (await Story(channel).tell(ONE, Why.FIRST)).result is Result.REFUSED


async def test_a_plain_message_has_no_details() -> None:
    async with told("pagerduty") as (page, channel):
        await Story(channel).tell(ONE, Why.FIRST, plain=True)
        assert "custom_details" not in page.came[0][1]["payload"]
    async with told("opsgenie") as (page, channel):
        await Story(channel).tell(ONE, Why.FIRST, plain=True)
        assert "details" not in page.came[0][1]


async def test_the_labels_of_an_alert_stay_while_its_severity_changes() -> None:
    async with told("alertmanager", labels={"team": "voice"}) as (page, channel):
        story = Story(channel)
        await story.tell(ONE, Why.FIRST)
        await story.tell(replace(ONE, revision=2, severity=Severity.CRITICAL), Why.ESCALATED, 60.0)
        (first,), (second,) = (alerts for _, alerts in page.came)
        assert first["labels"] == second["labels"]
        assert first["labels"]["team"] == "voice"
        assert (first["labels"]["severity"], second["annotations"]["severity"]) == (
            "error",
            "critical",
        )
        ends = START + timedelta(seconds=300)
        assert first["endsAt"] == ends.isoformat(timespec="milliseconds").replace("+00:00", "Z")


async def test_every_member_is_told_and_one_that_takes_it_is_enough() -> None:
    async with serving(Page(), alertmanager) as one, serving(Page(), alertmanager) as two:
        config = {"kind": "alertmanager", "url": [one.url, two.url]}
        channel = make("am", CONFIGS.validate_python(config), FakeClock())
        try:
            one.answers = [status(500)]
            assert (await Story(channel).tell(ONE, Why.FIRST)).result is Result.TOLD
            assert (len(one.came), len(two.came)) == (1, 1)
            one.answers, two.answers = [status(500)], [status(400)]
            attempt = await Story(channel).tell(ONE, Why.FIRST)
            assert attempt.result is Result.UNREACHABLE, "the one that may take it later counts"
        finally:
            await channel.close()


@pytest.mark.parametrize("kind", HANDLERS)
@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (status(500), Result.UNREACHABLE),
        (status(429, Retry_After="7"), Result.THROTTLED),
        (status(503, Retry_After="7"), Result.THROTTLED),
        (status(401), Result.MISCONFIGURED),
        (status(404), Result.MISCONFIGURED),
        (status(410), Result.DISABLED),
        (status(422), Result.REFUSED),
        (status(302, Location="/elsewhere"), Result.REFUSED),
        (reset, Result.UNKNOWN),
        (garbage, Result.UNKNOWN),
    ],
)
async def test_every_kind_of_trouble_is_told_apart(
    kind: str, answer: Answer, result: Result
) -> None:
    async with told(kind) as (page, channel):
        page.answers = [answer]
        attempt = await Story(channel).tell(ONE, Why.FIRST)
        assert attempt.result is result
        if result is Result.THROTTLED:
            assert attempt.hint == 7.0


@pytest.mark.parametrize("kind", HANDLERS)
async def test_secrets_that_are_echoed_are_not_kept(kind: str) -> None:
    async with told(kind) as (page, channel):
        page.answers = [status(500, f"no: {'R' * 32} k-0123456789")]
        attempt = await Story(channel).tell(ONE, Why.FIRST)
        for secret in SECRETS[kind].values():
            assert secret.get_secret_value() not in attempt.error


@pytest.mark.parametrize("kind", HANDLERS)
async def test_nobody_at_the_address_was_surely_not_told(kind: str) -> None:
    channel = configured(kind, "http://127.0.0.1:9")
    try:
        assert (await Story(channel).tell(ONE, Why.FIRST)).result is Result.UNREACHABLE
    finally:
        await channel.close()


def test_what_each_can_do_is_said() -> None:
    can = {kind: configured(kind, "http://127.0.0.1:9").lifecycle for kind in HANDLERS}
    assert all(one.resolves for one in can.values())
    assert [kind for kind, one in can.items() if one.level] == ["alertmanager"]
    assert [kind for kind, one in can.items() if one.acknowledges] == ["pagerduty", "opsgenie"]
