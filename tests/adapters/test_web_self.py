"""The daemon's own health, its metrics, the index, and the description of the interface."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import fastjsonschema
import pytest

from monitor.core.availability import Watch
from monitor.core.breaker import State
from monitor.core.event import Event, Kind
from monitor.core.matchers import matcher
from monitor.core.silence import Silence
from monitor.core.stretch import Mark, Presence, Stretch
from monitor.ports import Noted, StoreHealth
from monitor.web import models
from monitor.web.context import ReadyCheck
from monitor.web.server import WebServer
from tests.adapters.stories import healthy, incident, tripped
from tests.adapters.web_world import World, serving
from tests.clock import START


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as world:
        yield world


# ---------------------------------------------------------------- livez, readyz, health


async def test_an_outage_of_omilias_leaves_our_own_health_alone(world: World) -> None:
    world.board.publish(tripped())
    for path in ("/livez", "/readyz", "/health"):
        response, _ = await world.ask(path)
        assert response.status == 200


async def test_livez_is_503_when_the_loop_no_longer_ticks(world: World) -> None:
    response, body = await world.ask("/livez")
    assert (response.status, response.content_type, body) == (200, "text/plain", b"ok\n")
    world.alive = (False, "last tick 40 s ago")
    response, body = await world.ask("/livez")
    assert (response.status, body) == (503, b"failed: last tick 40 s ago\n")


async def test_readyz_says_what_was_looked_at(world: World) -> None:
    response, body = await world.ask("/readyz")
    assert (response.status, body) == (200, b"ok\n")
    response, body = await world.ask("/readyz?verbose")
    assert body == b"[+]store ok\n[+]scheduler ok\nready\n"


async def test_readyz_fails_with_one_check_and_can_be_told_to_leave_it_out(world: World) -> None:
    world.checks[0] = ReadyCheck("store", ok=False, detail="disk full")
    response, body = await world.ask("/readyz")
    assert (response.status, response.content_type) == (503, "text/plain")
    assert body == b"[-]store failed: disk full\n[+]scheduler ok\nnot ready\n"
    response, body = await world.ask("/readyz?exclude=store&verbose")
    assert (response.status, body) == (200, b"[+]scheduler ok\nready\n")
    response, body = await world.ask("/readyz?exclude=stores&verbose")
    assert response.status == 503
    assert b"there is no check 'stores' to exclude\n" in body


async def test_health_warns_of_a_failing_store_and_fails_only_with_the_loop(
    world: World,
) -> None:
    async def health(code: int) -> tuple[str, dict[str, str]]:
        response, body = await world.ask("/health")
        assert (response.status, response.content_type) == (code, "application/health+json")
        seen = models.SelfHealthModel.model_validate_json(body)
        return seen.status, {name: each[0].status for name, each in seen.checks.items()}

    passed = {"loop:alive": "pass", "store:backlog": "pass"}
    passed |= {"store:ready": "pass", "scheduler:ready": "pass"}
    assert await health(200) == ("pass", passed)
    world.checks[0] = ReadyCheck("store", ok=False, detail="disk full")
    world.history.state = StoreHealth(world.clock.now(), "disk full", backlog=7)
    warned = passed | {"store:backlog": "warn", "store:ready": "warn"}
    assert await health(200) == ("warn", warned)
    world.alive = (False, "last tick 40 s ago")
    assert await health(503) == ("fail", warned | {"loop:alive": "fail"})


async def test_metrics_are_asked_with_the_accept_header_and_answered_as_they_are(
    world: World,
) -> None:
    response, body = await world.ask("/metrics", headers={"Accept": "application/openmetrics-text"})
    assert body == b"up 1\n"
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert world.accepted == ["application/openmetrics-text"]


# ---------------------------------------------------------------- index


async def test_the_index_is_json_or_text_by_accept(world: World) -> None:
    response, body = await world.ask("/", headers={"Accept": "application/json"})
    index = models.IndexModel.model_validate_json(body)
    assert (index.name, index.version, index.status) == ("omilia-monitor", "1.2.3", "unknown")
    assert "/v1/verdicts/{id}" in index.paths
    response, body = await world.ask("/")
    assert response.content_type == "text/plain"
    assert b"/v1/verdicts/{id}" in body


# ---------------------------------------------------------------- OpenAPI


async def described(world: World) -> dict[str, Any]:
    response, body = await world.ask("/openapi.json")
    assert response.content_type == "application/json"
    document: dict[str, Any] = json.loads(body)
    return document


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


async def test_every_reference_of_the_description_leads_somewhere(world: World) -> None:
    document = await described(world)
    found = set(references(document))
    assert found
    for reference in found:
        assert reference.startswith("#/components/schemas/")
        assert reference.rpartition("/")[2] in document["components"]["schemas"]


async def test_the_description_is_well_formed(world: World) -> None:
    document = await described(world)
    assert document["openapi"] == "3.1.1"
    assert document["info"]["version"] == "1.2.3"
    operations = [
        (path, each) for path, methods in document["paths"].items() for each in methods.values()
    ]
    names = [operation["operationId"] for _, operation in operations]
    assert len(names) == len(set(names))
    for path, operation in operations:
        in_path = [p["name"] for p in operation["parameters"] if p["in"] == "path"]
        assert in_path == re.findall(r"\{(\w+)\}", path)
        assert all(p["required"] for p in operation["parameters"] if p["in"] == "path")
        assert operation["responses"]
        assert all(each["description"] for each in operation["responses"].values())


async def test_every_path_that_is_served_is_described_and_the_other_way_round(
    world: World,
) -> None:
    document = await described(world)
    application = world.server._application()
    served = {resource.canonical for resource in application.router.resources()}
    assert served == set(document["paths"])


ASKED = {
    "/": [("/", 200)],
    "/v1/status": [("/v1/status", 200)],
    "/v1/endpoints": [("/v1/endpoints", 200)],
    "/v1/endpoints/{id}": [("/v1/endpoints/chat", 200), ("/v1/endpoints/x", 404)],
    "/v1/endpoints/{id}/moves": [
        ("/v1/endpoints/chat/moves", 200),
        ("/v1/endpoints/chat/moves?limit=0", 400),
        ("/v1/endpoints/x/moves", 404),
    ],
    "/v1/endpoints/{id}/history": [
        ("/v1/endpoints/chat/history", 200),
        ("/v1/endpoints/chat/history?step=1", 400),
        ("/v1/endpoints/x/history", 404),
    ],
    "/v1/budgets": [("/v1/budgets", 200)],
    "/v1/verdicts": [("/v1/verdicts", 200)],
    "/v1/verdicts/{id}": [
        ("/v1/verdicts/chat", 200),
        ("/v1/verdicts/bots", 503),
        ("/v1/verdicts/x", 404),
    ],
    "/v1/incidents": [("/v1/incidents", 200), ("/v1/incidents?limit=x", 400)],
    "/v1/availability": [
        ("/v1/availability", 200),
        ("/v1/availability?month=x", 400),
        ("/v1/availability?region=x", 404),
    ],
    "/v1/timeline": [("/v1/timeline", 200), ("/v1/timeline?limit=x", 400)],
    "/v1/incidents/{id}": [("/v1/incidents/i-bots", 200), ("/v1/incidents/x", 404)],
    "/v1/events": [("/v1/events?endpoint=X", 400)],  # the stream itself has no end
    "/v1/credentials": [("/v1/credentials", 200)],
    "/v1/maintenance": [("/v1/maintenance", 200), ("/v1/maintenance?limit=x", 400)],
    "/v1/silences": [("/v1/silences", 200), ("/v1/silences?state=x", 400)],
    "/v1/silences/{id}": [("/v1/silences/s1", 200), ("/v1/silences/x", 404)],
    "/v1/journal": [
        ("/v1/journal", 200),
        ("/v1/journal?limit=x", 400),
        ("/v1/journal?channel=x", 404),
    ],
    "/metrics": [("/metrics", 200)],
    "/livez": [("/livez", 200)],
    "/readyz": [("/readyz", 200)],
    "/health": [("/health", 200)],
    "/openapi.json": [("/openapi.json", 200)],
}


async def test_every_answer_is_as_the_description_says(world: World) -> None:
    world.board.publish(healthy("chat"))
    world.board.publish(tripped("bots"))
    world.history.stored = [incident("old", closed_after=5.0)]
    world.history.happened = [Noted("here", Event(START, Kind.RELEASE, "2 became 3"))]
    world.history.moved = list(tripped("bots").moves)
    went = Stretch("chat", Mark.DOWN, START, region="us1")
    world.history.watched = [Watch("here", [went], [Presence(START, START + timedelta(hours=1))])]
    ends = START + timedelta(hours=1)
    known = Silence("s1", (matcher("group=chat"),), START, ends, "ops", "known, ticket 4711")
    world.silences.restore([known])
    document = await described(world)
    assert set(ASKED) == {path for path, methods in document["paths"].items() if "get" in methods}
    for path, questions in ASKED.items():
        responses = document["paths"][path]["get"]["responses"]
        for question, status in questions:
            response, body = await world.ask(question, headers={"Accept": "application/json"})
            assert response.status == status, question
            content = responses[str(status)].get("content")
            if content is None:
                continue
            assert response.content_type in content
            schema = content[response.content_type]["schema"]
            if "$ref" in schema:
                validator(document, schema["$ref"])(json.loads(body))


def validator(document: dict[str, Any], reference: str) -> Callable[[Any], Any]:
    """Compile one schema of the document. fastjsonschema knows draft 7, where `$defs` is no word.

    What pydantic writes for our models means the same in both drafts.
    """
    schema = {"$ref": reference, "components": document["components"]}
    compiled: Callable[[Any], Any] = fastjsonschema.compile(json.loads(json.dumps(schema)))
    return compiled


async def test_the_description_would_notice_a_wrong_answer(world: World) -> None:
    document = await described(world)
    verdict = {
        "endpoint": "x",
        "allow": True,
        "state": State.CLOSED,
        "mode": "auto",
        "unknown": False,
        "reason": "",
        "retry_after": None,
        "evidence_age": None,
        "valid_for": 1.0,
        "epoch": 0,
        "evidence": "thin",
    }
    check = validator(document, "#/components/schemas/VerdictModel")
    check(verdict)
    for wrong in ({"state": "ajar"}, {"allow": "yes"}, {"further": 1}):
        with pytest.raises(fastjsonschema.JsonSchemaException):
            check(verdict | wrong)


# ---------------------------------------------------------------- start and stop


async def test_a_port_that_is_taken_is_an_error_that_leaves_nothing_behind(world: World) -> None:
    second = WebServer(world.context)
    with pytest.raises(OSError, match="in use"):
        await second.start("127.0.0.1", world.server.port)
    with pytest.raises(RuntimeError, match="not listening"):
        _ = second.port
    await second.start("127.0.0.1", 0)
    await second.stop()


async def test_a_stop_lets_an_answer_in_flight_finish_and_takes_no_more() -> None:
    async with serving() as world:
        world.history.release.clear()
        question = asyncio.create_task(world.ask("/v1/incidents"))
        await world.history.reading.wait()
        stopping = asyncio.create_task(world.server.stop())
        await asyncio.sleep(0)
        world.history.release.set()
        response, _ = await question
        assert response.status == 200
        await stopping
        with pytest.raises(OSError, match="Cannot connect"):
            await world.ask("/livez")
