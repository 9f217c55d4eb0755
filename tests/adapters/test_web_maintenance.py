"""Maintenance over the API: what is shown, what may be announced, and who may end it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from monitor.core.health import Health, Status
from monitor.core.maintenance import CalendarHealth, Scope, Window
from monitor.web import models
from monitor.web.context import Holder
from monitor.web.maintenance import MOST_WINDOWS
from tests.adapters.web_world import World, serving
from tests.clock import START
from tests.core.test_board_maintenance import news

OPS = "ops-token-0123456789"


@pytest.fixture
async def world() -> Any:
    async with serving() as world:
        world.holders = [
            Holder("ops", OPS, frozenset({"operate"})),
            Holder("checkout", "reporter-token-01234567", frozenset({"report"})),
        ]
        for name in ("chat", "iam"):
            world.board.publish(news(name))
        yield world


async def say(world: World, body: Any, token: str = OPS) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    response, raw = await world.ask(
        "/v1/maintenance", "POST", data=json.dumps(body), headers=headers
    )
    return response.status, json.loads(raw)


async def test_a_window_is_announced_holds_at_once_and_says_by_whom(world: World) -> None:
    body = {"duration": 3600, "endpoints": ["chat"], "name": "disks", "reason": "new ones"}
    status, made = await say(world, body)
    assert status == 201
    models.WindowModel.model_validate(made)
    assert made == {
        "id": "w1",
        "name": "disks",
        "state": "active",
        "from": "2026-11-22T18:00:00Z",
        "to": "2026-11-22T19:00:00Z",
        "endpoints": ["chat"],
        "groups": [],
        "regions": [],
        "reason": "new ones",
        "by": "ops",
        "ended_by": "",
    }
    chat = await world.read("/v1/endpoints/chat", models.EndpointModel)
    assert (chat.health, chat.since, chat.reason) == (Health.MAINTENANCE, START, "")
    under = chat.maintenance
    assert under is not None
    assert (under.window, under.by, under.otherwise) == ("w1", "ops", Health.OPERATIONAL)
    assert under.until == START + timedelta(hours=1)
    iam = await world.read("/v1/endpoints/iam", models.EndpointModel)
    assert (iam.health, iam.maintenance) == (Health.OPERATIONAL, None)
    everything = await world.read("/v1/status", models.StatusModel)
    assert (everything.status, everything.counts[Health.MAINTENANCE]) == (Status.OPERATIONAL, 1)
    assert [one.id for one in everything.maintenance] == ["w1"]


async def test_a_list_that_was_made_before_a_window_began_is_not_shown_in_it(
    world: World,
) -> None:
    world.maintenance.put(Window("w1", "w", START + timedelta(seconds=0.4), START + timedelta(1)))
    before = await world.read("/v1/endpoints", models.EndpointsModel)
    world.clock.advance(0.4)
    world.board.look(world.clock.now())
    after = await world.read("/v1/endpoints", models.EndpointsModel)
    assert {one.health for one in before.endpoints} == {Health.OPERATIONAL}
    assert {one.health for one in after.endpoints} == {Health.MAINTENANCE}


async def test_an_ended_window_is_over_at_once_and_is_ended_once(world: World) -> None:
    await say(world, {"duration": 3600})
    world.clock.advance(60)
    headers = {"Authorization": f"Bearer {OPS}"}
    response, raw = await world.ask("/v1/maintenance/w1", "DELETE", headers=headers)
    over = json.loads(raw)
    assert (response.status, over["state"], over["ended_by"]) == (200, "over", "ops")
    assert over["to"] == "2026-11-22T18:01:00Z"
    chat = await world.read("/v1/endpoints/chat", models.EndpointModel)
    assert chat.health is Health.OPERATIONAL


async def test_a_window_that_is_not_there_cannot_be_ended(world: World) -> None:
    headers = {"Authorization": f"Bearer {OPS}"}
    response, raw = await world.ask("/v1/maintenance/nobody", "DELETE", headers=headers)
    assert (response.status, json.loads(raw)["type"].rpartition(":")[2]) == (404, "unknown-window")


async def test_what_goes_on_and_is_to_come_is_listed_with_the_calendars(world: World) -> None:
    for number in range(3):
        start = START + timedelta(days=number)
        scope = Scope(groups=("default",))
        end = start + timedelta(hours=1)
        world.maintenance.put(Window(f"w{number}", "patch", start, end, scope))
    world.maintenance.calendars_ = [
        CalendarHealth("omilia", 3, START, START + timedelta(hours=1), "HTTP 404")
    ]
    listed = await world.read("/v1/maintenance", models.MaintenanceModel)
    assert [one.state for one in listed.maintenance] == ["active", "scheduled", "scheduled"]
    assert [(one.name, one.error) for one in listed.calendars] == [("omilia", "HTTP 404")]
    listed = await world.read("/v1/maintenance?limit=1", models.MaintenanceModel)
    assert [one.id for one in listed.maintenance] == ["w0"]
    response, _ = await world.ask(f"/v1/maintenance?limit={MOST_WINDOWS + 1}")
    assert response.status == 400


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ({}, "#", "either to or duration"),
        ({"duration": 60, "to": "2026-11-22T19:00:00Z"}, "#", "either to or duration"),
        ({"duration": 0}, "#/duration", "greater than 0"),
        ({"duration": "1h"}, "#/duration", "number"),
        ({"duration": 32 * 86400}, "#/duration", "less than or equal to 2678400"),
        ({"to": "2026-11-22T17:00:00Z"}, "#", "over before it begins, or before now"),
        ({"from": "2026-11-22T16:00:00Z", "duration": 3600}, "#", "over before it begins"),
        ({"to": "2027-01-22T17:00:00Z"}, "#", "longer than 31 days"),
        ({"from": "2028-11-22T18:00:00Z", "duration": 60}, "#/from", "more than 366 days ahead"),
        ({"to": "2026-11-22T19:00:00"}, "#/to", "timezone"),
        ({"to": 1795000000}, "#/to", "datetime"),
        ({"duration": 60, "endpoints": []}, "#/endpoints", "at least 1 item"),
        ({"duration": 60, "endpoints": ["chat", "chats"]}, "#/endpoints/1", "no endpoint 'chats'"),
        ({"duration": 60, "groups": ["apps"]}, "#/groups/0", "no group 'apps'"),
        ({"duration": 60, "regions": ["us1"]}, "#/regions/0", "no region 'us1'"),
        ({"duration": 60, "reason": "x" * 301}, "#/reason", "300"),
        ({"from": "9999-12-31T23:59:59Z", "duration": 60}, "#", "no time that a calendar knows"),
        ({"duration": 60, "silence": True}, "#/silence", "not permitted"),
    ],
)
async def test_what_cannot_be_announced_is_refused_whole(
    world: World, body: Any, pointer: str, words: str
) -> None:
    status, problem = await say(world, body)
    assert (status, problem["type"].rpartition(":")[2]) == (422, "bad-body")
    assert [one["pointer"] for one in problem["errors"]] == [pointer]
    assert words in problem["errors"][0]["detail"]
    assert world.maintenance.known == {}


async def test_a_window_that_began_before_it_was_announced_begins_now(world: World) -> None:
    status, made = await say(world, {"from": "2026-11-22T18:30:00+01:00", "duration": 3600})
    assert (status, made["from"], made["to"]) == (
        201,
        "2026-11-22T18:00:00Z",
        "2026-11-22T18:30:00Z",
    )


async def test_what_people_write_is_one_safe_line(world: World) -> None:
    _, made = await say(world, {"duration": 60, "name": " a\nb\x07 ", "reason": "c\r\n\u202ed"})
    assert (made["name"], made["reason"]) == ("a b", "c d")
    _, made = await say(world, {"duration": 60})
    assert made["name"] == "announced by ops"


async def test_too_many_are_refused(world: World) -> None:
    world.maintenance.full = True
    status, problem = await say(world, {"duration": 60})
    assert (status, problem["type"].rpartition(":")[2]) == (409, "too-many-windows")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_only_who_may_operate_announces_and_ends(world: World, method: str) -> None:
    path = "/v1/maintenance" if method == "POST" else "/v1/maintenance/w1"
    headers = {"Authorization": "Bearer reporter-token-01234567"}
    response, _ = await world.ask(path, method, headers=headers)
    assert response.status == 403
    response, _ = await world.ask(path, method)
    assert response.status == 401
    world.holders = []
    response, _ = await world.ask(path, method, headers=headers)
    assert response.status == 403
