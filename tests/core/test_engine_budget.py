"""The engine and a budget: who may not send waits, and nothing is spent on what is not sent."""

from dataclasses import replace

import pytest

from monitor.core.breaker import State
from monitor.core.budget import Allowance
from monitor.core.budgets import Budgets, is_urgent
from monitor.core.endpoint import Endpoint
from monitor.core.outcome import Category
from monitor.core.standing import Standing
from tests.core.engine_world import BAD, OK, WAIT, World
from tests.examples import HALF_OPEN, OPEN, a_standing, an_endpoint


def member(name: str, *, needs: tuple[str, ...] = (), quota: str | None = None) -> Endpoint:
    return replace(an_endpoint(name, needs=needs), budget="ocp", quota=quota)


def world_with(requests: int, *endpoints: Endpoint, reserve: int = 0) -> World:
    budgets = Budgets({"ocp": Allowance(requests, 60.0, reserve)})
    return World(*endpoints, budgets=budgets)


def used(world: World) -> int:
    budget = world.engine._budgets.named("ocp")
    assert budget is not None
    return budget.used(world.clock.mono)


def waiting(world: World) -> int:
    budget = world.engine._budgets.named("ocp")
    assert budget is not None
    return len(budget.waiting(world.clock.mono))


async def test_who_finds_no_room_is_not_sent_and_comes_back_when_told() -> None:
    world = world_with(1, member("a"), member("b"))
    assert await world.tick("a") is None
    assert await world.tick("b", after=10.0) == 50.0
    assert len(world.prober.asked) == 1
    delay = await world.tick("b", after=50.0)
    assert len(world.prober.asked) == 2
    assert delay is not None
    assert 30.0 <= delay <= 90.0, "not again at its next place on the grid if that is soon"


async def test_an_endpoint_without_a_budget_never_waits() -> None:
    world = world_with(1, member("a"), an_endpoint("free"))
    await world.tick("a")
    for _ in range(5):
        assert await world.tick("free") is None
    assert len(world.prober.asked) == 6


async def test_what_is_not_admitted_costs_nothing() -> None:
    world = world_with(9, member("a", quota="pat"), member("b", quota="pat"))
    await world.ticks(WAIT, name="a", after=1.0)
    assert used(world) == 1
    assert await world.tick("b", after=1.0) is not None
    assert used(world) == 1


async def test_what_is_blocked_costs_nothing_and_gives_up_its_place_in_line() -> None:
    world = world_with(4, an_endpoint("iam"), member("a", needs=("iam",)), member("b"))
    for _ in range(4):
        await world.tick("b", after=1.0)
    await world.tick("a", after=1.0)
    assert waiting(world) == 1
    await world.trip("iam")
    await world.tick("a")
    assert (waiting(world), world.standing("a").last.category) == (0, Category.BLOCKED)  # type: ignore[union-attr]


async def test_what_is_no_longer_watched_gives_up_its_place_in_line() -> None:
    world = world_with(1, member("a"), member("b"))
    await world.tick("a")
    await world.tick("b", after=1.0)
    await world.engine.unwatch("b")
    assert waiting(world) == 0
    await world.tick("a", after=1.0)
    world.engine.watch(replace(an_endpoint("a"), budget=None))
    assert waiting(world) == 0


async def test_confirmations_and_trials_are_let_through_by_what_is_kept_for_them() -> None:
    world = world_with(5, member("a"), *(member(f"e{n}") for n in range(3)), reserve=4)
    await world.ticks(BAD, name="a")
    for n in range(3):
        assert await world.tick(f"e{n}", after=1.0) is not None, "they wait"
    await world.ticks(BAD, BAD, name="a", after=1.0)
    assert world.standing("a").breaker.state is State.OPEN
    world.prober.will(OK)
    assert await world.tick("a", after=10.0) == 5.0
    assert world.standing("a").breaker.state is State.HALF_OPEN
    assert used(world) == 4


@pytest.mark.parametrize(
    ("standing", "urgent"),
    [
        (Standing("chat"), False),
        (a_standing(Category.OK), False),
        (a_standing(Category.SLOW), False),
        (a_standing(Category.CREDENTIAL), False),
        (a_standing(Category.SERVER_ERROR), True),
        (a_standing(Category.SERVER_ERROR, OPEN), True),
        (a_standing(Category.OK, HALF_OPEN), True),
    ],
)
def test_what_decides_something_is_urgent(standing: Standing, urgent: bool) -> None:
    assert is_urgent(standing) is urgent
