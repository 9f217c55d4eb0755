"""The middleware on its own: errors that no handler of ours raises today."""

import json
from typing import NoReturn

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from monitor.web.encoding import encode
from monitor.web.problems import problem_middleware
from tests.adapters.web_world import World


async def read_all(request: web.Request) -> web.Response:
    return web.Response(body=await request.read())


async def elsewhere(request: web.Request) -> NoReturn:
    raise web.HTTPFound("/livez")


class HTTPTeapot(web.HTTPClientError):
    status_code = 418


async def pour(request: web.Request) -> NoReturn:
    raise HTTPTeapot(reason="what was asked")


def application() -> web.Application:
    app = web.Application(middlewares=[problem_middleware(World().context)], client_max_size=10)
    app.router.add_post("/read", read_all)
    app.router.add_get("/elsewhere", elsewhere)
    app.router.add_get("/pour", pour)
    return app


async def test_a_body_that_is_too_large_is_413() -> None:
    async with TestClient(TestServer(application())) as client:
        response = await client.post("/read", data=b"x" * 11)
        problem = json.loads(await response.read())
        assert response.content_type == "application/problem+json"
        assert (response.status, problem["status"]) == (413, 413)
        assert problem["type"] == "urn:omilia-monitor:problem:too-large"


async def test_a_redirect_is_no_problem() -> None:
    async with TestClient(TestServer(application())) as client:
        response = await client.get("/elsewhere", allow_redirects=False)
        assert (response.status, response.headers["Location"]) == (302, "/livez")


async def test_any_other_error_of_the_library_is_a_problem_that_repeats_nothing() -> None:
    async with TestClient(TestServer(application())) as client:
        response = await client.get("/pour")
        body = await response.read()
        assert (response.status, response.content_type) == (418, "application/problem+json")
        assert b"what was asked" not in body


def test_what_is_not_json_is_a_bug() -> None:
    with pytest.raises(TypeError, match="set is not JSON"):
        encode({"a": {1}})
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(float("nan"))
