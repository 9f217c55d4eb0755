"""Availability: asked of the store behind the answers, never in front of them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta

import pytest

from monitor.ports import Bucket
from monitor.web import availability, models
from monitor.web.availability import Availability
from tests.adapters.stories import healthy
from tests.adapters.web_world import World, serving
from tests.clock import START

PERFECT = Bucket(START, 60.0, {"ok": 1}, 1.0, None, None, None)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as world:
        yield world


async def known(world: World) -> float:
    """Ask until it is known."""
    async with asyncio.timeout(60):
        while True:
            view = await world.read("/v1/endpoints/chat", models.EndpointModel)
            if view.availability is not None:
                return view.availability


async def test_the_first_answer_does_not_wait_and_a_figure_is_kept_for_a_minute(
    world: World,
) -> None:
    good, bad = {"ok": 9, "credential": 5}, {"ok": 0, "server_error": 1}
    day = 86_400.0
    world.history.rollups = [
        Bucket(START - timedelta(days=1), day, good, 1.0, None, None, None),
        Bucket(START, day, bad, 0.0, None, None, None),
    ]
    world.history.release.clear()
    world.board.publish(healthy())
    first = await world.read("/v1/endpoints/chat", models.EndpointModel)
    assert first.availability is None
    world.history.release.set()
    assert await known(world) == 0.9
    asked = len(world.history.asked)
    await world.read("/v1/endpoints", models.EndpointsModel)
    assert len(world.history.asked) == asked


async def test_a_figure_outlives_a_failing_store_for_an_hour(world: World) -> None:
    world.history.rollups = [PERFECT]
    world.board.publish(healthy())
    assert await known(world) == 1.0
    world.history.broken = True
    world.clock.advance(120)
    assert await known(world) == 1.0
    world.clock.advance(3600)
    view = await world.read("/v1/endpoints/chat", models.EndpointModel)
    assert view.availability is None


@pytest.mark.parametrize("fault", ["broken", "hangs", "bug"])
async def test_a_store_in_trouble_is_asked_again_when_somebody_looks(
    fault: str, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.server._availability._patience = 0.05
    world.history.rollups = [PERFECT]
    healthy_buckets = world.history.buckets
    failed = asyncio.Event()

    async def trouble(
        endpoint: str, *, start: datetime, end: datetime, step: float
    ) -> Sequence[Bucket]:
        failed.set()
        if fault == "bug":
            raise RuntimeError("a bug in the store")
        return await healthy_buckets(endpoint, start=start, end=end, step=step)

    monkeypatch.setattr(world.history, "buckets", trouble)
    world.history.broken = fault == "broken"
    if fault == "hangs":
        world.history.release.clear()
    world.board.publish(healthy())
    await world.read("/v1/endpoints/chat", models.EndpointModel)
    async with asyncio.timeout(60):
        await failed.wait()
    monkeypatch.setattr(world.history, "buckets", healthy_buckets)
    world.history.broken = False
    world.history.release.set()
    assert await known(world) == 1.0


async def test_every_endpoint_is_asked_for_now_and_then_and_others_are_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(availability, "BEAT", 0.02)
    world = World()
    world.history.rollups = [PERFECT]
    world.board.publish(healthy("chat"))
    world.board.publish(healthy("bots"))
    figures = Availability(world.board, world.clock, world.history, 5.0)
    figures.start()
    try:
        await until(figures, {"chat": 1.0, "bots": 1.0})
        world.board.forget("bots")
        await until(figures, {"chat": 1.0, "bots": None})
    finally:
        await figures.stop()


async def until(figures: Availability, wanted: dict[str, float | None]) -> None:
    async with asyncio.timeout(60):
        while {name: figures.of(name) for name in wanted} != wanted:  # noqa: ASYNC110  the beat tells nobody
            await asyncio.sleep(0.01)
