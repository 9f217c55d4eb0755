"""The journal over HTTP: what was told to whom, what is owed, and what people order about it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest

from monitor.web.models.journal import DroppedModel, EntryModel, JournalChannelModel, JournalModel
from tests.app.journal_world import JOURNAL, down
from tests.app.process import until
from tests.app.world import TOKEN, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, JOURNAL) as world:
        await world.pass_(120)
        yield world


async def journal(world: World, query: str = "") -> JournalModel:
    code, found, _ = await world.get(f"/v1/journal{query}")
    assert code == 200, found
    return JournalModel.model_validate(found)


async def entry(world: World, channel: str = "ops", key: str = "status") -> EntryModel:
    found = await journal(world, f"?channel={channel}")
    (one,) = [one for one in found.entries if one.key == key]
    return one


async def retry(world: World, path: str) -> Any:
    code, answer = await world.send("POST", f"/v1/journal/{path}/retry")
    assert code == 200, answer
    await world.deliver()
    return answer


async def drop(world: World, key: str = "status") -> DroppedModel:
    code, answer = await world.send("DELETE", f"/v1/journal/ops/{quote(key, safe='')}")
    assert code == 200, answer
    await world.deliver()
    return DroppedModel.model_validate(answer)


def kinds(world: World) -> list[str]:
    return [kind for kind, _ in world.receiver.heard]


async def test_who_was_told_what_and_who_is_owed_what_since_when_and_why(world: World) -> None:
    await down(world, status=500)
    found = await journal(world)
    assert [one.channel for one in found.entries] == ["ops", "room"], "who is owed comes first"
    owed, told = found.entries
    assert owed.told is None
    assert owed.owed is not None
    assert (owed.owed.why, owed.owed.status, owed.owed.revision) == ("first", "firing", 1)
    assert owed.owed.waits in ("not_yet", "channel_waits")
    assert owed.owed.until is not None
    assert owed.attempts > 0
    assert owed.error == "unreachable (serverError): HTTP 500"
    assert owed.title == "status is down"
    assert told.told is not None
    assert (told.told.status, told.told.severity, told.told.revision) == ("firing", "critical", 1)
    assert (told.owed, told.quiet) == (None, "nothing_new")
    ops, room = found.channels
    assert (ops.channel, ops.kind, ops.owed) == ("ops", "webhook", 1)
    assert (room.condition, room.owed, room.error) == ("ok", 0, "")
    assert (found.owed, found.matching) == (1, 2)


async def test_what_is_asked_for_is_a_part(world: World) -> None:
    await down(world, status=500)
    owed = await journal(world, "?owed=true")
    assert [(one.channel, one.key) for one in owed.entries] == [("ops", "status")]
    of_room = await journal(world, "?channel=room")
    assert [one.channel for one in of_room.channels] == ["room"]
    assert [one.channel for one in of_room.entries] == ["room"]
    one = await journal(world, "?limit=1")
    assert (len(one.entries), one.matching) == (1, 2)


@pytest.mark.parametrize(
    ("query", "code", "slug"),
    [
        ("?channel=nobody", 404, "unknown-channel"),
        ("?limit=0", 400, "bad-parameter"),
        ("?limit=501", 400, "bad-parameter"),
        ("?owed=perhaps", 400, "bad-parameter"),
    ],
)
async def test_what_cannot_be_asked_is_refused(
    world: World, query: str, code: int, slug: str
) -> None:
    status, problem, _ = await world.get(f"/v1/journal{query}")
    assert (status, problem["type"].rpartition(":")[2]) == (code, slug)


async def test_a_token_that_is_mended_delivers_at_once_when_somebody_says_so(world: World) -> None:
    await down(world, status=401)
    channel = (await journal(world, "?channel=ops")).channels[0]
    assert (channel.condition, channel.owed) == ("misconfigured", 1)
    assert channel.until is not None
    shown = await entry(world, "room", "self:channel:ops")
    assert shown.told is not None, "the others heard of it"
    world.receiver.status = 204
    answer = await retry(world, "ops/status")
    EntryModel.model_validate(answer)
    assert kinds(world) == ["opened"]
    channel = (await journal(world, "?channel=ops")).channels[0]
    assert (channel.condition, channel.owed) == ("ok", 0)


async def test_a_channel_that_was_disabled_is_asked_again_at_once(world: World) -> None:
    await down(world, status=410)
    channel = (await journal(world, "?channel=ops")).channels[0]
    assert (channel.condition, channel.until) == ("disabled", None), "until somebody says so"
    owed = (await entry(world)).owed
    assert owed is not None
    assert owed.waits == "disabled"
    world.receiver.status = 204
    JournalChannelModel.model_validate(await retry(world, "ops"))
    assert kinds(world) == ["opened"]


async def test_what_is_dropped_is_not_told_and_the_next_revision_is(world: World) -> None:
    await down(world, status=500)
    dropped = await drop(world)
    assert dropped.stored
    assert (dropped.entry.quiet, dropped.entry.error) == ("given_up", "dropped by ada")
    world.receiver.status = 204
    await world.pass_(900)
    assert kinds(world) == []
    (incident,) = world.daemon.board.open_incidents()
    code, _ = await world.send("POST", f"/v1/incidents/{incident.id}/ack", {"by": "ada"})
    assert code == 200
    await world.deliver()
    assert kinds(world) == ["opened"], "it was never told before"
    assert world.receiver.ids == [f"{incident.id}.2"]
    world.mend()
    await world.pass_(900)
    assert kinds(world) == ["opened", "resolved"]
    _, scraped, _ = await world.get("/metrics")
    assert 'omilia_monitor_notifications_dropped_total{channel="ops"} 1.0' in scraped


async def test_what_is_dropped_stays_dropped_after_a_kill(world: World) -> None:
    await down(world, status=500)
    await drop(world)
    await world.kill()
    world.receiver.status = 204
    await world.begin()
    await world.pass_(300)
    assert kinds(world) == []
    assert (await entry(world)).error == "dropped by ada"
    world.mend()
    await world.pass_(900)
    assert kinds(world) == [], "who never heard of it hears of no end"


async def test_an_end_that_is_dropped_is_told_no_more(world: World) -> None:
    await down(world)
    world.receiver.status = 500
    world.mend()
    await world.pass_(300)
    owed = (await entry(world)).owed
    assert owed is not None
    assert owed.why == "resolved"
    dropped = await drop(world)
    assert dropped.entry.told is not None
    assert dropped.entry.told.status == "firing", "what was told stays told"
    world.receiver.status = 204
    await world.pass_(900)
    assert kinds(world) == ["opened"]
    assert (await journal(world, "?owed=true")).entries == []


async def test_a_key_with_a_colon_is_a_key_written_either_way(world: World) -> None:
    await down(world, status=401)
    for key in ("self:channel:ops", "self%3Achannel%3Aops"):
        url = f"{world.daemon.url}/v1/journal/room/{key}/retry"
        async with (
            aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session,
            session.post(url) as response,
        ):
            assert (await response.json())["key"] == "self:channel:ops"


@pytest.mark.parametrize(
    ("method", "path", "code", "slug"),
    [
        ("POST", "nobody/retry", 404, "unknown-channel"),
        ("POST", "nobody/status/retry", 404, "unknown-channel"),
        ("POST", "ops/nobody/retry", 404, "unknown-journal-entry"),
        ("DELETE", "nobody/status", 404, "unknown-channel"),
        ("DELETE", "ops/nobody", 404, "unknown-journal-entry"),
        ("DELETE", "ops/status", 409, "nothing-owed"),
        ("DELETE", "ops/a%2Fb%3Fc", 404, "unknown-journal-entry"),
    ],
)
async def test_what_cannot_be_ordered_changes_nothing(
    world: World, method: str, path: str, code: int, slug: str
) -> None:
    await down(world)
    status, problem = await world.send(method, f"/v1/journal/{path}")
    assert (status, problem["type"].rpartition(":")[2]) == (code, slug)
    assert kinds(world) == ["opened"]


async def test_what_is_on_its_way_cannot_be_dropped(world: World) -> None:
    world.receiver.answers.clear()
    telling = asyncio.create_task(down(world))

    async def on_its_way() -> bool:
        found = (await journal(world, "?owed=true")).entries
        return [one.owed.waits for one in found if one.owed] == ["being_told"]

    await until(on_its_way)
    code, problem = await world.send("DELETE", "/v1/journal/ops/status")
    assert (code, problem["type"].rpartition(":")[2]) == (409, "being-told")
    world.receiver.answers.set()
    await telling
    assert kinds(world) == ["opened"]


async def test_only_who_may_operate_orders_anything(world: World) -> None:
    await down(world, status=500)
    async with aiohttp.ClientSession() as session:
        for method, path in (("POST", "ops/retry"), ("POST", "ops/status/retry")):
            url = f"{world.daemon.url}/v1/journal/{path}"
            async with session.request(method, url) as response:
                assert response.status == 401
        async with session.delete(f"{world.daemon.url}/v1/journal/ops/status") as response:
            assert response.status == 401
