"""The timeline over HTTP, and what happened around an incident."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from monitor.core.event import Event, Kind
from monitor.ports import Noted
from monitor.web.models import ProblemModel, TimelineModel, WholeIncidentModel
from monitor.web.timeline import AFTER, BEFORE, MOST_AROUND
from tests.adapters.web_world import World, serving
from tests.clock import START
from tests.stores import at, incident

RELEASE = Event(at(5), Kind.RELEASE, "1.17.0 became 1.18.0", "status", {"after": "1.18.0"})


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as world:
        world.history.happened = [Noted("here", RELEASE)]
        yield world


async def test_an_event_has_exactly_the_fields_of_the_interface(world: World) -> None:
    shown = (await world.read("/v1/timeline", TimelineModel)).model_dump(mode="json")
    assert shown["events"] == [
        {
            "at": "2026-11-22T18:00:05Z",
            "kind": "release",
            "endpoint": "status",
            "location": "here",
            "text": "1.17.0 became 1.18.0",
            "data": {"after": "1.18.0"},
        }
    ]
    assert world.history.asked_events == [
        {"limit": 100, "start": None, "end": None, "endpoint": None}
    ]


async def test_the_question_is_handed_on(world: World) -> None:
    query = "from=2026-11-22T18:00:00Z&to=2026-11-22T20:00:00%2B01:00&endpoint=status&limit=7"
    await world.read(f"/v1/timeline?{query}", TimelineModel)
    (asked,) = world.history.asked_events
    assert asked == {
        "limit": 7,
        "start": START,
        "end": START + timedelta(hours=1),
        "endpoint": "status",
    }


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "from=yesterday",
        "from=2026-11-22T18:00:00Z&to=2026-11-22T18:00:00Z",
    ],
)
async def test_what_cannot_be_used_is_said(world: World, query: str) -> None:
    problem = await world.read(f"/v1/timeline?{query}", ProblemModel, 400)
    assert problem.type.endswith("bad-parameter")


async def test_without_its_store_it_says_so(world: World) -> None:
    world.history.broken = True
    problem = await world.read("/v1/timeline", ProblemModel, 503)
    assert problem.type.endswith("store-unavailable")


async def test_an_incident_shows_what_happened_around_it(world: World) -> None:
    over = incident("over", opened_at=10, closed_at=at(70))
    world.history.stored = [over]
    shown = await world.read("/v1/incidents/over", WholeIncidentModel)
    assert shown.around is not None
    assert [one.text for one in shown.around] == ["1.17.0 became 1.18.0"]
    assert world.history.asked_events == [
        {
            "limit": MOST_AROUND,
            "start": at(10) - BEFORE,
            "end": at(70) + AFTER,
            "newest_first": False,
        }
    ]


async def test_an_incident_is_shown_although_nobody_knows_what_was_around_it(world: World) -> None:
    world.board.restore([incident("on")])
    world.history.broken = True
    assert (await world.read("/v1/incidents/on", WholeIncidentModel)).around is None
