"""Incidents and histories, asked of the real server over a history that may fail."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.incident import Severity
from monitor.ports import Bucket, StoreHealth
from monitor.web import models
from tests.adapters.stories import healthy, incident, tripped
from tests.adapters.web_world import World, serving
from tests.clock import START


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as world:
        yield world


@pytest.fixture
async def hasty() -> AsyncIterator[World]:
    """A server that does not wait for its store."""
    async with serving(patience=0.05) as world:
        yield world


def at(minutes: float) -> timedelta:
    return timedelta(minutes=minutes)


async def ids(world: World, query: str = "") -> list[str]:
    listing = await world.read(f"/v1/incidents{query}", models.IncidentsModel)
    return [each.id for each in listing.incidents]


# ---------------------------------------------------------------- incidents


async def test_an_incident_tells_the_whole_story(world: World) -> None:
    world.board.publish(tripped())
    world.clock.advance(90)
    told = {"channel": "ops", "status": "firing", "revision": 1, "at": START, "why": "first"}
    told |= {"trying": 2, "attempts": 1, "error": "unreachable (serverError): HTTP 500"}
    world.told["i-chat"] = [told]
    _, body = await world.ask("/v1/incidents/i-chat")
    assert json.loads(body) == {
        "id": "i-chat",
        "key": "chat",
        "endpoint": "chat",
        "group": "platform",
        "location": "default",
        "status": "open",
        "severity": "critical",
        "health": "down",
        "category": "server_error",
        "http_status": 503,
        "reason": "3 consecutive failures",
        "blame": "omilia",
        "sentence": "It is Omilia: it answers 503.",
        "parent": None,
        "children": [],
        "opened_at": "2026-11-22T18:00:00Z",
        "closed_at": None,
        "closed_because": "",
        "duration": 90.0,
        "revision": 1,
        "trips": 1,
        "inconclusive": 0,
        "last_good_at": "2026-11-22T17:59:00Z",
        "order": None,
        "ack": None,
        "why": None,
        "samples": [
            {
                "at": "2026-11-22T18:00:00Z",
                "category": "server_error",
                "status": 503,
                "fault": None,
                "detail": "HTTP 503: no healthy upstream",
            }
        ],
        "held": "",
        "told": [{**told, "at": "2026-11-22T18:00:00Z"}],
        "moves": [],
        "around": [],
    }
    assert models.WholeIncidentModel.model_validate_json(body).told[0].trying == 2


async def test_what_was_told_is_asked_once_for_a_page_of_incidents(world: World) -> None:
    told = {"channel": "ops", "status": "resolved", "revision": 2, "at": START, "why": "resolved"}
    told |= {"trying": None, "attempts": 0, "error": ""}
    world.told["n1"] = [told]
    world.history.stored = [
        incident(f"n{minute}", opened_at=START - at(minute), closed_after=1) for minute in range(3)
    ]
    listing = await world.read("/v1/incidents", models.IncidentsModel)
    assert [len(each.told) for each in listing.incidents] == [0, 1, 0]
    assert world.asked_told == [["n0", "n1", "n2"]]


async def test_a_closed_incident_comes_from_the_store(world: World) -> None:
    world.history.stored = [incident("old", closed_after=42.0)]
    view = await world.read("/v1/incidents/old", models.WholeIncidentModel)
    assert (view.status, view.duration) == ("closed", 42)
    assert view.closed_because == "answers as expected"


async def test_incidents_are_listed_the_newest_first_and_each_once(world: World) -> None:
    # stored too, before it got worse: the board knows better
    stale = replace(incident("i-chat", opened_at=START), severity=Severity.WARNING)
    world.history.stored = [
        incident("first", opened_at=START - at(30), closed_after=60),
        incident("second", opened_at=START - at(10), closed_after=60),
        stale,
    ]
    world.board.publish(tripped())
    listing = await world.read("/v1/incidents", models.IncidentsModel)
    assert [each.id for each in listing.incidents] == ["i-chat", "second", "first"]
    assert listing.incidents[0].severity is Severity.CRITICAL
    assert listing.complete
    assert await ids(world, "?open=true") == ["i-chat"]
    assert await ids(world, "?open") == ["i-chat"]
    assert await ids(world, "?open=false") == ["second", "first"]


async def test_incidents_are_paged_by_the_time_of_the_last(world: World) -> None:
    world.history.stored = [
        incident(f"n{minute}", opened_at=START - at(minute), closed_after=1) for minute in range(5)
    ]
    seen: list[str] = []
    query = "?limit=2"
    for _ in range(3):
        page = await world.read(f"/v1/incidents{query}", models.IncidentsModel)
        seen += [each.id for each in page.incidents]
        last = page.incidents[-1].opened_at.isoformat().replace("+00:00", "Z")
        query = f"?limit=2&before={last}"
    assert seen == ["n0", "n1", "n2", "n3", "n4"]


async def test_enough_closed_ones_are_found_behind_many_open_ones(world: World) -> None:
    for number in range(6):
        world.history.stored.append(incident(f"o{number}", opened_at=START - at(number)))
    for number in range(3):
        closed = incident(f"c{number}", opened_at=START - at(10 + number), closed_after=1)
        world.history.stored.append(closed)
    assert await ids(world, "?open=false&limit=2") == ["c0", "c1"]


async def test_before_applies_to_what_goes_on_too(world: World) -> None:
    world.board.publish(tripped())
    assert await ids(world, "?before=2026-11-22T18:00:00Z") == []
    assert await ids(world, "?before=2026-11-22T18:00:01Z") == ["i-chat"]
    assert await ids(world, "?open=true&before=2026-11-22T19:00:01%2B01:00") == ["i-chat"]
    assert await ids(world, "?open=true&before=2026-11-22T19:00:01+01:00") == ["i-chat"]


async def test_without_the_store_what_is_in_memory_is_shown_and_called_incomplete(
    world: World,
) -> None:
    world.board.publish(tripped())
    world.history.broken = True
    listing = await world.read("/v1/incidents", models.IncidentsModel)
    assert ([each.id for each in listing.incidents], listing.complete) == (["i-chat"], False)
    listing = await world.read("/v1/incidents?open=true", models.IncidentsModel)
    assert listing.complete  # the open ones are all in memory
    assert (await world.read("/v1/incidents/i-chat", models.WholeIncidentModel)).status == "open"


async def test_a_store_that_cannot_be_written_makes_the_list_incomplete(world: World) -> None:
    world.history.state = StoreHealth(START, "disk full", backlog=3)
    listing = await world.read("/v1/incidents", models.IncidentsModel)
    assert not listing.complete


# ---------------------------------------------------------------- history


async def test_a_history_has_counts_percentiles_and_availability(world: World) -> None:
    world.board.publish(healthy())
    world.history.rollups = [
        Bucket(START - at(10), 300.0, {"ok": 3, "server_error": 1}, 0.75, 0.1, 0.2, 0.3),
        Bucket(START - at(5), 300.0, {"ok": 4, "credential": 9}, 1.0, None, None, None),
    ]
    start, end = "2026-11-22T17:50:00Z", "2026-11-22T18:00:00Z"
    _, body = await world.ask(f"/v1/endpoints/chat/history?from={start}&to={end}&step=300")
    assert json.loads(body) == {
        "endpoint": "chat",
        "from": start,
        "to": end,
        "step": 300.0,
        "availability": 0.875,
        "buckets": [
            {
                "start": start,
                "counts": {"ok": 3, "server_error": 1},
                "availability": 0.75,
                "latency": {"p50": 0.1, "p95": 0.2, "p99": 0.3},
            },
            {
                "start": "2026-11-22T17:55:00Z",
                "counts": {"ok": 4, "credential": 9},
                "availability": 1.0,
                "latency": {"p50": None, "p95": None, "p99": None},
            },
        ],
    }
    models.HistoryModel.model_validate_json(body)
    assert ("chat", START - at(10), START, 300.0) in world.history.asked


@pytest.mark.parametrize(
    ("query", "step"),
    [
        ("", 300.0),
        ("?from=2026-11-22T17:00:00Z", 60.0),
        ("?from=2026-10-22T18:00:00Z", 10_800.0),
        ("?from=2006-11-22T18:00:00Z", 604_800.0),
    ],
)
async def test_a_history_without_a_step_gets_one_that_fits(
    world: World, query: str, step: float
) -> None:
    world.board.publish(healthy())
    view = await world.read(f"/v1/endpoints/chat/history{query}", models.HistoryModel)
    assert view.step == step
    assert view.end == START


async def test_a_history_that_cannot_be_read_says_so_and_when_to_ask_again(world: World) -> None:
    world.board.publish(healthy())
    world.history.broken = True
    for path in ("/v1/endpoints/chat/history", "/v1/incidents/old"):
        response, body = await world.ask(path)
        problem = models.ProblemModel.model_validate_json(body)
        assert (response.status, response.headers["Retry-After"]) == (503, "10")
        assert problem.type == "urn:omilia-monitor:problem:store-unavailable"
        assert "disk I/O" not in problem.detail


async def test_a_store_that_hangs_is_not_waited_for(
    hasty: World,
) -> None:
    world = hasty
    world.board.publish(tripped())
    world.history.release.clear()
    listing = await world.read("/v1/incidents", models.IncidentsModel)
    assert ([each.id for each in listing.incidents], listing.complete) == (["i-chat"], False)
    response, _ = await world.ask("/v1/endpoints/chat/history")
    assert response.status == 503
