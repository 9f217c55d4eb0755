"""Conversations over a real network with the simulated Omilia: well, badly, and cut short."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from monitor.adapters.credentials import Carried
from monitor.adapters.prober import AiohttpProber
from monitor.core.category import Category, Effect
from monitor.core.credential import Shown, bearer
from monitor.core.exchange import Exchange, NotSent, Reply
from monitor.core.outcome import Expectation, Outcome, judged
from monitor.omilia.chat import SWITCHED, ChatProber, ChatRequest, Kind, Script
from monitor.omilia.simulator import Fault as Broken
from monitor.omilia.simulator import Simulator
from monitor.omilia.simulator.chat import SESSION, HouseRules
from tests.clock import START, FakeClock

KEY = "simulated-chat-key"
DIALOGS = "/chat/dialogs"
PATIENCE = 60.0
KEYS = {"chat": bearer(KEY), "bad": bearer("wrong-key")}
SCRIPT = Script(utterances=("help",), input_fields={"synthetic": "true"})
GOOD = Expectation(status=frozenset({200, SWITCHED}))


@pytest_asyncio.fixture
async def omilia() -> AsyncIterator[Simulator]:
    async with Simulator(clock=FakeClock()) as omilia:
        yield omilia


@pytest_asyncio.fixture
async def network() -> AsyncIterator[AiohttpProber]:
    async with AiohttpProber(Carried(KEYS), parting=PATIENCE) as network:
        yield network


class Looks:
    """What the app's status is, and how often it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.found: Outcome | None = None

    async def __call__(self, endpoint: str) -> Outcome | None:
        self.asked.append(endpoint)
        return self.found


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest_asyncio.fixture
async def chat(network: AiohttpProber, looks: Looks) -> AsyncIterator[ChatProber]:
    chat = ChatProber(network, looks, parting=PATIENCE)
    yield chat
    await chat.close()


def over(kind: Kind, omilia: Simulator, **more: Any) -> ChatRequest:
    """Return a conversation of a kind."""
    url = omilia.url + DIALOGS
    if kind is Kind.WEBSOCKET:
        url = omilia.url.replace("http", "ws", 1) + SESSION
    script = replace(SCRIPT, opening="hello" if kind is Kind.REST else "")
    usual: dict[str, Any] = {"script": script, "credential": "chat", "timeout": PATIENCE}
    usual |= {"step_timeout": PATIENCE, "settle": 0.01}
    return ChatRequest(url, kind=kind, **(usual | more))


def break_(omilia: Simulator, do: str, where: str, **more: Any) -> str:
    return omilia.faults.set(Broken.model_validate({"do": do, "where": where, **more}))


def outcome(exchange: Exchange) -> Outcome:
    return judged("chat", exchange, GOOD, due=START, now=START)


def steps(exchange: Exchange) -> list[str]:
    assert not isinstance(exchange, NotSent)
    return [step.name for step in exchange.steps]


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110  licences and hits of faults ring no bell
            await asyncio.sleep(0.005)


def given_back(omilia: Simulator) -> None:
    assert (omilia.chat.taken, omilia.chat.abandoned) == (0, 0)
    assert omilia.chat.begun == omilia.chat.ended


EACH = pytest.mark.parametrize("kind", Kind)


@EACH
@pytest.mark.parametrize("greeting", ["message", "embedded"])
async def test_a_conversation_is_held_and_ended(
    omilia: Simulator, chat: ChatProber, kind: Kind, greeting: str
) -> None:
    omilia.chat.rules = HouseRules.model_validate({"licences": 1, "greeting": greeting})
    for _ in range(3):
        exchange = await chat.fetch(over(kind, omilia))
        assert isinstance(exchange, Reply)
        assert outcome(exchange).category is Category.OK
        assert steps(exchange)[-1] == "turn 1"
        assert b"I heard you." in exchange.body
        assert exchange.latency >= sum(step.seconds for step in exchange.steps) * 0.5
        assert exchange.phases.connect is not None
        await until(lambda: omilia.chat.taken == 0)
    assert omilia.chat.begun == 3
    given_back(omilia)


@EACH
async def test_what_the_last_reply_says_can_be_asked_for(
    omilia: Simulator, chat: ChatProber, kind: Kind
) -> None:
    good, bad = (replace(SCRIPT, opening="hello", reply=re.compile(one)) for one in ("heard", "no"))
    assert outcome(await chat.fetch(over(kind, omilia, script=good))).category is Category.OK
    said = outcome(await chat.fetch(over(kind, omilia, script=bad)))
    assert (said.category, said.detail) == ("unexpected", "turn 1: the reply does not match no")
    assert said.application


@EACH
async def test_an_app_that_ends_the_dialog_itself_is_well_when_all_was_said(
    omilia: Simulator, chat: ChatProber, kind: Kind
) -> None:
    script = replace(SCRIPT, opening="hello", utterances=("bye",))
    assert outcome(await chat.fetch(over(kind, omilia, script=script))).category is Category.OK


TABLE: list[tuple[Kind, dict[str, Any], Category, str]] = [
    (Kind.REST, {"do": "licences", "where": DIALOGS}, Category.LICENCE, "greeting: HTTP 403"),
    (Kind.REST, {"do": "forbidden", "where": DIALOGS}, Category.PERMISSION, "greeting: HTTP 403"),
    (Kind.REST, {"do": "throttle", "where": DIALOGS}, Category.THROTTLED, "greeting: HTTP 429"),
    (
        Kind.REST,
        {"do": "fail", "where": DIALOGS, "nth": 2},
        Category.SERVER_ERROR,
        "turn 1: HTTP 500",
    ),
    (
        Kind.REST,
        {"do": "expire", "where": DIALOGS, "nth": 2},
        Category.MISCONFIGURED,
        "turn 1: HTTP",
    ),
    (
        Kind.REST,
        {"do": "mute", "where": DIALOGS, "nth": 2},
        Category.UNEXPECTED,
        "turn 1: no reply",
    ),
    (Kind.REST, {"do": "reset", "where": DIALOGS, "nth": 2}, Category.UNREACHABLE, "turn 1: "),
    (
        Kind.REST,
        {"do": "wrong_body", "where": DIALOGS},
        Category.UNEXPECTED,
        "greeting: the answer",
    ),
    (Kind.WEBSOCKET, {"do": "licences", "where": SESSION}, Category.LICENCE, "connect: HTTP 403"),
    (Kind.WEBSOCKET, {"do": "throttle", "where": SESSION}, Category.THROTTLED, "connect: HTTP 429"),
    (Kind.WEBSOCKET, {"do": "fail", "where": SESSION}, Category.SERVER_ERROR, "connect: HTTP 500"),
    (Kind.WEBSOCKET, {"do": "reset", "where": SESSION}, Category.UNREACHABLE, "connect: "),
    (
        Kind.WEBSOCKET,
        {"do": "garbage", "where": SESSION},
        Category.UNREACHABLE,
        "connect: not HTTP",
    ),
    (
        Kind.WEBSOCKET,
        {"do": "licences", "where": f"{SESSION}/start"},
        Category.LICENCE,
        "session: ",
    ),
    (
        Kind.WEBSOCKET,
        {"do": "reset", "where": f"{SESSION}/start"},
        Category.UNREACHABLE,
        "session: ",
    ),
    (
        Kind.WEBSOCKET,
        {"do": "hang_up", "where": f"{SESSION}/start"},
        Category.UNEXPECTED,
        "session: ",
    ),
    (Kind.WEBSOCKET, {"do": "fail", "where": f"{SESSION}/turn"}, Category.SERVER_ERROR, "turn 1: "),
    (
        Kind.WEBSOCKET,
        {"do": "throttle", "where": f"{SESSION}/turn"},
        Category.THROTTLED,
        "turn 1: ",
    ),
    (Kind.WEBSOCKET, {"do": "expire", "where": f"{SESSION}/turn"}, Category.UNEXPECTED, "turn 1: "),
    (
        Kind.WEBSOCKET,
        {"do": "wrong_body", "where": f"{SESSION}/turn"},
        Category.UNEXPECTED,
        "turn 1",
    ),
]


@pytest.mark.parametrize(
    "case",
    TABLE,
    ids=[f"{kind}-{fault['do']}-{fault['where'].rpartition('/')[2]}" for kind, fault, *_ in TABLE],
)
async def test_what_goes_wrong_is_judged_by_the_same_table(
    omilia: Simulator,
    chat: ChatProber,
    case: tuple[Kind, dict[str, Any], Category, str],
) -> None:
    kind, fault, category, detail = case
    break_(omilia, **fault)
    said = outcome(await chat.fetch(over(kind, omilia)))
    assert said.category is category, said
    assert said.detail.startswith(detail), said.detail
    assert said.detail.startswith(said.steps[-1].name)
    await until(lambda: omilia.chat.taken == 0)


@pytest.mark.parametrize(("kind", "where"), [(Kind.REST, DIALOGS), (Kind.WEBSOCKET, SESSION)])
async def test_a_hint_to_wait_is_heard(
    omilia: Simulator, chat: ChatProber, kind: Kind, where: str
) -> None:
    break_(omilia, "throttle", where, retry_after="90s")
    said = outcome(await chat.fetch(over(kind, omilia)))
    assert (said.category, said.effect, said.retry_after) == ("throttled", Effect.FAILURE, 90.0)


# ---------------------------------------------------------------- time


async def test_a_farewell_that_hangs_holds_nobody_up_and_is_told(
    omilia: Simulator, network: AiohttpProber, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    chat = ChatProber(network, looks, parting=0.1)
    break_(omilia, "hang", DIALOGS, nth=3)
    with caplog.at_level(logging.WARNING):
        exchange = await asyncio.wait_for(chat.fetch(over(Kind.REST, omilia)), PATIENCE)
    assert outcome(exchange).category is Category.OK
    assert "chat.not_ended" in caplog.messages
    assert omilia.chat.taken == 1


# ---------------------------------------------------------------- cut short


@pytest.mark.parametrize(
    ("kind", "where", "nth"),
    [
        (Kind.REST, DIALOGS, 2),
        (Kind.WEBSOCKET, SESSION, 1),
        (Kind.WEBSOCKET, f"{SESSION}/start", 1),
        (Kind.WEBSOCKET, f"{SESSION}/turn", 1),
    ],
)
async def test_a_conversation_that_is_cancelled_is_ended_and_the_next_has_its_turn(
    omilia: Simulator, chat: ChatProber, kind: Kind, where: str, nth: int
) -> None:
    omilia.chat.rules = HouseRules(licences=1)
    fault = break_(omilia, "hang", where, nth=nth)
    talking = asyncio.create_task(chat.fetch(over(kind, omilia)))
    await until(lambda: any(one.hits for one in omilia.faults.holding))
    talking.cancel()
    if where.endswith("start"):  # the server is about to begin a session, and nobody can stop that
        omilia.faults.clear(fault)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(talking, PATIENCE)
    omilia.faults.clear(fault)
    await until(lambda: omilia.chat.taken == 0)
    given_back(omilia)
    exchange = await asyncio.wait_for(chat.fetch(over(kind, omilia)), PATIENCE)
    assert outcome(exchange).category is Category.OK


async def test_an_answer_that_is_on_its_way_still_names_the_dialog_to_end(
    omilia: Simulator, chat: ChatProber
) -> None:
    fault = break_(omilia, "hang", DIALOGS)
    talking = asyncio.create_task(chat.fetch(over(Kind.REST, omilia)))
    await until(lambda: any(one.hits for one in omilia.faults.holding))
    talking.cancel()
    omilia.faults.clear(fault)
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(talking, PATIENCE)
    assert (omilia.chat.begun, omilia.chat.ended) == (1, 1)


async def test_a_farewell_survives_whoever_is_impatient(
    omilia: Simulator, chat: ChatProber
) -> None:
    break_(omilia, "hang", f"{SESSION}/turn")
    talking = asyncio.create_task(chat.fetch(over(Kind.WEBSOCKET, omilia)))
    await until(lambda: any(one.hits for one in omilia.faults.holding))
    talking.cancel()
    await asyncio.sleep(0)
    talking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(talking, PATIENCE)
    await asyncio.wait_for(chat.close(), PATIENCE)
    await until(lambda: omilia.chat.taken == 0)
    given_back(omilia)


async def test_one_at_a_time_with_a_credential_whatever_the_endpoint(
    omilia: Simulator, chat: ChatProber
) -> None:
    omilia.chat.rules = HouseRules(licences=1)
    requests = [over(kind, omilia) for kind in [*Kind] * 3]
    async with asyncio.timeout(PATIENCE):
        exchanges = await asyncio.gather(*map(chat.fetch, requests))
    assert {outcome(exchange).category for exchange in exchanges} == {Category.OK}


async def test_whoever_waits_for_its_turn_may_give_up_and_others_talk_meanwhile(
    omilia: Simulator, chat: ChatProber
) -> None:
    fault = break_(omilia, "hang", f"{SESSION}/turn", count=1)
    first = asyncio.create_task(chat.fetch(over(Kind.WEBSOCKET, omilia)))
    await until(lambda: omilia.faults.holding[0].hits)
    second = asyncio.create_task(chat.fetch(over(Kind.REST, omilia)))
    other = await asyncio.wait_for(chat.fetch(over(Kind.REST, omilia, credential="bad")), PATIENCE)
    assert outcome(other).category is Category.CREDENTIAL
    assert not second.done()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    omilia.faults.clear(fault)
    assert outcome(await asyncio.wait_for(first, PATIENCE)).category is Category.OK


# ---------------------------------------------------------------- keys

UNAUTHORIZED = [
    (Kind.REST, DIALOGS),
    (Kind.WEBSOCKET, f"{SESSION}/start"),
    (Kind.WEBSOCKET, SESSION),
]


@pytest.mark.parametrize(("kind", "where"), UNAUTHORIZED)
async def test_a_fresh_deployment_is_looked_at_again(
    omilia: Simulator, chat: ChatProber, looks: Looks, kind: Kind, where: str
) -> None:
    break_(omilia, "reject_token", where, count=1)
    exchange = await chat.fetch(over(kind, omilia))
    assert outcome(exchange).category is Category.OK
    assert steps(exchange)[0] == "settling"
    assert looks.asked == []


@EACH
async def test_a_bad_key_is_bad_the_second_time_too(
    omilia: Simulator, chat: ChatProber, kind: Kind
) -> None:
    said = outcome(await chat.fetch(over(kind, omilia, credential="bad")))
    assert (said.category, said.effect) == (Category.CREDENTIAL, Effect.NEUTRAL)
    assert said.steps[0].name == "settling"
    assert "wrong-key" not in str(said)


@EACH
async def test_without_time_to_settle_it_is_believed_at_once(
    omilia: Simulator, chat: ChatProber, kind: Kind
) -> None:
    exchange = await chat.fetch(over(kind, omilia, credential="bad", settle=0.0))
    assert outcome(exchange).category is Category.CREDENTIAL
    assert "settling" not in steps(exchange)


def seen(effect: Effect, detail: str) -> Outcome:
    category = Category.OK if effect is Effect.SUCCESS else Category.UNEXPECTED
    return Outcome("app", START, START, category, effect, detail=detail)


@EACH
async def test_an_app_that_is_not_started_says_nothing_about_the_key(
    omilia: Simulator, chat: ChatProber, looks: Looks, kind: Kind
) -> None:
    looks.found = seen(Effect.FAILURE, 'got "not-deployed"')
    exchange = await chat.fetch(over(kind, omilia, credential="bad", app_status="app"))
    why = 'UNAUTHORIZED says nothing about the key: got "not-deployed"'
    assert exchange == NotSent("app", why)
    assert looks.asked == ["app"]


@pytest.mark.parametrize("found", [None, seen(Effect.SUCCESS, "")])
async def test_an_app_that_is_started_leaves_the_key_to_blame(
    omilia: Simulator, chat: ChatProber, looks: Looks, found: Outcome | None
) -> None:
    looks.found = found
    exchange = await chat.fetch(over(Kind.REST, omilia, credential="bad", app_status="app"))
    assert outcome(exchange).category is Category.CREDENTIAL


@EACH
async def test_the_app_is_not_looked_at_while_all_is_well(
    omilia: Simulator, chat: ChatProber, looks: Looks, kind: Kind
) -> None:
    await chat.fetch(over(kind, omilia, app_status="app"))
    assert looks.asked == []


class Nothing:
    """Credentials that cannot be had."""

    async def show(self, name: str, within: float) -> Shown | NotSent:
        return NotSent(f"credential {name}", f"nothing within {within:g} s")

    async def renew(self, name: str, rejected: Shown, url: str, within: float) -> Shown | None:
        raise AssertionError((name, rejected, url, within))


@EACH
async def test_a_key_that_cannot_be_had_is_nobodys_failure(
    omilia: Simulator, looks: Looks, kind: Kind
) -> None:
    async with AiohttpProber(Nothing()) as network:
        exchange = await ChatProber(network, looks).fetch(over(kind, omilia))
    assert isinstance(exchange, NotSent)
    assert exchange.by == "credential chat"
    assert omilia.requests.total == 0


@pytest.mark.parametrize(
    ("kind", "where"), [(Kind.REST, DIALOGS), (Kind.WEBSOCKET, f"{SESSION}/turn")]
)
async def test_a_key_that_comes_back_is_hidden(
    omilia: Simulator, chat: ChatProber, kind: Kind, where: str
) -> None:
    break_(omilia, "fail", where, detail=f"who has {KEY}?")
    exchange = await chat.fetch(over(kind, omilia))
    assert "who has ***?" in outcome(exchange).detail
    assert KEY not in repr(exchange)
