"""Who may change something, and what a body must be: asked of a real aiohttp application."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from monitor.web.access import CALLER, guarded
from monitor.web.body import MOST_COMPLAINTS, read_body
from monitor.web.context import Context, Holder
from monitor.web.problems import problem_middleware
from tests.adapters.web_world import World

OPS, REPORTER = "ops-token-0123456789", "reporter-token-01234567"
HOLDERS = [
    Holder("ops", OPS, frozenset({"report", "operate"})),
    Holder("checkout", REPORTER, frozenset({"report"})),
]


class Wish(BaseModel):
    """A body."""

    model_config = ConfigDict(extra="forbid", strict=True)
    mode: str = Field(max_length=5)
    hours: int = 1


class Service:
    """One path that changes something, behind the guard."""

    def __init__(self) -> None:
        self.holders: list[Holder] = list(HOLDERS)
        self.done: list[tuple[str, Wish]] = []
        self.url = ""

    async def handle(self, request: web.Request) -> web.Response:
        wish = await read_body(request, Wish)
        self.done.append((request[CALLER], wish))
        return web.json_response({})

    async def post(self, body: bytes | str = b'{"mode": "auto"}', **headers: str) -> Any:
        sent = {"Content-Type": "application/json"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=body, headers=sent) as response,
        ):
            return response.status, response.headers, await response.json(content_type=None)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    context: Context = replace(World().context, holders=lambda: made.holders)
    app = web.Application(middlewares=[problem_middleware(context)], client_max_size=2048)
    app.router.add_post("/", guarded(made.handle, "operate", context))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    made.url = "http://{}:{}/".format(*runner.addresses[0][:2])
    yield made
    await runner.cleanup()


async def test_a_token_with_the_scope_may_and_its_holder_is_known(service: Service) -> None:
    status, _, _ = await service.post(Authorization=f"Bearer {OPS}")
    assert (status, service.done[0][0]) == (200, "ops")
    assert (await service.post(Authorization=f"bearer  {OPS} "))[0] == 200


@pytest.mark.parametrize(
    ("shown", "status", "slug"),
    [
        ({}, 401, "token-needed"),
        ({"Authorization": "Basic b3BzOm9wcw=="}, 401, "token-needed"),
        ({"Authorization": "Bearer "}, 401, "token-needed"),
        ({"Authorization": f"Bearer {OPS}x"}, 401, "unknown-token"),
        ({"Authorization": "Bearer \u00e9"}, 401, "unknown-token"),
        ({"Authorization": f"Bearer {REPORTER}"}, 403, "scope-missing"),
    ],
)
async def test_everybody_else_is_refused_and_nothing_changes(
    service: Service, shown: dict[str, str], status: int, slug: str
) -> None:
    seen, headers, problem = await service.post(**shown)
    assert (seen, problem["type"]) == (status, f"urn:omilia-monitor:problem:{slug}")
    assert headers["WWW-Authenticate"].startswith('Bearer realm="omilia-monitor"')
    assert service.done == []
    assert OPS not in str(problem)


async def test_without_any_token_configured_nobody_may(service: Service) -> None:
    service.holders = []
    status, _, problem = await service.post(Authorization=f"Bearer {OPS}")
    assert (status, problem["type"]) == (403, "urn:omilia-monitor:problem:no-tokens")


@pytest.mark.parametrize(
    ("body", "status", "slug", "says"),
    [
        (b"{", 400, "broken-json", "line 1"),
        (b"", 400, "broken-json", "line 1"),
        (b'{"mode": "a", "mode": "b"}', 400, "broken-json", "stands twice"),
        (b'{"mode": NaN}', 400, "broken-json", "NaN"),
        (b"\xff", 400, "broken-json", "UTF-8"),
        (b"[" * 1500, 400, "broken-json", ""),
        (b"[]", 422, "bad-body", "1 thing"),
        (b'{"mode": "forced", "hour": 2, "hours": "1"}', 422, "bad-body", "3 things"),
        (b'{"mode": "' + b"x" * 4000 + b'"}', 413, "too-large", ""),
    ],
)
async def test_a_body_that_cannot_be_used_is_refused_whole(
    service: Service, body: bytes, status: int, slug: str, says: str
) -> None:
    seen, _, problem = await service.post(body, Authorization=f"Bearer {OPS}")
    assert (seen, problem["type"]) == (status, f"urn:omilia-monitor:problem:{slug}")
    assert says in problem["detail"]
    assert service.done == []


async def test_every_complaint_has_its_place_and_they_are_bounded(service: Service) -> None:
    body = json.dumps({"mode": "auto", "a/b~c": 1} | {f"k{n}": 1 for n in range(50)})
    _, _, problem = await service.post(body, Authorization=f"Bearer {OPS}")
    assert len(problem["errors"]) == MOST_COMPLAINTS
    assert problem["errors"][0]["pointer"] == "#/a~1b~0c"


async def test_another_media_type_is_415(service: Service) -> None:
    shown = {"Authorization": f"Bearer {OPS}", "Content-Type": "text/plain"}
    status, _, problem = await service.post(**shown)
    assert (status, problem["type"]) == (415, "urn:omilia-monitor:problem:not-json")
