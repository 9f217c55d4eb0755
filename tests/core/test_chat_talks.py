"""The drivers of conversations on a network of fakes: steps, times, and what silence means.

Everything answers at once or never, so that no machine is too slow for the short times here.
"""

import asyncio
import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from monitor.core.credential import bearer
from monitor.core.endpoint import Request
from monitor.core.exchange import (
    Complaint,
    Exchange,
    Fault,
    HungUp,
    NoReply,
    Phase,
    Phases,
    Reply,
    Step,
)
from monitor.omilia.chat import ChatProber, ChatRequest, Kind, Script

SHORT = 0.05
KEY = bearer("a-chat-key").secret
STARTED = {"type": "start_session_resp", "session_id": "s-1"}
GREETING = {"type": "dialog_message_event", "source": "BOT", "utterance": "Welcome."}
REPLY = {"type": "dialog_message_event", "source": "BOT", "utterance": "Gladly."}


class Line:
    """Says what it is told to say, then nothing more."""

    key = KEY

    def __init__(self, *events: Any) -> None:
        self._events = iter(events)
        self.sent: list[dict[str, Any]] = []
        self.closed = False

    async def send(self, text: str) -> None:
        self.sent.append(json.loads(text))

    async def receive(self) -> str | HungUp:
        event = next(self._events, None)
        if event is None:
            await asyncio.Event().wait()
        return event if isinstance(event, HungUp) else json.dumps(event)

    async def close(self) -> None:
        self.closed = True

    def measured(self) -> tuple[float, Phases, float | None]:
        return 1.5, Phases(connect=0.5, transfer=1.0), 4.0e9


class Network:
    """Answers every request with the next exchange, and every call with its line."""

    def __init__(self, *exchanges: Exchange, line: Line | Exchange | None = None) -> None:
        self._exchanges = iter(exchanges)
        self._line = line
        self.asked: list[Request] = []

    async def fetch(self, request: Request) -> Exchange:
        self.asked.append(request)
        return next(self._exchanges)

    async def connect(self, request: Request) -> Line | Exchange:
        self.asked.append(request)
        assert self._line is not None
        return self._line


async def look(_: str) -> None:
    return None


def seconds() -> Callable[[], float]:
    """Return a clock by which everything takes a second."""
    ticks: Iterator[int] = count()
    return lambda: float(next(ticks))


def request(kind: Kind, **more: Any) -> ChatRequest:
    usual: dict[str, Any] = {"script": Script(opening="hello", utterances=("help",))}
    usual |= {"timeout": 60.0, "step_timeout": 60.0, "settle": 0.0}
    return ChatRequest("https://omilia.example/chat", kind=kind, **(usual | more))


async def held(network: Network, kind: Kind, **more: Any) -> Exchange:
    chat = ChatProber(network, look, measure=seconds(), parting=60.0)
    async with asyncio.timeout(120):
        return await chat.fetch(request(kind, **more))


def answer(words: str = "Hi.", **more: Any) -> Reply:
    body = {"dialog_id": "d-1", "responses": [{"prompts": [{"content": words}]}]}
    return Reply(200, json.dumps(body).encode(), {}, **more)


# ---------------------------------------------------------------- WebSocket


async def test_a_conversation_over_a_line_is_a_reply_with_its_steps() -> None:
    line = Line(STARTED, GREETING, REPLY)
    exchange = await held(Network(line=line), Kind.WEBSOCKET)
    names = ("connect", "session", "greeting", "turn 1")
    assert isinstance(exchange, Reply)
    assert exchange.steps == (Step("connect", 1.5), *(Step(name, 2.0) for name in names[1:]))
    assert (exchange.status, exchange.latency, exchange.complaint) == (101, 1.5, None)
    assert exchange.certificate_expiry == 4.0e9
    assert json.loads(exchange.body) == REPLY
    kinds = [message["type"] for message in line.sent]
    assert kinds == ["start_session_req", "dialog_req", "stop_session_req"]
    assert {message["api_key"] for message in line.sent} == {KEY}
    assert line.closed


@pytest.mark.parametrize("limit", ["timeout", "step_timeout"])
@pytest.mark.parametrize(
    ("events", "step", "detail"),
    [
        ([], "session", None),
        ([STARTED], "greeting", "no greeting within"),
        ([STARTED, GREETING], "turn 1", "no reply to 'help' within"),
    ],
)
async def test_silence_on_a_line_is_given_up(
    events: list[Any], step: str, detail: str | None, limit: str
) -> None:
    line = Line(*events)
    exchange = await held(Network(line=line), Kind.WEBSOCKET, **{limit: SHORT})
    assert not isinstance(exchange, Reply | NoReply) or exchange.steps[-1].name == step
    if detail is None:
        assert isinstance(exchange, NoReply)
        assert (exchange.fault, exchange.phase) == (Fault.TIMEOUT, Phase.TRANSFER)
        assert exchange.detail.startswith("no answer within")
    else:
        assert isinstance(exchange, Reply)
        assert exchange.complaint is not None
        assert detail in exchange.complaint.detail
        assert line.sent[-1]["type"] == "stop_session_req"
    assert line.closed


async def test_a_line_that_ends_without_a_word_is_no_reply() -> None:
    line = Line(STARTED, GREETING, HungUp(None, "dropped", Fault.PROTOCOL))
    exchange = await held(Network(line=line), Kind.WEBSOCKET)
    assert isinstance(exchange, NoReply)
    assert (exchange.fault, exchange.detail) == (Fault.PROTOCOL, "dropped")
    assert [step.name for step in exchange.steps][-1] == "turn 1"
    assert line.closed


@pytest.mark.parametrize(
    "refusal", [Reply(503, b"", {}, 0.25), NoReply(Fault.CONNECT, "connection refused", None, 0.25)]
)
async def test_a_call_that_is_not_taken_is_a_step_too(refusal: Reply | NoReply) -> None:
    exchange = await held(Network(line=refusal), Kind.WEBSOCKET)
    assert isinstance(exchange, Reply | NoReply)
    assert exchange.steps == (Step("connect", 0.25),)


# ---------------------------------------------------------------- REST


async def test_a_conversation_over_rest_adds_up_its_requests() -> None:
    network = Network(
        answer(latency=1.0, phases=Phases(connect=0.5, first_byte=0.5)),
        answer(latency=2.0, phases=Phases(first_byte=2.0)),
        answer("Goodbye."),
    )
    exchange = await held(network, Kind.REST)
    assert isinstance(exchange, Reply)
    assert exchange.steps == (Step("greeting", 1.0), Step("turn 1", 2.0))
    assert exchange.latency == 3.0
    assert exchange.phases == Phases(connect=0.5, first_byte=2.5)
    bodies = [json.loads(one.body or b"") for one in network.asked]
    assert [body["utterance"] for body in bodies] == ["hello", "help", "[hup]"]
    assert [body.get("dialog_id") for body in bodies] == [None, "d-1", "d-1"]
    assert {one.method for one in network.asked} == {"POST"}


async def test_each_step_has_what_is_left_of_the_time() -> None:
    network = Network(answer(), answer(), answer())
    await held(network, Kind.REST, timeout=10.0, step_timeout=9.5)
    first, second, _ = (one.timeout for one in network.asked)
    assert first == 9.0
    assert second < first


@pytest.mark.parametrize(
    ("exchanges", "step", "ended"),
    [
        ([NoReply(Fault.TIMEOUT, "timed out")], "greeting", False),
        ([Reply(500)], "greeting", False),
        ([answer(), NoReply(Fault.TIMEOUT, "timed out"), answer()], "turn 1", True),
        ([answer(), Reply(503), answer()], "turn 1", True),
        ([answer(""), answer()], "greeting", True),
    ],
)
async def test_whatever_ends_a_dialog_early_it_is_ended(
    exchanges: list[Exchange], step: str, ended: bool
) -> None:
    network = Network(*exchanges)
    exchange = await held(network, Kind.REST)
    assert isinstance(exchange, Reply | NoReply)
    assert exchange.steps[-1].name == step
    last = json.loads(network.asked[-1].body or b"")
    assert (last["utterance"] == "[hup]") is ended


async def test_a_complaint_stands_beside_a_good_status() -> None:
    exchange = await held(Network(answer(""), answer()), Kind.REST)
    assert isinstance(exchange, Reply)
    assert exchange.status == 200
    assert isinstance(exchange.complaint, Complaint)
