"""/v1/availability: the contract's figures over HTTP."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from monitor.core.availability import Contract, Watch
from monitor.core.blame import Blame
from monitor.core.marks import Counts, RegionDown, Terms
from monitor.core.stretch import Mark, Presence, Stretch
from monitor.web.context import Context
from monitor.web.models import ContractModel, ProblemModel
from monitor.web.server import WebServer
from tests.adapters.web_world import World, serving
from tests.stores import incident

_DAY = timedelta(days=1)
START = datetime(2026, 11, 1, tzinfo=UTC)  # the clock of the tests says 22 November


def at(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def down(begin: datetime, end: datetime, **more: object) -> list[Stretch]:
    """Tell of one outage in a month that was well otherwise."""
    told = {"region": "us1", "reason": "HTTP 503", "cause": "server_error", **more}
    return [
        Stretch("iam", Mark.UP, START, begin, region="us1"),
        Stretch("iam", Mark.DOWN, begin, end, **told),  # type: ignore[arg-type]
        Stretch("iam", Mark.UP, end, None, region="us1"),
    ]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as world:
        world.history.watched = [
            Watch(
                "here",
                down(at(5), at(5, 0, 30), incident="one"),
                [Presence(START, world.clock.now())],
                {"one": incident("one", blame=Blame.OMILIA)},
            )
        ]
        yield world


async def test_it_answers_with_the_month_that_goes_on(world: World) -> None:
    answer = await world.read("/v1/availability", ContractModel)
    assert (answer.month, answer.start, answer.end) == ("2026-11", START, at(1) + 30 * _DAY)
    (region,) = answer.regions
    assert (region.region, region.location, region.until) == ("us1", "here", world.clock.now())
    assert (region.met, region.downtime, region.allowed) == (True, 1800.0, 2592.0)
    assert region.left == 792.0
    assert region.projected is not None
    assert 2400 < region.projected < 2500
    assert sum(region.seconds.values()) == 30 * 86_400
    (run,) = region.runs
    assert (run.start, run.end, run.seconds, run.counts) == (at(5), at(5, 0, 30), 1800.0, "down")
    assert (run.endpoints, run.incidents, run.causes) == (["iam"], ["one"], ["server_error"])
    (endpoint,) = region.endpoints
    assert (endpoint.endpoint, endpoint.critical, endpoint.downtime) == ("iam", True, 1800.0)


async def test_what_is_whole_alone_looks_whole(world: World) -> None:
    begin = at(5)
    world.history.watched = [
        Watch("here", down(begin, begin + timedelta(milliseconds=1)), [Presence(START, at(22))])
    ]
    answer = await world.read("/v1/availability", ContractModel)
    assert answer.regions[0].availability == 0.99999999


async def test_the_store_is_asked_for_the_month_of_the_contracts_calendar(world: World) -> None:
    zone = ZoneInfo("America/New_York")
    server = WebServer(_with(world, Contract(Terms(), zone)))
    await server.start("127.0.0.1", 0)
    try:
        world.url = f"http://127.0.0.1:{server.port}"
        answer = await world.read("/v1/availability?month=2026-11", ContractModel)
    finally:
        await server.stop()
    assert answer.timezone == "America/New_York"
    asked = [one for one in world.history.asked if one[0] == "watches"]
    assert asked == [("watches", at(1, 4), datetime(2026, 12, 1, 5, tzinfo=UTC), 0.0)]


def _with(world: World, contract: Contract) -> Context:
    return replace(world.context, contract=lambda: contract)


async def test_the_terms_are_those_of_the_configuration(world: World) -> None:
    terms = Terms(99.99, RegionDown.ALL, Counts.DOWN, Counts.DOWN)
    server = WebServer(_with(world, Contract(terms)))
    await server.start("127.0.0.1", 0)
    try:
        world.url = f"http://127.0.0.1:{server.port}"
        answer = await world.read("/v1/availability", ContractModel)
    finally:
        await server.stop()
    assert (answer.target, answer.region_down) == (0.9999, "all")
    assert (answer.throttled, answer.unclear) == ("down", "down")
    assert answer.regions[0].met is False


async def test_an_application_that_fails_is_not_omilias_downtime(world: World) -> None:
    (watch,) = world.history.watched
    blamed = {"one": incident("one", blame=Blame.APPLICATION)}
    world.history.watched = [Watch("here", watch.stretches, watch.presences, blamed)]
    (region,) = (await world.read("/v1/availability", ContractModel)).regions
    assert (region.downtime, region.seconds["ours"]) == (0.0, 1800.0)
    assert region.runs[0].causes == ["application"]
    unclear = {"one": incident("one", blame=Blame.UNCLEAR)}
    world.history.watched = [Watch("here", watch.stretches, watch.presences, unclear)]
    (region,) = (await world.read("/v1/availability", ContractModel)).regions
    assert (region.downtime, region.seconds["unclear"]) == (0.0, 1800.0)


async def test_one_region_can_be_asked_for(world: World) -> None:
    answer = await world.read("/v1/availability?region=us1", ContractModel)
    assert [one.region for one in answer.regions] == ["us1"]
    problem = await world.read("/v1/availability?region=mars", ProblemModel, 404)
    assert problem.type.endswith(":unknown-region")


@pytest.mark.parametrize("month", ["", "2026", "2026-13", "november"])
async def test_what_is_no_month_is_refused(world: World, month: str) -> None:
    problem = await world.read(f"/v1/availability?month={month}", ProblemModel, 400)
    assert problem.errors is not None
    assert problem.errors[0].parameter == "month"


async def test_a_store_that_cannot_be_read_is_said_to_be_so(world: World) -> None:
    world.history.broken = True
    response, _ = await world.ask("/v1/availability")
    assert response.status == 503
    assert "Retry-After" in response.headers


async def test_a_month_that_nobody_watched_has_no_regions(world: World) -> None:
    world.history.watched = []
    assert (await world.read("/v1/availability?month=2020-01", ContractModel)).regions == []
