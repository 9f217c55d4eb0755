"""The simulated Omilia, unharmed: endpoints, credentials and error shapes of its API guides."""

import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from monitor.omilia.simulator import APP_ID, Simulator
from tests.clock import FakeClock

PAT = {"X-OCP-PERSONAL-ACCESS-TOKEN": "simulated-pat"}
STATUS = "/envs-manager/api/status"
APPS = "/orchestrator/api/apps"


@pytest.fixture
async def omilia() -> AsyncIterator[Simulator]:
    async with Simulator(clock=FakeClock()) as simulator:
        yield simulator


@pytest.fixture
async def ask(omilia: Simulator) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(omilia.url) as session:
        yield session


async def bearer(ask: aiohttp.ClientSession) -> dict[str, str]:
    form = {
        "client_id": "ocp",
        "grant_type": "password",
        "username": "probe@example.org",
        "password": "simulated-password",
    }
    path = "/auth/realms/master/protocol/openid-connect/token"
    async with ask.post(path, data=form) as reply:
        return {"Authorization": f"Bearer {(await reply.json())['access_token']}"}


def fields(*names: str) -> Callable[[Any], bool]:
    return lambda body: isinstance(body, dict) and set(names) <= body.keys()


def list_under(name: str, *item: str) -> Callable[[Any], bool]:
    def holds(body: Any) -> bool:
        items = body[name]
        return bool(items) and all(set(item) <= each.keys() for each in items)

    return holds


def listed(*item: str) -> Callable[[Any], bool]:
    return lambda body: bool(body) and all(set(item) <= each.keys() for each in body)


READS: list[tuple[str, Callable[[Any], bool]]] = [
    (STATUS, fields("name", "version", "auth", "meta")),
    ("/envs-manager/api/v1/variables-collections?searchTerm=", list_under("data", "id", "name")),
    (f"{APPS}/{APP_ID}/status/", lambda body: body == {"status": "started"}),
    ("/orchestrator/api/nlu/domains/", lambda body: "banking" in body["domains"]),
    (f"{APPS}/pagination/?limit=1", lambda body: len(body["results"]) == 1),
    (f"{APPS}/{APP_ID}/", fields("id", "name", "canvas", "deployed_at")),
    ("/orchestrator/api/agents/", listed("id", "name", "component_id")),
    (
        "/orchestrator/api/tts/voices/?organization=7",
        list_under("voices", "language", "provider", "name", "id"),
    ),
    ("/miniapps/api/apps?pageSize=1", lambda body: len(body["apps"]) == 1),
    ("/miniapps/api/config", lambda body: bool(body["config"]["activeVersion"])),
    (
        "/integrations/api/numbers?page=1&pageSize=1",
        list_under("numbers", "number", "country", "groupId", "miniAppId"),
    ),
    ("/metrics-api/v3/tables", lambda body: "DIALOGS_METRICS" in body["tables"]),
    ("/metrics-api/v3/tables/DIALOGS_METRICS", listed("name", "type", "pk")),
    ("/pathfinder/api/v1/projects", listed("id", "name")),
]


@pytest.mark.parametrize(("path", "holds"), READS, ids=[path for path, _ in READS])
async def test_a_read_with_a_token_has_the_documented_shape(
    ask: aiohttp.ClientSession, path: str, holds: Callable[[Any], bool]
) -> None:
    async with ask.get(path, headers=await bearer(ask)) as reply:
        assert reply.status == 200
        assert reply.headers["Content-Type"] == "application/json"
        assert holds(await reply.json())


TAKES_NO_PAT = ("/integrations/api/numbers", "/pathfinder/api/v1/projects")


@pytest.mark.parametrize("path", [path for path, _ in READS])
async def test_a_pat_opens_every_service_but_integrations_and_pathfinder(
    ask: aiohttp.ClientSession, path: str
) -> None:
    async with ask.get(path, headers=PAT) as reply:
        assert reply.status == (401 if path.startswith(TAKES_NO_PAT) else 200)


@pytest.mark.parametrize("path", [path for path, _ in READS if path != STATUS])
async def test_without_a_credential_everything_but_the_status_is_closed(
    ask: aiohttp.ClientSession, path: str
) -> None:
    async with ask.get(path) as reply:
        assert reply.status == 401
        assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("anonymous", "status", "others"), [("none", 401, 401), ("status", 200, 401), ("all", 200, 200)]
)
async def test_how_much_is_open_can_be_chosen(anonymous: Any, status: int, others: int) -> None:
    async with (
        Simulator(clock=FakeClock(), anonymous=anonymous) as omilia,
        aiohttp.ClientSession(omilia.url) as ask,
    ):
        async with ask.get(STATUS) as reply:
            assert reply.status == status
        async with ask.get("/miniapps/api/config") as reply:
            assert reply.status == others
        async with ask.get("/miniapps/api/config", headers=dict.fromkeys(PAT, "stale")) as reply:
            assert reply.status == 401


async def test_the_status_of_1_17_has_its_signs_of_life_under_meta(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    async with ask.get(STATUS) as reply:
        body = await reply.json()
    assert body == {
        "name": "envs-manager-api",
        "version": "1.17.0",
        "auth": {"realm": "master", "client_id": "ocp", "url": f"{omilia.url}/auth"},
        "meta": {"server_start_time": "2026-11-22T18:00:00+00:00", "services_status": {}},
    }


async def test_the_older_status_has_them_on_top_and_no_name() -> None:
    async with (
        Simulator(clock=FakeClock(), status_layout="top-level", realm="ocp") as omilia,
        aiohttp.ClientSession(omilia.url) as ask,
        ask.get(STATUS) as reply,
    ):
        assert await reply.json() == {
            "version": "1.12.0",
            "auth": {"realm": "ocp", "client_id": "ocp", "url": f"{omilia.url}/auth"},
            "server_start_time": "2026-11-22T18:00:00+00:00",
            "services_status": {},
        }


async def test_discovery_names_the_realm_and_the_token_endpoint(
    omilia: Simulator, ask: aiohttp.ClientSession
) -> None:
    async with ask.get("/auth/realms/master/.well-known/openid-configuration") as reply:
        body = await reply.json()
    assert body["issuer"] == f"{omilia.url}/auth/realms/master"
    assert body["token_endpoint"] == f"{body['issuer']}/protocol/openid-connect/token"


async def test_the_bodies_name_the_public_address() -> None:
    async with (
        Simulator(clock=FakeClock(), public_url="http://omilia:8090/") as omilia,
        aiohttp.ClientSession(omilia.url) as ask,
        ask.get(STATUS) as reply,
    ):
        assert (await reply.json())["auth"]["url"] == "http://omilia:8090/auth"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_the_widget_is_javascript_of_some_length(
    ask: aiohttp.ClientSession, method: str
) -> None:
    async with ask.request(method, "/ChatWidget/bundle.js") as reply:
        assert reply.status == 200
        assert "javascript" in reply.headers["Content-Type"]
        assert int(reply.headers["Content-Length"]) > 1024


async def test_numbers_come_in_pages(ask: aiohttp.ClientSession) -> None:
    headers = await bearer(ask)
    seen = []
    for page in (1, 2, 3):
        path = f"/integrations/api/numbers?page={page}&pageSize=2"
        async with ask.get(path, headers=headers) as reply:
            seen.append(len((await reply.json())["numbers"]))
    assert seen == [2, 1, 0]
    async with ask.get("/integrations/api/numbers?page=x", headers=headers) as reply:
        assert reply.status == 400
        assert "message" in await reply.json()


async def test_a_simulator_that_listens_moves_when_it_is_started_again(omilia: Simulator) -> None:
    before = omilia.url
    await omilia.start()
    async with aiohttp.ClientSession() as anywhere:
        async with anywhere.get(f"{omilia.url}{STATUS}") as reply:
            assert reply.status == 200
        if before != omilia.url:
            with pytest.raises(aiohttp.ClientConnectorError):
                await anywhere.get(f"{before}{STATUS}")


async def test_a_taken_address_is_the_callers_to_tell(omilia: Simulator) -> None:
    port = int(omilia.url.rpartition(":")[2])
    second = Simulator(clock=FakeClock())
    with pytest.raises(OSError, match="in use"):
        await second.start(port=port)
    await second.start()
    await second.stop()


async def test_a_restart_before_the_start_is_only_another_version() -> None:
    simulator = Simulator(clock=FakeClock(), version="2.0.9-rc1")
    simulator.restart()
    simulator.faults.clear()
    async with simulator, aiohttp.ClientSession(simulator.url) as ask, ask.get(STATUS) as reply:
        assert (await reply.json())["version"] == "2.0.9-rc2"


async def test_searching_narrows_the_collections(ask: aiohttp.ClientSession) -> None:
    path = "/envs-manager/api/v1/variables-collections?searchTerm=HOURS"
    async with ask.get(path, headers=PAT) as reply:
        assert [each["name"] for each in (await reply.json())["data"]] == ["opening-hours"]


# ---------------------------------------------------------------- errors, each API in its own words


async def test_orchestrator_sends_a_path_without_its_last_slash_on(
    ask: aiohttp.ClientSession,
) -> None:
    path = "/orchestrator/api/tts/voices?organization=7"
    async with ask.get(path, allow_redirects=False) as reply:
        assert reply.status == 301
        assert reply.headers["Location"] == "/orchestrator/api/tts/voices/?organization=7"
    async with ask.get(path, headers=PAT) as reply:
        assert reply.status == 200


ERRORS: list[tuple[str, str, int, dict[str, Any]]] = [
    ("GET", "/envs-manager/api/nothing", 404, {"errors": [{"status": 404, "title": "Not Found"}]}),
    ("POST", STATUS, 405, {"errors": [{"status": 405, "meta": {}}]}),
    (
        "GET",
        f"/envs-manager/api/v1/variables-collections?searchTerm={'x' * 101}",
        422,
        {"detail": [{"loc": ["query", "searchTerm"], "type": "value_error"}]},
    ),
    ("GET", f"{APPS}/unknown/", 404, {"detail": "There is nothing here"}),
    ("GET", f"{APPS}/unknown/status/", 404, {"detail": "There is nothing here"}),
    (
        "GET",
        "/orchestrator/api/tts/voices/",
        400,
        {"organization": ["An organization is needed."]},
    ),
    (
        "GET",
        f"{APPS}/pagination/?limit=0",
        400,
        {"limit": ["A whole number from 1 is needed."]},
    ),
    ("GET", "/miniapps/api/apps?pageSize=-1", 400, {"error": "Bad Request", "status": 400}),
    ("GET", "/miniapps/api/apps?pageSize=many", 400, {"error": "Bad Request", "status": 400}),
    ("GET", "/miniapps/api/nothing", 404, {"status": 404, "path": "/miniapps/api/nothing"}),
    ("GET", "/metrics-api/v3/tables/NOTHING", 404, {"message": "There is nothing here"}),
    ("GET", "/pathfinder/api/v1/nothing", 404, {"detail": "There is nothing here"}),
    ("GET", "/integrations/api/nothing", 404, {"message": "There is nothing here"}),
    ("GET", "/auth/realms/ocp/.well-known/openid-configuration", 404, {"error": "not_found"}),
    ("GET", "/chat/nothing", 404, {"error_code": "DIALOG_NOT_FOUND"}),
]


def within(part: Any, whole: Any) -> bool:
    """Tell whether everything in `part` is in `whole`."""
    if isinstance(part, dict):
        return all(key in whole and within(value, whole[key]) for key, value in part.items())
    if isinstance(part, list) and part and isinstance(part[0], dict):
        return all(within(*pair) for pair in zip(part, whole, strict=True))
    return bool(part == whole)


@pytest.mark.parametrize(
    ("method", "path", "status", "part"), ERRORS, ids=[f"{e[0]} {e[1][:60]} {e[2]}" for e in ERRORS]
)
async def test_an_error_has_the_shape_of_its_api(
    ask: aiohttp.ClientSession, method: str, path: str, status: int, part: dict[str, Any]
) -> None:
    async with ask.request(method, path, headers=PAT) as reply:
        body = json.loads(await reply.read())
        assert reply.status == status
        assert within(part, body), body


@pytest.mark.parametrize(
    ("path", "media"), [("/orchestrator/nothing/", "text/html"), ("/nothing", "text/plain")]
)
async def test_an_unknown_path_of_django_or_the_gateway_is_no_json(
    ask: aiohttp.ClientSession, path: str, media: str
) -> None:
    async with ask.get(path) as reply:
        assert reply.status == 404
        assert reply.content_type == media


async def test_an_unknown_app_is_not_told_to_a_stranger(ask: aiohttp.ClientSession) -> None:
    async with ask.get(f"{APPS}/unknown/status/") as reply:
        assert reply.status == 401


async def test_a_wrong_method_says_which_are_right(ask: aiohttp.ClientSession) -> None:
    async with ask.delete(STATUS) as reply:
        assert reply.headers["Allow"] == "GET, HEAD"
    headers = {"Authorization": "Bearer simulated-chat-key"}
    async with ask.get("/chat/dialogs", headers=headers) as reply:
        assert reply.status == 405
        assert reply.headers["Allow"] == "POST"
