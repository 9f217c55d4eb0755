"""Who is told to wait holds all that share its quota, before anybody waits for the store."""

import asyncio
from dataclasses import replace

import pytest

from monitor.core.breaker import Move, State
from monitor.core.endpoint import Endpoint
from monitor.core.exchange import Reply
from monitor.core.health import Health
from tests.core.engine_world import BAD, ENOUGH, OK, WAIT, World, names, only
from tests.examples import an_endpoint
from tests.fakes import Held


def shared(name: str, credential: str = "pat", *, together: bool = True) -> Endpoint:
    return replace(an_endpoint(name, credential=credential), quota=credential if together else None)


@pytest.fixture
def world() -> World:
    return World(shared("a"), shared("b"), shared("c"), shared("other", "chat"))


async def test_all_of_one_quota_are_held_and_nobody_else(world: World) -> None:
    await world.ticks(WAIT, name="a")
    assert [world.standing(n).health for n in "abc"] == [Health.THROTTLED] * 3
    assert world.standing("other").breaker.state is State.CLOSED
    assert [world.standing(n).breaker.retry_after for n in "abc"] == [90.0, 95.0, 95.0]
    assert {one.key for news in world.listener.news for one in news.incidents} == {"throttled:pat"}
    facts = {one.standing.endpoint: one for one in world.store.facts}
    assert [names(facts[n].moves) for n in "abc"] == [[Move.TRIP]] * 3


async def test_they_are_held_at_once_however_slow_the_store_is(world: World) -> None:
    world.store.slow = asyncio.Event()
    world.prober.will(WAIT)
    first = asyncio.create_task(world.tick("a"))
    async with asyncio.timeout(ENOUGH):
        await world.store.waiting.wait()
        asked = len(world.prober.asked)
        assert await world.tick("b", after=60.0) == pytest.approx(35.0)
        assert len(world.prober.asked) == asked, "b does not ask"
        world.store.slow.set()
        await first


async def test_what_is_in_flight_is_late_and_its_longer_hint_holds_for_all(world: World) -> None:
    held = Held()
    world.prober.will(held)
    flying = asyncio.create_task(world.tick("b"))
    async with asyncio.timeout(ENOUGH):
        await held.begun.wait()
        await world.ticks(WAIT, name="a", after=1.0)
        held.answer.set_result(Reply(429, headers={"retry-after": "600"}))
        assert await flying == pytest.approx(600.0)
    assert [world.standing(n).breaker.retry_after for n in "abc"] == [605.0, 600.0, 605.0]
    assert [world.standing(n).breaker.trips for n in "abc"] == [1, 1, 1]


async def test_one_that_is_down_is_only_kept_from_asking(world: World) -> None:
    await world.trip("b")
    await world.ticks(WAIT, name="a")
    standing = world.standing("b")
    assert (standing.health, standing.breaker.throttled) == (Health.DOWN, False)
    assert standing.breaker.retry_after == 95.0


async def test_one_in_half_open_is_held_too(world: World) -> None:
    await world.trip("b")
    world.prober.will(OK)
    await world.tick("b", after=10.0)
    assert world.standing("b").breaker.state is State.HALF_OPEN
    await world.ticks(WAIT, name="a")
    assert world.standing("b").breaker.state is State.OPEN
    assert world.standing("b").health is Health.THROTTLED


async def test_other_failures_hold_nobody(world: World) -> None:
    await world.trip("a")
    assert world.standing("b").breaker.state is State.CLOSED
    assert only(world.book.open_incidents()).key == "a"
    await world.ticks(BAD, name="b")


async def test_one_that_is_added_meanwhile_waits_with_the_others(world: World) -> None:
    await world.ticks(WAIT, name="a")
    world.clock.advance(30.0)
    world.engine.watch(shared("new"))
    world.engine.watch(shared("free", "chat"))
    standing = world.standing("new")
    assert (standing.health, standing.breaker.retry_after) == (Health.THROTTLED, 65.0)
    assert standing.reason == "throttled with a: HTTP 429"
    assert world.engine.first_in("new") == 65.0
    assert world.standing("free").breaker.state is State.CLOSED
    world.clock.advance(65.0)
    world.engine.watch(shared("late"))
    assert world.standing("late").breaker.state is State.CLOSED


async def test_those_that_wait_alone_hold_nobody() -> None:
    world = World(shared("a", together=False), shared("b"))
    await world.ticks(WAIT, name="a")
    assert world.standing("b").breaker.state is State.CLOSED
    assert only(world.book.open_incidents()).key == "a"


async def test_an_outcome_that_was_being_stored_shows_nothing_older_than_the_wait(
    world: World,
) -> None:
    world.store.slow = asyncio.Event()
    world.prober.will(BAD)
    failing = asyncio.create_task(world.tick("b"))
    async with asyncio.timeout(ENOUGH):
        await world.store.waiting.wait()
        world.prober.will(WAIT)
        told = asyncio.create_task(world.tick("a"))
        while world.standing_of("b").breaker.state is State.CLOSED:  # noqa: ASYNC110  the engine tells nobody
            await asyncio.sleep(0)
        world.store.slow.set()
        await asyncio.gather(failing, told)
    seen = [n.standing.breaker.state for n in world.listener.news if n.endpoint.id == "b"]
    assert seen[1:] == [State.OPEN, State.OPEN]
