"""Silences over the API: what is shown, what may be said, and who may end one."""

import json
from datetime import timedelta
from typing import Any

import pytest

from monitor.app.telling.silences import MOST, Silences
from monitor.core.incident import close
from monitor.core.matchers import matcher
from monitor.core.silence import Silence
from monitor.web import models
from monitor.web.context import Holder
from monitor.web.silences import MOST_SILENCES
from tests.adapters.web_world import World, serving
from tests.app.test_holding import incident
from tests.clock import START

OPS = "ops-token-0123456789"
SAID = {"matchers": ["severity=critical"], "duration": "1h", "comment": "new disks"}


@pytest.fixture
async def world() -> Any:
    async with serving() as world:
        world.holders = [
            Holder("ops", OPS, frozenset({"operate"})),
            Holder("checkout", "reporter-token-01234567", frozenset({"report"})),
        ]
        yield world


async def say(world: World, method: str = "POST", name: str = "", body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {OPS}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body)
    path = f"/v1/silences/{name}".rstrip("/")
    response, raw = await world.ask(path, method, data=data, headers=headers)
    return response.status, json.loads(raw)


async def test_a_silence_is_made_holds_at_once_and_says_what_it_is_about(world: World) -> None:
    world.board.restore([incident(0), close(incident(0), now=START, because="over")][:1])
    status, made = await say(world, body=SAID | {"created_by": "ana"})
    assert status == 201
    models.SilenceModel.model_validate(made)
    assert made == {
        "id": "20261122T180000Z-1",
        "state": "active",
        "matchers": ['severity="critical"'],
        "starts_at": "2026-11-22T18:00:00Z",
        "ends_at": "2026-11-22T19:00:00Z",
        "created_by": "ana",
        "comment": "new disks",
        "expired_by": "",
        "incidents": ["A"],
    }
    assert [one.comment for one in world.kept] == ["new disks"]
    assert [one.text for one in world.noted] == ["silence began: new disks"]
    assert (await say(world, "GET", made["id"])) == (200, made)


async def test_it_is_ended_early_and_once_and_stays_listed(world: World) -> None:
    _, made = await say(world, body=SAID)
    world.clock.advance(60)
    status, over = await say(world, "DELETE", made["id"])
    assert (status, over["state"], over["expired_by"]) == (200, "expired", "ops")
    assert over["ends_at"] == "2026-11-22T18:01:00Z"
    world.clock.advance(60)
    assert await say(world, "DELETE", made["id"]) == (200, over), "again changes nothing"
    assert len(world.kept) == 2
    listed = await world.read("/v1/silences", models.SilencesModel)
    assert [one.id for one in listed.silences] == [made["id"]]
    world.clock.advance(8 * 86400)
    await say(world, body=SAID)
    assert (await say(world, "DELETE", made["id"]))[0] == 404, "it was long ago"


async def test_one_that_is_not_there_is_not_found(world: World) -> None:
    for method in ("GET", "DELETE"):
        status, problem = await say(world, method, "nobody")
        assert (status, problem["type"].rpartition(":")[2]) == (404, "unknown-silence")


async def test_they_are_listed_by_what_is_next_to_happen(world: World) -> None:
    for name, starts, ends in (
        *(("over", -3, -2), ("long over", -9, -5), ("later", 5, 6)),
        *(("soon", 1, 9), ("long", 0, 8), ("short", 0, 1)),
    ):
        when = [START + timedelta(hours=hours) for hours in (starts, ends)]
        one = Silence(name, (matcher("severity=critical"),), when[0], when[1], "ana", "known")
        world.silences.restore([one])

    async def listed(query: str = "") -> list[str]:
        found = await world.read(f"/v1/silences{query}", models.SilencesModel)
        return [one.id for one in found.silences]

    assert await listed() == ["short", "long", "soon", "later", "over", "long over"]
    assert await listed("?state=pending") == ["soon", "later"]
    assert await listed("?state=expired&limit=1") == ["over"]
    for wrong in ("state=over", "state=", f"limit={MOST_SILENCES + 1}"):
        response, _ = await world.ask(f"/v1/silences?{wrong}")
        assert response.status == 400


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("endpoint=~chat-.*", 'endpoint=~"chat-.*"'),
        ({"name": "group", "value": 'a"b', "isRegex": False}, r'group="a\"b"'),
        ({"name": "key", "value": "a.*", "isRegex": True, "isEqual": True}, 'key=~"a.*"'),
        ({"name": "key", "value": "a", "is_regex": True, "is_equal": False}, 'key!~"a"'),
    ],
)
async def test_matchers_are_texts_or_alertmanagers_objects(
    world: World, asked: Any, written: str
) -> None:
    _, made = await say(world, body=SAID | {"matchers": ["severity=critical", asked]})
    assert made["matchers"] == ['severity="critical"', written]


async def test_what_alertmanager_would_be_sent_is_understood(world: World) -> None:
    status, made = await say(
        world,
        body={
            "matchers": [
                {"name": "severity", "value": "critical", "isRegex": False, "isEqual": True}
            ],
            "startsAt": "2026-11-22T20:00:00+01:00",
            "endsAt": "2026-11-22T19:30:00.000Z",
            "createdBy": "ana",
            "comment": "known",
        },
    )
    assert (status, made["state"], made["created_by"]) == (201, "pending", "ana")
    assert (made["starts_at"], made["ends_at"]) == ("2026-11-22T19:00:00Z", "2026-11-22T19:30:00Z")
    assert made["incidents"] == []


@pytest.mark.parametrize(
    ("body", "pointer", "words"),
    [
        ({"matchers": None}, "#/matchers", "array"),
        ({"matchers": []}, "#/matchers", "at least 1 item"),
        ({"matchers": ["severity=a"] * 21}, "#/matchers", "at most 20 items"),
        ({"matchers": ["severity"]}, "#/matchers/0", 'write severity="critical"'),
        ({"matchers": ["severity=a", "endpoint=~("]}, "#/matchers/1", "not a regular expression"),
        ({"matchers": ["endpoint=~" + "a" * 201]}, "#/matchers/0", "longer than 200"),
        ({"matchers": [7]}, "#/matchers/0", "or an object"),
        ({"matchers": [{"name": "key"}]}, "#/matchers/0", "a name, a value"),
        ({"matchers": [{"name": 1, "value": "a"}]}, "#/matchers/0", "a name, a value"),
        ({"matchers": [{"name": "key", "value": "a", "x": 1}]}, "#/matchers/0", "nothing else"),
        ({"matchers": [{"name": "k", "value": "a", "isRegex": 1}]}, "#/matchers/0", "a name"),
        ({"matchers": ["group!=lab"]}, "#/matchers", "must ask for a label to be there"),
        ({"matchers": ["key=~.*", 'group=""']}, "#/matchers", "must ask for a label"),
        ({"matchers": ["team=a", "key=a"]}, "#/matchers/0", "no label team; there are key, "),
        ({"duration": None}, "#", "either ends_at or duration"),
        ({"ends_at": "2026-11-22T19:00:00Z"}, "#", "either ends_at or duration"),
        ({"duration": "1 hour"}, "#/duration", "as 2h, or in seconds"),
        ({"duration": True}, "#/duration", "as 2h, or in seconds"),
        ({"duration": 0}, "#/duration", "no time at all"),
        ({"duration": "32d"}, "#/duration", "longer than 31 days"),
        ({"duration": 1e300}, "#/duration", "longer than 31 days"),
        ({"starts_at": "2028-11-22T18:00:00Z"}, "#/starts_at", "more than 366 days ahead"),
        ({"starts_at": "9999-12-31T23:59:59Z"}, "#", "no time that a calendar knows"),
        ({"starts_at": "0001-01-01T00:00:00+05:00"}, "#", "no time that a calendar"),
        (
            {"duration": None, "ends_at": "2026-11-22T17:00:00Z"},
            "#/ends_at",
            "over before it begins, or before now",
        ),
        ({"duration": None, "ends_at": "2027-01-22T17:00:00Z"}, "#/ends_at", "longer than 31 days"),
        ({"duration": None, "ends_at": "2026-11-22T19:00:00"}, "#/ends_at", "timezone"),
        ({"comment": None}, "#/comment", "string"),
        ({"comment": " "}, "#/comment", "pattern"),
        ({"comment": "x" * 301}, "#/comment", "300"),
        ({"created_by": "x" * 101}, "#/created_by", "100"),
        ({"id": "mine"}, "#/id", "not permitted"),
    ],
)
async def test_what_makes_no_silence_is_refused_whole(
    world: World, body: Any, pointer: str, words: str
) -> None:
    status, problem = await say(world, body=SAID | body)
    assert (status, problem["type"].rpartition(":")[2]) == (422, "bad-body")
    assert [one["pointer"] for one in problem["errors"]] == [pointer]
    assert words in problem["errors"][0]["detail"]
    assert (world.kept, list(world.silences.known())) == ([], [])


async def test_everything_that_is_wrong_is_said_at_once(world: World) -> None:
    body = {"matchers": ["a", "b"], "duration": 0, "comment": ""}
    _, problem = await say(world, body=body)
    pointers = [one["pointer"] for one in problem["errors"]]
    assert pointers == ["#/matchers/0", "#/matchers/1", "#/duration", "#/comment"]


async def test_what_people_write_is_one_safe_line(world: World) -> None:
    _, made = await say(world, body=SAID | {"by": " a\nb\x07 ", "comment": "c\r\n\u202ed"})
    assert (made["created_by"], made["comment"]) == ("a b", "c d")
    _, made = await say(world, body=SAID)
    assert made["created_by"] == "ops"


async def test_too_many_are_refused_until_some_are_over(world: World) -> None:
    many = Silence("", (matcher("severity=critical"),), START, START + timedelta(1), "a", "b")
    for _ in range(MOST):
        await world.silences.add(many)
    status, problem = await say(world, body=SAID)
    assert (status, problem["type"].rpartition(":")[2]) == (409, "too-many-silences")
    await say(world, "DELETE", world.kept[0].id)
    assert (await say(world, body=SAID))[0] == 201


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_only_who_may_operate_makes_and_ends(world: World, method: str) -> None:
    path = "/v1/silences" if method == "POST" else "/v1/silences/s"
    headers = {"Authorization": "Bearer reporter-token-01234567"}
    assert (await world.ask(path, method, headers=headers))[0].status == 403
    assert (await world.ask(path, method))[0].status == 401
    world.holders = []
    assert (await world.ask(path, method, headers=headers))[0].status == 403


async def test_a_newer_revision_that_is_known_stays(world: World) -> None:
    book: Silences = world.silences
    _, made = await say(world, body=SAID)
    await say(world, "DELETE", made["id"])
    first, over = world.kept
    book.restore([first])
    assert list(book.known()) == [over]
