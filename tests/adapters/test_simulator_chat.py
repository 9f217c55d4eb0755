"""The simulated chat: sessions over a WebSocket, licences, and test runs that take their time."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from monitor.omilia.simulator import Fault, Simulator
from monitor.omilia.simulator.chat import SESSION, HouseRules
from tests.clock import FakeClock

KEY = "simulated-chat-key"
BEARER = {"Authorization": f"Bearer {KEY}"}
CHAT = "/_simulator/chat"
PATIENCE = 60.0


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def omilia(clock: FakeClock) -> AsyncIterator[Simulator]:
    async with Simulator(clock=clock) as simulator:
        yield simulator


@pytest.fixture
async def ask(omilia: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(omilia.url) as session:
        yield session


@pytest.fixture
async def socket(
    ask: aiohttp.ClientSession,
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with ask.ws_connect(SESSION) as socket:
        yield socket


async def say(socket: aiohttp.ClientWebSocketResponse, kind: str, **more: Any) -> None:
    await socket.send_json({"type": kind, "api_key": KEY, "client_message_id": "m", **more})


async def hear(socket: aiohttp.ClientWebSocketResponse, count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(PATIENCE):
        return [await socket.receive_json() for _ in range(count)]


async def begin(socket: aiohttp.ClientWebSocketResponse) -> str:
    await say(socket, "start_session_req")
    (started,) = (e for e in await hear(socket, 3) if e["type"] == "start_session_resp")
    session_id: str = started["session_id"]
    return session_id


async def until_free(omilia: Simulator) -> None:
    async with asyncio.timeout(PATIENCE):
        while omilia.chat.taken:  # noqa: ASYNC110  licences ring no bell
            await asyncio.sleep(0.005)


async def step(ask: aiohttp.ClientSession, **body: Any) -> tuple[int, dict[str, Any]]:
    async with ask.post("/chat/dialogs", json={"utterance": "hello"} | body, headers=BEARER) as got:
        return got.status, await got.json()


async def test_a_session_begins_is_greeted_talks_and_stops(
    omilia: Simulator, socket: aiohttp.ClientWebSocketResponse
) -> None:
    await say(socket, "start_session_req", utterance="")
    kinds = [event["type"] for event in await hear(socket, 3)]
    assert kinds == ["typing_event", "start_session_resp", "dialog_message_event"]
    assert omilia.chat.taken == 1
    await say(socket, "stop_session_req", session_id="another")
    (error,) = await hear(socket, 1)
    assert (error["type"], error["error_code"]) == ("error_event", "SESSION_NOT_FOUND")


async def test_nothing_is_in_order(omilia: Simulator, ask: aiohttp.ClientSession) -> None:
    orders = []
    for _ in range(2):
        async with ask.ws_connect(SESSION) as socket:
            await say(socket, "start_session_req")
            orders.append([event["type"] for event in await hear(socket, 3)])
        await until_free(omilia)
    assert orders[0] == ["typing_event", "start_session_resp", "dialog_message_event"]
    assert orders[1] == ["dialog_message_event", "typing_event", "start_session_resp"]


async def test_a_turn_is_echoed_and_answered_now_here_now_there(
    socket: aiohttp.ClientWebSocketResponse,
) -> None:
    session_id = await begin(socket)
    await say(socket, "dialog_req", session_id=session_id, utterance="help")
    echo, typing, reply = await hear(socket, 3)
    assert (echo["source"], echo["utterance"]) == ("USER", "help")
    assert typing["type"] == "typing_event"
    assert (reply["source"], reply["utterance"]) == ("BOT", "I heard you.")
    await say(socket, "dialog_req", session_id=session_id, utterance="bye")
    *_, ended, reply = await hear(socket, 4)
    assert ended == {"type": "state_event", "session_id": session_id, "state": "DIALOG_END"}
    assert reply["dialog_response"]["prompt"]["masked_content"] == "Goodbye."


async def test_the_greeting_can_be_within_the_answer(
    omilia: Simulator, socket: aiohttp.ClientWebSocketResponse
) -> None:
    omilia.chat.rules = HouseRules(greeting="embedded")
    await say(socket, "start_session_req")
    _, started = await hear(socket, 2)
    assert started["dialog_response"]["prompt"]["content"].startswith("Welcome")


@pytest.mark.parametrize("properly", [True, False])
async def test_a_licence_is_held_until_the_session_is_over(
    omilia: Simulator, ask: aiohttp.ClientSession, properly: bool
) -> None:
    async with ask.ws_connect(SESSION) as socket:
        session_id = await begin(socket)
        assert omilia.chat.taken == 1
        if properly:
            await say(socket, "stop_session_req", session_id=session_id)
    await until_free(omilia)
    assert (omilia.chat.ended, omilia.chat.abandoned) == ((1, 0) if properly else (0, 1))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("not json", "BAD_REQUEST"),
        ("[]", "BAD_REQUEST"),
        (json.dumps({"type": "start_session_req", "api_key": "wrong"}), "UNAUTHORIZED"),
        (json.dumps({"type": "start_session_req"}), "UNAUTHORIZED"),
        (json.dumps({"type": "sing_a_song", "api_key": KEY}), "BAD_REQUEST"),
        (json.dumps({"type": ["start"], "api_key": KEY}), "BAD_REQUEST"),
        (
            json.dumps({"type": "dialog_req", "api_key": KEY, "session_id": "x"}),
            "SESSION_NOT_FOUND",
        ),
    ],
)
async def test_what_makes_no_sense_is_an_error_event(
    socket: aiohttp.ClientWebSocketResponse, text: str, code: str
) -> None:
    await socket.send_str(text)
    (error,) = await hear(socket, 1)
    assert (error["type"], error["error_code"]) == ("error_event", code)
    assert error["error_message"]


async def test_without_a_licence_nobody_talks(
    omilia: Simulator, ask: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse
) -> None:
    omilia.chat.rules = HouseRules(licences=1)
    status, opened = await step(ask)
    assert status == 200
    status, refused = await step(ask)
    assert (status, refused["error_message"]) == (403, "No available licenses")
    await say(socket, "start_session_req")
    (error,) = await hear(socket, 1)
    assert error["error_message"] == "No available licenses"
    assert (await step(ask, utterance="[hup]", dialog_id=opened["dialog_id"]))[0] == 200
    assert await begin(socket)


async def test_a_dialog_that_nobody_goes_on_with_is_over(
    omilia: Simulator, ask: aiohttp.ClientSession, clock: FakeClock
) -> None:
    _, opened = await step(ask)
    clock.advance(200)
    assert (await step(ask, dialog_id=opened["dialog_id"]))[0] == 200
    clock.advance(200)
    assert omilia.chat.taken == 1
    clock.advance(101)
    status, error = await step(ask, dialog_id=opened["dialog_id"])
    assert (status, error["error_code"]) == (404, "DIALOG_NOT_FOUND")
    assert (omilia.chat.taken, omilia.chat.abandoned) == (0, 1)


async def test_the_rules_are_seen_and_changed_over_http(ask: aiohttp.ClientSession) -> None:
    async with ask.post(CHAT, json={"licences": 2, "greeting": "embedded", "idle": "1m"}) as got:
        assert got.status == 200
    await step(ask)
    async with ask.get(CHAT) as got:
        shown = await got.json()
    assert (shown["licences"], shown["greeting"], shown["taken"]) == (2, "embedded", 1)
    assert (shown["begun"], shown["ended"], shown["abandoned"]) == (1, 0, 0)
    async with ask.post(CHAT, json={"licences": -1, "greetings": 1}) as got:
        assert got.status == 400
        assert {one["at"] for one in (await got.json(content_type=None))["errors"]} == {
            "licences",
            "greetings",
        }


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ({"do": "reject_token"}, {"type": "error_event", "error_code": "UNAUTHORIZED"}),
        ({"do": "licences"}, {"error_code": "FORBIDDEN", "error_message": "No available licenses"}),
        ({"do": "fail", "status": 503}, {"error_code": "SERVICE_UNAVAILABLE"}),
        ({"do": "expire"}, {"type": "state_event", "state": "SESSION_EXPIRED"}),
        ({"do": "mute"}, {"type": "typing_event"}),
        ({"do": "wrong_body", "body": {"odd": 1}}, {"odd": 1}),
    ],
    ids=lambda value: str(value.get("do", "")),
)
async def test_a_message_can_be_struck_alone(
    omilia: Simulator,
    socket: aiohttp.ClientWebSocketResponse,
    fault: dict[str, Any],
    expected: dict[str, Any],
) -> None:
    omilia.faults.set(Fault.model_validate({"where": f"{SESSION}/start", **fault}))
    await say(socket, "start_session_req")
    (event,) = await hear(socket, 1)
    assert expected.items() <= event.items()
    assert [(one.method, one.path) for one in omilia.requests.last] == [
        ("GET", SESSION),
        ("WS", f"{SESSION}/start"),
    ]


async def test_a_stop_of_the_simulator_ends_its_sessions(
    omilia: Simulator, socket: aiohttp.ClientWebSocketResponse
) -> None:
    await begin(socket)
    await asyncio.wait_for(omilia.stop(), PATIENCE)
    assert omilia.chat.taken == 0


async def test_a_session_is_a_websocket(ask: aiohttp.ClientSession) -> None:
    async with ask.get(SESSION) as got:
        assert got.status == 404
