"""What operators announce and end: durable before it holds, one id each, and bounded."""

import asyncio
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from monitor.app.maintenance.almanac import Almanac
from monitor.app.maintenance.upkeep import MOST, Upkeep
from monitor.app.settings import Maintenance
from monitor.board import Board
from monitor.core.event import Event
from monitor.core.maintenance import Copy, Window
from tests.clock import START, FakeClock
from tests.examples import an_endpoint

CHAT = an_endpoint()
PATCH = Maintenance.model_validate(
    {"name": "patch", "cron": "0 * * * *", "timezone": "UTC", "duration": "30m"}
)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def window(start: float, end: float) -> Window:
    return Window("", "w", at(start), at(end), by="ops")


class House:
    """An upkeep with a board, a shelf that may be slow, and a timeline."""

    def __init__(self) -> None:
        self.board = Board()
        self.clock = FakeClock()
        self.kept: list[Window] = []
        self.noted: list[Event] = []
        self.looks = 0
        self.writes = asyncio.Event()
        self.writes.set()
        self.almanac = Almanac(self.clock, self._keep_copy, lambda _: None, lambda: ())
        self.upkeep = Upkeep(
            self.board,
            self.clock,
            self.almanac,
            keep=self._keep,
            timeline=self,
            held=self._look,
        )

    async def _keep(self, one: Window) -> None:
        await self.writes.wait()
        self.kept.append(one)

    async def _keep_copy(self, _: Copy) -> None: ...

    def note(self, event: Event) -> None:
        self.noted.append(event)

    def _look(self) -> None:
        self.looks += 1

    def in_maintenance(self) -> bool:
        return self.board.maintenance(CHAT, self.clock.now()) is not None

    @property
    def told(self) -> list[tuple[str, Any]]:
        return [(event.text.split()[1].rstrip(":"), event.data["by"]) for event in self.noted]


async def test_a_window_holds_when_it_is_durable_and_not_before() -> None:
    house = House()
    house.writes.clear()
    announcing = asyncio.create_task(house.upkeep.announce(window(0, 60)))
    await asyncio.sleep(0)
    await house.upkeep.renew()
    house.upkeep.plan()
    assert not house.in_maintenance()
    house.writes.set()
    named = await announcing
    assert house.in_maintenance()
    assert house.kept == [named]


async def test_windows_of_one_second_have_ids_of_their_own_after_a_restart_too() -> None:
    house = House()
    named = await asyncio.gather(*(house.upkeep.announce(window(0, 60)) for _ in range(3)))
    after = House()
    after.upkeep.restore(house.kept)
    named += await asyncio.gather(*(after.upkeep.announce(window(0, 60)) for _ in range(3)))
    ids = [one.id for one in named if one is not None]
    assert len(set(ids)) == 6


async def test_too_many_are_not_taken_and_those_that_are_over_do_not_count() -> None:
    house = House()
    for _ in range(MOST):
        assert await house.upkeep.announce(window(0, 60)) is not None
    assert await house.upkeep.announce(window(0, 60)) is None
    assert len(house.kept) == MOST
    house.clock.advance(3600)
    assert await house.upkeep.announce(window(60, 120)) is not None


async def test_a_window_that_is_ended_twice_was_ended_once() -> None:
    house = House()
    named = await house.upkeep.announce(window(0, 60))
    assert named is not None
    house.clock.advance(60)
    over = await house.upkeep.end(named.id, "boss")
    assert over is not None
    assert (over.end, over.ended_by, over.revision) == (at(1), "boss", 2)
    assert await house.upkeep.end(named.id, "boss") is None
    assert house.told == [("began", "ops"), ("ended", "boss")]
    assert [event.at for event in house.noted] == [at(0), at(1)]


async def test_a_window_that_is_taken_back_never_began() -> None:
    house = House()
    named = await house.upkeep.announce(window(30, 60))
    assert named is not None
    over = await house.upkeep.end(named.id, "ops")
    assert over is not None
    assert over.start == over.end
    house.clock.advance(45 * 60)
    house.upkeep.look()
    assert not house.in_maintenance()
    assert house.noted == []


async def test_one_occurrence_of_the_configuration_is_ended_and_no_other() -> None:
    house = House()
    await house.almanac.adopt([PATCH])
    house.upkeep.plan()
    first, second, *_ = house.upkeep.windows()
    assert (first.id, first.is_active(START)) == ("patch-20261122T180000Z", True)
    await house.upkeep.end(first.id, "ops")
    assert not house.in_maintenance()
    after = House()
    after.upkeep.restore(house.kept)
    await after.almanac.adopt([PATCH])
    after.upkeep.plan()
    assert not after.in_maintenance()
    assert after.upkeep.windows()[0] == second


async def test_an_older_revision_does_not_undo_a_newer_one() -> None:
    house = House()
    named = await house.upkeep.announce(window(0, 60))
    assert named is not None
    over = await house.upkeep.end(named.id, "ops")
    assert over is not None
    for order in ((named, over), (over, named)):
        after = House()
        after.upkeep.restore(order)
        after.upkeep.plan()
        assert not after.in_maintenance()


async def test_the_next_moment_is_when_something_begins_or_ends() -> None:
    house = House()
    await house.upkeep.announce(window(10, 20))
    assert house.upkeep.next_moment() == at(10)
    house.clock.advance(600)
    assert house.upkeep.next_moment() == at(20)


async def test_alerts_are_looked_at_when_something_begins_or_ends_and_not_in_between() -> None:
    house = House()
    await house.upkeep.announce(window(10, 20))
    looks = [house.looks]
    for _ in range(5):
        house.clock.advance(300)
        house.upkeep.look()
        looks.append(house.looks)
    assert [after - before for before, after in pairwise(looks)] == [0, 1, 0, 1, 0]


async def test_what_was_removed_from_the_configuration_ended_when_it_was_removed() -> None:
    house = House()
    await house.almanac.adopt([PATCH])
    house.upkeep.plan()
    house.clock.advance(60)
    await house.almanac.adopt([])
    house.upkeep.plan()
    assert not house.in_maintenance()
    assert [(event.at, event.data["window"]) for event in house.noted] == [
        (at(0), "patch-20261122T180000Z"),
        (at(1), "patch-20261122T180000Z"),
    ]


@pytest.mark.parametrize("days", [1, 100])
async def test_the_almanac_looks_ahead_as_time_goes_on(days: int) -> None:
    house = House()
    await house.almanac.adopt([PATCH])
    house.upkeep.plan()
    house.clock.advance(days * 86_400 + 60)
    await house.upkeep.renew()
    house.upkeep.look()
    assert house.in_maintenance()
    house.clock.step(-50 * 86_400)
    await house.upkeep.renew()
    house.upkeep.look()
    assert house.in_maintenance(), "also when the clock was set back"
