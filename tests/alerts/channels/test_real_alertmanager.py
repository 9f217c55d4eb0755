"""The channel `alertmanager` against a real one, which believes what it hears again and again."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from alerts.alert import Alert, Severity
from alerts.attempt import Result
from alerts.channel_state import Condition
from alerts.channels import Channel, ChannelConfig, make
from alerts.channels.formats import alertmanager
from alerts.message import Notification
from alerts.policy import Why
from monitor.adapters.clock import SystemClock
from monitor.app.loader import loads
from monitor.app.telling.door import watchdog
from tests.alertmanager_server import AlertmanagerServer, alertmanager_server
from tests.alerts.channels.test_paging import FACTS, Story
from tests.alerts.kit import House, alert, resolved
from tests.alerts.receiver import Receiver, receiving
from tests.clock import START, FakeClock
from tests.servers import until

CONFIGS: TypeAdapter[Any] = TypeAdapter(ChannelConfig)
BEHIND = 150.0
"""Our clock is false, and so far behind Alertmanager's: what we say is over by now is over there,
and what goes on lies far enough ahead for any machine."""


def channel_to(*urls: str) -> Channel:
    return make(
        "am", CONFIGS.validate_python({"kind": "alertmanager", "url": [*urls]}), FakeClock()
    )


@asynccontextmanager
async def house_of(*urls: str) -> AsyncIterator[House]:
    channel = channel_to(*urls)
    house = House(channel)
    house.clock.step((SystemClock().now() - START).total_seconds() - BEHIND)
    try:
        yield house
    finally:
        await channel.close()


def one_at(house: House, key: str = "chat", severity: Severity = Severity.ERROR) -> Alert:
    now = house.clock.now()
    at = now.replace(microsecond=now.microsecond // 1000 * 1000)
    return alert(
        f"I-{key}", key=key, severity=severity, channels=("am",), started_at=at, facts=FACTS
    )


def became(server: AlertmanagerServer, expected: dict[str, str]) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return await server.states() == expected

    return holds


async def test_what_fires_stands_there_once_and_however_often_it_is_said() -> None:
    async with alertmanager_server() as server, house_of(server.url) as house:
        one = one_at(house)
        await house.begin(one)
        (first,) = await server.alerts()
        assert first["labels"] == {
            "alertname": "OmiliaMonitor",
            "key": "chat",
            "severity": "error",
            "endpoint": "chat",
            "group": "platform",
        }
        assert first["annotations"]["summary"] == one.title
        assert first["annotations"]["whose_fault"] == FACTS["sentence"]
        assert datetime.fromisoformat(first["startsAt"]) == one.started_at
        assert first["generatorURL"] == "https://monitor.example.org/v1/incidents/A"
        said_at = house.clock.now()
        ahead = datetime.fromisoformat(first["endsAt"]) - said_at
        assert abs(ahead - timedelta(seconds=300)) < timedelta(milliseconds=2)
        worse = replace(one, revision=2, severity=Severity.CRITICAL)
        await house.wait(61)
        await house.say(worse)
        (again,) = await server.alerts()
        assert (again["fingerprint"], again["labels"]) == (first["fingerprint"], first["labels"])
        assert datetime.fromisoformat(again["startsAt"]) == one.started_at
        later = datetime.fromisoformat(again["endsAt"]) - datetime.fromisoformat(first["endsAt"])
        assert later > timedelta(seconds=60)
        assert again["annotations"]["severity"] == "critical"


async def test_one_that_lost_its_memory_hears_of_it_again() -> None:
    async with alertmanager_server() as server, house_of(server.url) as house:
        await house.begin(one_at(house))
        await server.restart()
        assert await server.alerts() == []
        await house.wait(61)
        assert list(await server.states()) == ["chat"]


async def test_one_that_is_away_is_told_when_it_is_back_and_an_end_meanwhile_is_no_news() -> None:
    async with alertmanager_server() as server, house_of(server.url) as house:
        one = one_at(house)
        await house.begin(one)
        await server.server.end()
        await house.wait(61)
        assert house.reconciler.numbers().oldest_untold == 0.0, "a repetition is never late"
        await house.say(resolved(one, 62.0))
        assert house.reconciler.numbers().untold == 1
        await server.restart()
        await house.wait(61)
        assert house.reconciler.numbers().untold == 0
        assert await server.alerts() == []


async def test_its_own_webhook_says_firing_and_resolved_in_the_shape_that_ours_has() -> None:
    async with (
        receiving() as hook,
        alertmanager_server(hook.url) as server,
        house_of(server.url) as house,
    ):
        one = one_at(house)
        await house.begin(one)
        await until(heard(hook, "firing"), "that it fires, at the webhook")
        over = resolved(one, 61.0)
        await house.wait(61)
        await house.say(over)
        assert await server.alerts() == []
        await until(heard(hook, "resolved"), "its end, at the webhook")
        firing, end = hook.got[0].json, hook.got[-1].json
        assert [got.json["status"] for got in hook.got] == ["firing", "resolved"]
        ours = [
            json.loads(alertmanager(Notification(why, said, house.clock.now())))
            for why, said in ((Why.FIRST, one), (Why.RESOLVED, over))
        ]
        for theirs, our in zip((firing, end), ours, strict=True):
            newer = {"notification_reason", "routeLabels"}  # since 0.32 and 0.34
            assert {k: shape(v) for k, v in our.items() if k in theirs} == {
                k: shape(v) for k, v in theirs.items()
            }
            assert our.keys() - theirs.keys() <= newer
            (their_alert,), (our_alert,) = theirs["alerts"], our["alerts"]
            assert our_alert.keys() == their_alert.keys()
            same = ("status", "startsAt", "generatorURL")
            assert {k: moment(our_alert[k]) for k in same} == {
                k: moment(their_alert[k]) for k in same
            }
            assert len(our_alert["fingerprint"]) == len(their_alert["fingerprint"])
        assert firing["alerts"][0]["endsAt"] == ours[0]["alerts"][0]["endsAt"]
        ends = (end["alerts"][0]["endsAt"], ours[1]["alerts"][0]["endsAt"])
        assert moment(ends[0]) == moment(ends[1])


def heard(hook: Receiver, status: str) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return bool(hook.got) and hook.got[-1].json["status"] == status

    return holds


def moment(text: str) -> Any:
    """Read a moment, however many digits it has; other text is left as it is."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return text


def shape(value: Any) -> Any:
    """Return the types of a JSON value; of an object whose keys are names, the types of those."""
    if isinstance(value, list):
        return [sorted(one) for one in value]
    if isinstance(value, dict):
        return {type(one) for one in value.values()} or {str}
    return type(value)


async def test_a_watchdog_stands_for_as_long_as_we_speak() -> None:
    async with alertmanager_server() as server, house_of(server.url) as house:
        am = f"channels: {{am: {{kind: alertmanager, url: ['{server.url}']}}}}"
        text = f"endpoints: [{{id: a, url: 'https://a.example/'}}]\n{am}\n"
        settings = loads(f"{text}watchdog: [am]\n", "world.yml", {})
        await house.begin(watchdog(settings, house.clock.now()))
        await house.wait(61)
        (one,) = await server.alerts()
        assert (one["labels"]["alertname"], one["labels"]["severity"]) == ("Watchdog", "none")
        await house.say(watchdog(loads(text, "world.yml", {}), house.clock.now()))
        assert await server.alerts() == [], "nobody is to hear of it any more"


async def test_a_member_that_is_away_costs_nothing_and_catches_up() -> None:
    async with (
        alertmanager_server() as one,
        alertmanager_server() as two,
        house_of(one.url, two.url) as house,
    ):
        await two.server.end()
        await house.begin(one_at(house))
        assert list(await one.states()) == ["chat"]
        state = house.journal.channel("am")
        assert state.condition is Condition.OK
        await two.server.start()
        await two.ready()
        await house.wait(61)
        assert list(await two.states()) == list(await one.states()) == ["chat"]


async def test_its_silences_and_inhibitions_are_its_own_affair() -> None:
    async with alertmanager_server() as server, house_of(server.url) as house:
        one, worse = one_at(house), one_at(house, "voice", Severity.CRITICAL)
        until_then = (SystemClock().now() + timedelta(hours=1)).isoformat()
        silence = {
            "matchers": [{"name": "key", "value": "voice", "isRegex": False, "isEqual": True}],
            "startsAt": SystemClock().now().isoformat(),
            "endsAt": until_then,
            "createdBy": "ops",
            "comment": "known",
        }
        assert (await server.ask("POST", "/api/v2/silences", silence))[0] == 200
        await house.begin(one, worse)
        both = {"chat": "suppressed", "voice": "suppressed"}
        await until(became(server, both), "one inhibited, the other silenced")
        assert house.reconciler.numbers().untold == 0
        await house.wait(61)
        await house.say(resolved(worse, 61.0))
        await until(
            became(server, {"chat": "active"}), "what inhibited it is over, silenced or not"
        )
        await house.say(resolved(one, 61.0))
        assert await server.alerts() == []


async def test_an_alert_that_it_cannot_read_is_refused_and_said_why() -> None:
    async with alertmanager_server() as server:
        config = {"kind": "alertmanager", "url": [server.url], "labels": {"not-a-name": "x"}}
        channel = make("am", CONFIGS.validate_python(config), FakeClock())
        try:
            attempt = await Story(channel).tell(alert(channels=("am",)), Why.FIRST)
        finally:
            await channel.close()
        assert attempt.result is Result.REFUSED
        assert "not-a-name" in attempt.error
