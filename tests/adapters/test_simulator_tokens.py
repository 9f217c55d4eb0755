"""The simulated token endpoint and chat: the two places that are posted to."""

import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from monitor.omilia.simulator import Simulator
from monitor.omilia.simulator.chat import DIALOGS, ChatError, Dialogs, House, HouseRules
from monitor.omilia.simulator.credentials import Secrets
from tests.clock import FakeClock

TOKEN = "/auth/realms/master/protocol/openid-connect/token"
NUMBERS = "/integrations/api/numbers"
PASSWORD = {
    "client_id": "ocp",
    "grant_type": "password",
    "username": "probe@example.org",
    "password": "simulated-password",
}
KEY = {"Authorization": "Bearer simulated-chat-key"}


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


async def tokens(ask: aiohttp.ClientSession, form: dict[str, str]) -> dict[str, Any]:
    async with ask.post(TOKEN, data=form) as reply:
        assert reply.status == 200
        body: dict[str, Any] = await reply.json()
        return body


async def status_with(ask: aiohttp.ClientSession, access_token: str) -> int:
    async with ask.get(NUMBERS, headers={"Authorization": f"Bearer {access_token}"}) as reply:
        return reply.status


async def test_a_password_gets_tokens_in_the_documented_fields(ask: aiohttp.ClientSession) -> None:
    given = await tokens(ask, PASSWORD)
    assert given.keys() == {
        "access_token",
        "expires_in",
        "refresh_expires_in",
        "refresh_token",
        "token_type",
        "not-before-policy",
        "session_state",
        "scope",
    }
    assert (given["expires_in"], given["refresh_expires_in"]) == (300, 1800)
    assert await status_with(ask, given["access_token"]) == 200


async def test_a_token_is_good_until_it_expires(
    ask: aiohttp.ClientSession, clock: FakeClock
) -> None:
    given = await tokens(ask, PASSWORD)
    clock.advance(299)
    assert await status_with(ask, given["access_token"]) == 200
    clock.advance(1)
    assert await status_with(ask, given["access_token"]) == 401


async def test_a_refresh_token_gets_new_tokens_until_it_expires(
    ask: aiohttp.ClientSession, clock: FakeClock
) -> None:
    first = await tokens(ask, PASSWORD)
    form = {
        "client_id": "ocp",
        "grant_type": "refresh_token",
        "refresh_token": first["refresh_token"],
    }
    clock.advance(1799)
    second = await tokens(ask, form)
    assert second["access_token"] != first["access_token"]
    assert await status_with(ask, second["access_token"]) == 200
    clock.advance(1)
    async with ask.post(TOKEN, data=form) as reply:
        assert (reply.status, (await reply.json())["error"]) == (400, "invalid_grant")


REFUSED: list[tuple[dict[str, str], int, str]] = [
    ({**PASSWORD, "password": "wrong"}, 401, "invalid_grant"),
    ({**PASSWORD, "username": "nobody"}, 401, "invalid_grant"),
    ({**PASSWORD, "client_id": "other"}, 401, "invalid_client"),
    ({"client_id": "ocp"}, 400, "invalid_request"),
    ({"client_id": "ocp", "grant_type": "password"}, 400, "invalid_request"),
    ({"client_id": "ocp", "grant_type": "refresh_token"}, 400, "invalid_request"),
    ({"client_id": "ocp", "grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
]


@pytest.mark.parametrize(("form", "status", "code"), REFUSED)
async def test_a_bad_token_request_is_refused_as_keycloak_does(
    ask: aiohttp.ClientSession, form: dict[str, str], status: int, code: str
) -> None:
    async with ask.post(TOKEN, data=form) as reply:
        body = await reply.json()
        assert (reply.status, body["error"]) == (status, code)
        assert body["error_description"]


async def test_a_wrong_realm_is_not_found(ask: aiohttp.ClientSession) -> None:
    async with ask.post(TOKEN.replace("master", "ocp"), data=PASSWORD) as reply:
        assert reply.status == 404
        assert "error_description" in await reply.json()


async def test_a_one_time_code_may_be_asked_for() -> None:
    async with (
        Simulator(clock=FakeClock(), secrets=Secrets(otp="123456")) as omilia,
        aiohttp.ClientSession(omilia.url) as ask,
    ):
        async with ask.post(TOKEN, data=PASSWORD) as reply:
            assert reply.status == 401
        assert await tokens(ask, {**PASSWORD, "otp": "123456"})


async def refusal(ask: aiohttp.ClientSession, form: dict[str, str]) -> tuple[int, str]:
    async with ask.post(TOKEN, data=form) as reply:
        return reply.status, (await reply.json())["error_description"]


ROBOT = {
    "client_id": "simulated-robot",
    "grant_type": "client_credentials",
    "client_secret": "simulated-robot-secret",
}


async def test_a_client_can_ask_for_itself_and_the_public_one_cannot(
    ask: aiohttp.ClientSession,
) -> None:
    assert await status_with(ask, (await tokens(ask, ROBOT))["access_token"]) == 200
    assert (await refusal(ask, {**ROBOT, "client_secret": "wrong"}))[0] == 401
    assert (await refusal(ask, {**ROBOT, "client_id": "ocp"}))[0] == 400


async def test_wrong_passwords_suspend_the_account(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    wrong = {**PASSWORD, "password": "wrong"}
    for _ in range(4):
        await refusal(ask, wrong)
    assert await tokens(ask, PASSWORD), "a right one in between makes good"
    for _ in range(5):
        assert (await refusal(ask, wrong))[0] == 401
    assert await refusal(ask, PASSWORD) == (401, "The account has been suspended")
    assert "suspended" not in (await refusal(ask, wrong))[1]
    omilia.credentials.lift()
    assert await tokens(ask, PASSWORD)
    assert omilia.credentials.asked == {("password", 401): 11, ("password", 200): 2}


async def test_the_account_is_changed_over_http_and_never_shown_its_secrets(
    ask: aiohttp.ClientSession, clock: FakeClock
) -> None:
    given = await tokens(ask, PASSWORD)
    change = {
        "password": "another-one",
        "otp": "123456",
        "access_lasts": "10s",
        "refresh_lasts": "20s",
        "suspend_after": 2,
        "revoke": True,
    }
    async with ask.post("/_simulator/account", json=change) as reply:
        shown = await reply.json()
    async with ask.get("/_simulator/account") as reply:
        assert await reply.json() == shown
    assert shown == {
        "suspended": False,
        "wrong_passwords": 0,
        "suspend_after": 2,
        "otp_asked": True,
        "access_lasts": 10.0,
        "refresh_lasts": 20.0,
        "asked": [{"grant": "password", "status": 200, "count": 1}],
    }
    assert await status_with(ask, given["access_token"]) == 401
    assert (await refusal(ask, PASSWORD))[0] == 401
    given = await tokens(ask, {**PASSWORD, "password": "another-one", "otp": "123456"})
    assert (given["expires_in"], given["refresh_expires_in"]) == (10, 20)
    clock.advance(10)
    assert await status_with(ask, given["access_token"]) == 401


async def test_a_suspension_is_set_and_lifted_over_http(ask: aiohttp.ClientSession) -> None:
    for suspended, status in ((True, 401), (False, 200)):
        async with ask.post("/_simulator/account", json={"suspended": suspended}) as reply:
            assert (await reply.json())["suspended"] is suspended
        async with ask.post(TOKEN, data=PASSWORD) as reply:
            assert reply.status == status


@pytest.mark.parametrize("body", [{"pat": ""}, {"access_lasts": "soon"}, {"passwort": "x"}, []])
async def test_a_bad_change_of_the_account_changes_nothing(
    ask: aiohttp.ClientSession, body: Any
) -> None:
    async with ask.post("/_simulator/account", json=body) as reply:
        assert reply.status == 400
    assert await tokens(ask, PASSWORD)


# ---------------------------------------------------------------- chat


async def say(ask: aiohttp.ClientSession, **body: Any) -> tuple[int, dict[str, Any]]:
    async with ask.post("/chat/dialogs", json=body, headers=KEY) as reply:
        return reply.status, await reply.json()


async def test_a_dialog_opens_goes_on_and_ends(ask: aiohttp.ClientSession) -> None:
    status, opened = await say(ask, utterance="hello", user={"user_id": "prober"}, input_fields={})
    assert status == 200
    assert opened["responses"][0]["prompts"][0]["content"]
    status, reply = await say(ask, utterance="help", dialog_id=opened["dialog_id"])
    assert (status, reply["dialog_id"]) == (200, opened["dialog_id"])
    assert reply["responses"][0]["prompts"][0]["content"]
    assert reply["outgoing_data"] == {"step": 2}
    status, reply = await say(ask, utterance="[hup]", dialog_id=opened["dialog_id"])
    assert (status, reply["action_type"]) == (200, "exit")
    status, reply = await say(ask, utterance="hello?", dialog_id=opened["dialog_id"])
    assert (status, reply["error_code"]) == (404, "DIALOG_NOT_FOUND")


async def test_an_empty_dialog_id_opens_a_dialog(ask: aiohttp.ClientSession) -> None:
    status, opened = await say(ask, utterance="hello", dialog_id="")
    assert status == 200
    assert opened["dialog_id"]


def test_the_oldest_dialog_is_forgotten() -> None:
    house = House(FakeClock())
    house.rules = HouseRules(licences=DIALOGS)
    chat = Dialogs(house)
    opened = [json.loads(chat.step(b'{"utterance": "hello"}').body) for _ in range(DIALOGS + 1)]
    first, second = (
        json.dumps({"utterance": "still there?", "dialog_id": dialog["dialog_id"]}).encode()
        for dialog in opened[:2]
    )
    assert chat.step(second).status == 200
    with pytest.raises(ChatError) as raised:
        chat.step(first)
    assert raised.value.status == 404


@pytest.mark.parametrize("body", [b"{}", b"not json", b'{"utterance": 7}', b"[]", b"\xff"])
async def test_a_step_without_an_utterance_is_a_bad_request(
    ask: aiohttp.ClientSession, body: bytes
) -> None:
    async with ask.post("/chat/dialogs", data=body, headers=KEY) as reply:
        said = await reply.json()
        assert (reply.status, said["error_code"]) == (400, "BAD_REQUEST")
        assert said["error_message"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic simulated-chat-key"},
        {"X-OCP-PERSONAL-ACCESS-TOKEN": "simulated-pat"},
    ],
)
async def test_chat_takes_its_own_key_only(
    ask: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    async with ask.post("/chat/dialogs", json={"utterance": "hello"}, headers=headers) as reply:
        assert (reply.status, (await reply.json())["error_code"]) == (401, "UNAUTHORIZED")
