"""After a start nothing new is told before everything has been seen: causes come before parts."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from monitor.app.telling.holding import Hold
from monitor.app.telling.picture import AWAITED, Picture
from monitor.board import Entry
from monitor.core.breaker import Snapshot
from monitor.core.incident import close
from monitor.core.instant import Instant
from monitor.core.outcome import Category
from monitor.core.standing import Standing
from tests.app.test_holding import incident
from tests.app.test_platform_down import PLATFORM
from tests.app.world import World
from tests.clock import START
from tests.examples import CLOSED, OPEN, a_standing, an_endpoint

A = an_endpoint("a")
UNSEEN = "just started: not everything has been looked at yet"

# ---------------------------------------------------------------- the rule


def after(seconds: float) -> Instant:
    return Instant(START + timedelta(seconds=seconds), 1000.0 + seconds)


def entry(seconds: float, category: Category = Category.OK, breaker: Snapshot = CLOSED) -> Entry:
    at = START + timedelta(seconds=seconds)
    return Entry(A, a_standing(category, breaker, endpoint=A, at=at))


def picture(*, due: float | None = 2.0, told: tuple[str, ...] = ()) -> Picture:
    found = Picture(lambda _: None if due is None else START + timedelta(seconds=due))
    found.begin(after(0), told)
    return found


@pytest.mark.parametrize(
    ("one", "due", "now", "waits"),
    [
        (entry(-5), 2.0, 1, True),
        (entry(1), 2.0, 1, False),
        (entry(1, Category.CREDENTIAL), 2.0, 1, False),
        (entry(1, Category.SERVER_ERROR), 2.0, 1, True),
        (entry(-5, Category.SERVER_ERROR, OPEN), 30.0, 1, False),
        (Entry(A, Standing("a")), 2.0, 1, True),
        (Entry(A, Standing("a")), 61.0, 0, False),
        (Entry(A, Standing("a")), None, 0, False),
        (entry(-5), 2.0, AWAITED - 0.1, True),
        (entry(-5), 2.0, AWAITED, False),
    ],
)
def test_news_waits_until_everything_was_seen_and_is_decided(
    one: Entry, due: float | None, now: float, waits: bool
) -> None:
    found = picture(due=due)
    found.look([entry(0.5), one], after(now))
    assert found.waits(incident(0)) is waits


def test_what_was_known_once_stays_known() -> None:
    found = picture()
    found.look([entry(1)], after(1))
    found.look([entry(2, Category.SERVER_ERROR)], after(2))
    assert not found.waits(incident(0))


def test_neither_an_end_waits_nor_what_somebody_knows_of_nor_anything_without_a_start() -> None:
    one = incident(0)
    assert not picture().waits(close(one, now=START, because="answers as expected"))
    assert not picture(told=(one.id,)).waits(one)
    assert not Picture(lambda _: None).waits(one)


def test_waiting_for_the_picture_is_not_late_but_what_began_before_the_start_is() -> None:
    found = picture()
    assert found.released(Hold(), incident(0)) == Hold()
    found.look([entry(5)], after(5))
    at = START + timedelta(seconds=5)
    assert found.released(Hold(), incident(0)).released_at == at
    assert found.released(Hold("", at + timedelta(1)), incident(0)).released_at == at + timedelta(1)
    for hold, one in (
        (Hold("part of it"), incident(0)),
        (Hold(), incident(-1)),
        (Hold(), incident(1)),
        (Hold(), close(incident(0), now=at, because="")),
    ):
        assert found.released(hold, one) == hold


# ---------------------------------------------------------------- the stories

NEEDS = PLATFORM.replace('/domains/"}}', '/domains/", needs: [status]}}')


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, NEEDS) as world:
        await world.pass_(120)
        yield world


def told(world: World) -> list[tuple[str, str]]:
    return [
        (m["type"].removeprefix("incident."), m["data"]["key"]) for m in world.receiver.messages
    ]


async def held(world: World) -> dict[str, str]:
    _, listed, _ = await world.get("/v1/incidents?open=true")
    return {one["key"]: one["held"] for one in listed["incidents"]}


async def trip_untold(world: World, where: str, name: str) -> None:
    """Have one endpoint go down while the receiver is away, and kill the daemon then."""
    world.receiver.status = 503
    world.break_(do="fail", status=503, where=where)
    due = world.metronome.next_at(name)
    assert due is not None
    await world.pass_((due - world.clock.now()).total_seconds() + 10.5)
    assert list(await held(world)) == [name]
    await world.kill()
    world.receiver.status = 204


@pytest.mark.parametrize("away", [5, 300, 7200])
async def test_a_platform_that_fell_while_we_were_away_is_one_message(
    world: World, away: float
) -> None:
    await trip_untold(world, "miniapps", "miniapps")
    world.break_(do="fail", status=503)
    world.clock.advance(away)
    await world.begin()
    await world.pass_(1)
    assert all((await held(world)).values())
    await world.pass_(60)
    assert told(world) == [("opened", "platform:default")]
    await world.pass_(240)
    assert told(world) == [("opened", "platform:default")]
    parent = (await held(world)).pop("platform:default")
    assert parent == ""
    world.mend()
    await world.pass_(900)
    assert told(world)[1:] == [("resolved", "platform:default")]


async def test_what_it_needs_is_told_and_not_what_was_seen_first(world: World) -> None:
    await trip_untold(world, "/orchestrator/api/nlu/", "domains")
    world.mend()
    only_two = [
        world.break_(do="fail", status=503, where=w)
        for w in ("envs-manager", "/orchestrator/api/nlu/")
    ]
    world.clock.advance(300)
    await world.begin()
    await world.pass_(4)
    assert (await held(world))["domains"] == UNSEEN
    await world.pass_(60)
    assert told(world) == [("opened", "status")]
    assert (await held(world))["domains"] != ""
    world.omilia.faults.clear(only_two[0])
    await world.pass_(900)
    assert told(world)[1:] == [("resolved", "status"), ("opened", "domains")]
    world.mend()
    await world.pass_(900)
    assert told(world)[3:] == [("resolved", "domains")]


async def test_what_fails_alone_is_told_after_a_restart_too(world: World) -> None:
    await trip_untold(world, "miniapps", "miniapps")
    world.clock.advance(300)
    await world.begin()
    await world.pass_(30)
    assert told(world) == [("opened", "miniapps")]
    assert world.receiver.messages[0]["data"]["late_by"] > 300, "nobody was there to tell it"


async def test_an_end_waits_for_nothing(world: World) -> None:
    world.break_(do="fail", status=503, where="miniapps")
    await world.pass_(90)
    await world.kill()
    world.mend()
    world.clock.advance(600)
    await world.begin()
    await world.pass_(20)
    assert told(world) == [("opened", "miniapps"), ("resolved", "miniapps")]
