"""The event stream over real connections: what is said, to whom, and in which order."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.breaker import State
from monitor.core.health import Health
from monitor.core.maintenance import EVERYTHING, Plan, Window
from monitor.web.models.stream import EVENTS
from monitor.web.stream.followers import Limits
from tests.adapters.following import PATIENCE, Follower, following, until
from tests.adapters.stories import healthy, incident, tripped
from tests.adapters.web_world import World, serving
from tests.clock import START


@pytest.fixture
async def world() -> AsyncIterator[World]:
    # Nobody pings here but the test: what is told must be told without.
    async with serving(limits=Limits(ping=3600.0)) as world:
        yield world


async def said(follower: Follower, count: int) -> list[tuple[str, str]]:
    return [(one.kind, one.about) for one in [await follower.next() for _ in range(count)]]


# ---------------------------------------------------------------- the beginning


async def test_a_new_follower_is_told_how_everything_stands(world: World) -> None:
    world.board.publish(healthy("chat"))
    world.board.publish(tripped("bots"))
    await world.settled()
    async with following(world.url) as follower:
        told = await follower.until("config")
        headers = follower.response.headers
    assert headers["Content-Type"] == "text/event-stream"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Accel-Buffering"] == "no"
    assert [(one.kind, one.about) for one in told] == [
        ("verdict", "chat"),
        ("health", "chat"),
        ("verdict", "bots"),
        ("health", "bots"),
        ("incident", "bots"),
        ("config", ""),
    ]
    assert [one.place is None for one in told] == [True] * 5 + [False], "only the end has a place"
    assert told[-1].data == {"endpoints": ["chat", "bots"]}
    _, body = await world.ask("/v1/verdicts/bots")
    assert told[2].data == json.loads(body)


async def test_every_event_has_its_shape(world: World) -> None:
    world.board.publish(tripped("chat"))
    world.board.publish(replace(healthy("chat"), incidents=(incident(closed_after=5.0),)))
    await world.settled()
    async with following(world.url, last=1) as follower:
        for one in await follower.until("config"):
            EVENTS[one.kind].model_validate_json(json.dumps(one.data))


async def test_the_stream_says_when_to_come_again(world: World) -> None:
    async with following(world.url) as follower:
        assert await follower.response.content.readline() == b"retry: 3000\n"


async def test_head_says_what_it_is_and_ends(world: World) -> None:
    response, body = await world.ask("/v1/events", "HEAD")
    assert (response.status, response.content_type, body) == (200, "text/event-stream", b"")


# ---------------------------------------------------------------- what is said


async def test_a_trip_is_told_with_all_that_hangs_on_it(world: World) -> None:
    world.board.publish(healthy())
    await world.settled()
    async with following(world.url) as follower:
        await follower.until("config")
        world.board.publish(tripped())
        told = [await follower.next() for _ in range(3)]
    assert [one.kind for one in told] == ["verdict", "health", "incident"]
    verdict, health, opened = (one.data for one in told)
    assert (verdict["allow"], verdict["state"], verdict["epoch"]) == (False, State.OPEN, 7)
    assert (health["health"], health["status"]) == (Health.DOWN, "major_outage")
    assert (opened["status"], opened["key"]) == ("open", "chat")
    places = [one.place for one in told]
    assert places == sorted(places, key=lambda place: place or 0)
    assert len(set(places)) == 3


async def test_one_good_outcome_after_another_is_no_news(world: World) -> None:
    world.board.publish(healthy())
    await world.settled()
    async with following(world.url) as follower:
        await follower.until("config")
        for second in range(1, 50):
            world.board.publish(healthy(at=START + timedelta(seconds=second)))
        assert not world.server.events.source._woken.is_set()
        assert not world.server.events.source._changed
        await world.server.events.ping()
        assert (await follower.next()).kind == "", "a sign of life, and nothing before it"


async def test_evidence_that_grows_old_is_told_and_so_is_its_end(world: World) -> None:
    world.board.publish(healthy())
    await world.settled()
    async with following(world.url) as follower:
        await follower.until("config")
        world.clock.advance(3600)
        await world.server.events.ping()
        verdict, health = await follower.next(), await follower.next()
        assert (verdict.data["unknown"], verdict.data["allow"]) == (True, True)
        assert (health.data["health"], health.data["status"]) == ("unknown", "unknown")
        world.board.publish(healthy(at=world.clock.now()))
        verdict, health = await follower.next(), await follower.next()
        assert (verdict.data["unknown"], health.data["health"]) == (False, "operational")


async def test_maintenance_that_begins_is_told_at_once(world: World) -> None:
    world.board.publish(healthy())
    await world.settled()
    async with following(world.url) as follower:
        await follower.until("config")
        end = START + timedelta(hours=1)
        world.board.plan = Plan([Window("w", "patch", START, end, EVERYTHING)])
        world.board.look(START)
        told = await follower.next()
        assert (told.kind, told.data["health"]) == ("health", "maintenance")
        assert told.data["status"] == "maintenance"


async def test_a_verdict_knows_when_the_next_probe_is_due_although_it_is_planned_later(
    world: World,
) -> None:
    async with following(world.url) as follower:
        await follower.until("config")
        world.board.publish(tripped())
        asyncio.get_running_loop().call_soon(
            lambda: world.due.update(chat=START + timedelta(seconds=20))
        )
        assert (await follower.next()).data["retry_after"] == 20.0


async def test_who_is_watched_is_told_after_a_reload(world: World) -> None:
    world.board.publish(healthy("chat"))
    world.board.publish(healthy("bots"))
    await world.settled()
    async with following(world.url) as follower:
        await follower.until("config")
        world.board.forget("chat")
        world.board.publish(healthy("new"))
        world.server.events.source.configured()
        told = await follower.until("config")
    assert [one.about for one in told] == ["new", "new", ""]
    assert told[-1].data == {"endpoints": ["bots", "new"]}


async def test_an_endpoint_that_comes_back_is_told_again(world: World) -> None:
    world.board.publish(healthy("chat"))
    await world.settled()
    world.board.forget("chat")
    world.server.events.source.configured()
    await world.settled()
    async with following(world.url) as follower:
        await follower.until("config")
        world.board.publish(healthy("chat"))
        assert await said(follower, 2) == [("verdict", "chat"), ("health", "chat")]


async def test_a_bug_with_one_endpoint_is_counted_and_silences_no_other(world: World) -> None:
    real = world.due.get

    def due(name: str) -> object:
        if name == "bad":
            raise ZeroDivisionError
        return real(name)

    world.board._next_probe = due  # type: ignore[assignment]
    async with following(world.url) as follower:
        await follower.until("config")
        world.board.publish(healthy("bad"))
        world.board.publish(healthy("good"))
        assert (await follower.next()).about == "good"
    assert world.bugs == ["events"]


# ---------------------------------------------------------------- going on


async def test_who_comes_back_is_told_what_it_missed_each_thing_once(world: World) -> None:
    world.board.publish(healthy("chat"))
    world.board.publish(healthy("bots"))
    await world.settled()
    async with following(world.url) as follower:
        await follower.until("config")
    for news in (tripped("chat"), healthy("chat"), tripped("chat", open_for=99.0)):
        world.board.publish(news)
        await world.settled()
    async with following(world.url, last=follower.place) as again:
        told = [await again.next() for _ in range(3)]
    assert {(one.kind, one.about) for one in told} == {
        ("verdict", "chat"),
        ("health", "chat"),
        ("incident", "chat"),
    }
    assert [one.data["allow"] for one in told if one.kind == "verdict"] == [False]
    async with following(world.url, last=again.place) as current:
        assert (await current.next()).kind == "", "nothing was missed: a sign of life, at once"


async def test_what_was_missed_is_told_as_it_is_now(world: World) -> None:
    async with following(world.url) as follower:
        await follower.until("config")
    world.due["chat"] = START + timedelta(seconds=60)
    world.board.publish(tripped())
    await world.settled()
    async with following(world.url, last=follower.place) as early:
        assert (await early.next()).data["retry_after"] == 60.0
    world.clock.advance(45)
    async with following(world.url, last=follower.place) as late:
        assert (await late.next()).data["retry_after"] == 15.0


@pytest.mark.parametrize("last", ["1", "99999999999999999", "seven", "-1", "9" * 40, "\u0663"])
async def test_who_comes_from_elsewhere_is_reset_and_told_everything(
    world: World, last: str
) -> None:
    world.board.publish(healthy())
    await world.settled()
    async with following(world.url, last=last) as follower:
        told = await follower.until("config")
    assert [one.kind for one in told] == ["reset", "verdict", "health", "config"]
    assert told[0].place is None


async def test_ids_of_a_later_run_are_greater(world: World) -> None:
    async with following(world.url) as first:
        await first.until("config")
    async with serving() as later:
        later.clock.advance(1)
        later.server.events.source.__init__(later.board, later.clock, later.bugs.append)  # type: ignore[misc]
        assert later.server.events.source.ring.head > (first.place or 0)


# ---------------------------------------------------------------- only some endpoints


async def test_a_follower_hears_only_of_the_endpoints_that_it_asked_for(world: World) -> None:
    for name in ("chat", "bots", "auth"):
        world.board.publish(healthy(name))
    await world.settled()
    async with following(world.url, "/v1/events?endpoint=chat&endpoint=auth") as follower:
        told = await follower.until("config")
        assert {one.about for one in told} == {"chat", "auth", ""}
        world.board.publish(tripped("bots"))
        silent = await follower.next()
        assert silent.kind == ""
        assert silent.place == world.server.events.source.ring.head, "its place moves with it"
        world.board.publish(tripped("auth"))
        assert await said(follower, 3) == [
            ("verdict", "auth"),
            ("health", "auth"),
            ("incident", "auth"),
        ]
    async with following(world.url, "/v1/events?endpoint=chat", last=silent.place) as again:
        assert (await again.next()).kind == ""


async def test_an_endpoint_that_is_not_there_yet_can_be_followed(world: World) -> None:
    async with following(world.url, "/v1/events?endpoint=later") as follower:
        await follower.until("config")
        world.board.publish(healthy("later"))
        assert (await follower.next()).about == "later"


@pytest.mark.parametrize("query", ["endpoint=Chat", "endpoint=", "&".join(["endpoint=a"] * 101)])
async def test_a_filter_that_can_mean_nothing_is_refused(world: World, query: str) -> None:
    response, body = await world.ask(f"/v1/events?{query}")
    assert response.status == 400
    assert json.loads(body)["errors"][0]["parameter"] == "endpoint"


# ---------------------------------------------------------------- limits, and the end


async def test_one_too_many_is_told_when_to_come_again_and_a_place_is_free_at_once() -> None:
    async with serving(limits=Limits(most=1)) as world:
        async with following(world.url) as follower:
            await follower.until("config")
            response, body = await world.ask("/v1/events")
            assert (response.status, response.headers["Retry-After"]) == (503, "30")
            assert json.loads(body)["type"].endswith(":too-many-followers")
            assert (await world.ask("/v1/verdicts"))[0].status == 200
        await until(lambda: not len(world.server.events.followers))
        async with following(world.url) as follower:
            await follower.until("config")


async def test_who_takes_nothing_is_dropped_and_can_go_on() -> None:
    async with serving(limits=Limits(taken_within=0.2)) as world:
        followers = world.server.events.followers
        async with following(world.url) as follower:
            await follower.until("config")
            transport = follower.response.connection.transport  # type: ignore[union-attr]
            transport.pause_reading()  # type: ignore[union-attr]
            news, reasons = healthy(), itertools.count()

            def talk() -> bool:
                reason = f"{next(reasons)} " * 50_000
                world.board.publish(replace(news, standing=replace(news.standing, reason=reason)))
                return followers.dropped > 0

            await until(talk)
        assert len(followers) == 0
        followers._limits = Limits()
        world.board.publish(healthy())
        await world.settled()
        async with following(world.url, last=follower.place) as again:
            told = await again.until("verdict")
        assert (told[-1].about, told[-1].data["reason"]) == ("chat", "")


async def test_a_stop_ends_the_streams_at_once_and_not_after_a_grace() -> None:
    async with serving() as world:
        async with following(world.url) as follower:
            await follower.until("config")
            stopping = asyncio.create_task(world.server.stop())
            with pytest.raises(EOFError):
                await follower.next()
            async with asyncio.timeout(PATIENCE):
                await stopping
        assert world.bugs == []


async def test_a_stop_waits_for_nobody_who_takes_nothing() -> None:
    async with serving(limits=Limits(taken_within=3600.0)) as world:
        async with following(world.url) as follower:
            await follower.until("config")
            news, places = healthy(), itertools.count()
            blocked = [-1]

            def talk() -> bool:
                """Talk on until the follower is stuck at a place while the ring goes on."""
                reason = f"{next(places)} " * 50_000
                world.board.publish(replace(news, standing=replace(news.standing, reason=reason)))
                blocked.append(world.server.events.followers.slowest)
                return len(blocked) > 20 and len(set(blocked[-20:])) == 1

            follower.response.connection.transport.pause_reading()  # type: ignore[union-attr]
            await until(talk)
            async with asyncio.timeout(PATIENCE):
                await world.server.stop()
        assert len(world.server.events.followers) == 0


async def test_streams_take_no_connection_from_the_rest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.web.connection.CONNECTIONS", 1)
    async with following(world.url) as one, following(world.url) as two:
        await one.until("config")
        await two.until("config")
        assert (await world.ask("/livez"))[0].status == 200


async def test_a_thousand_followers_share_one_rendering(world: World) -> None:
    made: list[str] = []
    world.board._next_probe = made.append
    for number in range(20):
        world.board.publish(healthy(f"e{number}"))
    await world.settled()
    made.clear()
    snapshots = [
        await world.server.events.followers._snapshots.get(frozenset()) for _ in range(1000)
    ]
    assert len({id(text) for _, text in snapshots}) == 1
    assert len(made) == 20
    world.board.publish(tripped("e0"))
    await world.settled()
    made.clear()
    place = snapshots[0][0]
    texts = [world.server.events.followers._since(place, frozenset()) for _ in range(1000)]
    assert len({id(text) for text in texts}) == 1
    assert made == ["e0"]
