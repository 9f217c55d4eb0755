"""Before the monitor knows how anything stands, it says so instead of guessing."""

import json

import pytest

from tests.adapters.web_world import serving


@pytest.mark.parametrize("path", ["/v1/status", "/v1/verdicts"])
async def test_nothing_is_said_of_the_present_before_it_is_known(path: str) -> None:
    async with serving() as world:
        world.known = False
        response, body = await world.ask(path)
        assert (response.status, response.headers["Retry-After"]) == (503, "1")
        assert json.loads(body)["type"].endswith(":starting")
        world.known = True
        assert (await world.ask("/v1/status"))[0].status == 200


async def test_a_verdict_that_is_not_known_yet_is_no_refusal() -> None:
    async with serving() as world:
        world.known = False
        response, body = await world.ask("/v1/verdicts/chat-rest")
        assert (response.status, response.headers["Retry-After"]) == (404, "1")
        assert json.loads(body)["type"].endswith(":starting")


async def test_the_daemons_own_health_is_known_from_the_start() -> None:
    async with serving() as world:
        world.known = False
        assert (await world.ask("/livez"))[0].status == 200
