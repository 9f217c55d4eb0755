"""Moves over HTTP, and those that belong to an incident."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from monitor.core.breaker import Move, Moved, Sample, State
from monitor.core.grounds import Grounds, Rule
from monitor.web.models import MovesModel, ProblemModel, WholeIncidentModel
from monitor.web.moves import MOST_DURING
from tests.adapters.stories import healthy
from tests.adapters.web_world import World, serving
from tests.clock import START
from tests.stores import at, incident

SAMPLE = Sample(START, "server_error", 503, "HTTP 503")
TRIP = Moved(
    Move.TRIP,
    State.CLOSED,
    State.OPEN,
    1,
    START,
    "9 of 20 failed in 10 min (over 40 %), the last: HTTP 503",
    (SAMPLE,),
    10.0,
    Grounds(Rule.FAILURE_RATE, 9, 20, 40.0, 600.0),
)


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as world:
        world.board.publish(healthy())
        world.history.moved = [TRIP]
        yield world


async def test_a_move_says_what_it_rests_on(world: World) -> None:
    shown = (await world.read("/v1/endpoints/chat/moves", MovesModel)).model_dump(mode="json")
    assert shown == {
        "endpoint": "chat",
        "moves": [
            {
                "move": "trip",
                "before": "closed",
                "after": "open",
                "epoch": 1,
                "at": "2026-11-22T18:00:00Z",
                "reason": "9 of 20 failed in 10 min (over 40 %), the last: HTTP 503",
                "why": {
                    "rule": "failure_rate",
                    "count": 9,
                    "of": 20,
                    "threshold": 40.0,
                    "within": 600.0,
                    "by": None,
                },
                "samples": [
                    {
                        "at": "2026-11-22T18:00:00Z",
                        "category": "server_error",
                        "status": 503,
                        "fault": None,
                        "detail": "HTTP 503",
                    }
                ],
                "open_for": 10.0,
            }
        ],
    }
    assert world.history.asked_moves == [{"endpoint": "chat", "limit": 50, "end": None}]


async def test_the_page_before_is_asked_for_by_time(world: World) -> None:
    query = "limit=7&before=2026-11-22T19:00:00Z"
    await world.read(f"/v1/endpoints/chat/moves?{query}", MovesModel)
    (asked,) = world.history.asked_moves
    assert asked == {"endpoint": "chat", "limit": 7, "end": START + timedelta(hours=1)}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/endpoints/chat/moves?limit=0", 400),
        ("/v1/endpoints/chat/moves?limit=501", 400),
        ("/v1/endpoints/chat/moves?before=yesterday", 400),
        ("/v1/endpoints/nobody/moves", 404),
    ],
)
async def test_what_cannot_be_asked_is_a_problem(world: World, path: str, status: int) -> None:
    response, body = await world.ask(path)
    assert response.status == status
    ProblemModel.model_validate_json(body)


async def test_without_the_store_there_are_no_moves_to_be_had(world: World) -> None:
    world.history.broken = True
    response, _ = await world.ask("/v1/endpoints/chat/moves")
    assert response.status == 503


async def test_an_incident_shows_the_moves_from_its_begin_to_its_end(world: World) -> None:
    world.history.stored = [incident("done", endpoint="chat", closed_at=at(60))]
    shown = await world.read("/v1/incidents/done", WholeIncidentModel)
    assert shown.moves is not None
    assert [one.move for one in shown.moves] == [Move.TRIP]
    assert world.history.asked_moves == [
        {
            "endpoint": "chat",
            "limit": MOST_DURING,
            "start": at(0),
            "end": at(60) + timedelta(milliseconds=1),
            "newest_first": False,
        }
    ]
