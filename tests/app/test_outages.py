"""Whole outages, told end to end: real servers, real store, real signatures, a false clock."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from monitor.core.breaker import State
from monitor.core.health import Health
from tests.app.world import CONFIG, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        await world.pass_(120)
        assert world.receiver.messages == []
        yield world


async def test_the_whole_story_of_an_outage(world: World) -> None:
    """Given a healthy Omilia, when one service fails for three minutes, then services are told
    not to call within the confirmation time, one alert goes out, the recovery is found by a probe,
    and the same alert is resolved."""
    began = world.clock.now()
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(80)
    status, verdict, headers = await world.get("/v1/verdicts/status")
    assert (status, verdict["allow"], verdict["state"]) == (503, False, "open")
    assert int(headers["Retry-After"]) >= 1
    assert world.receiver.heard == [("opened", "status")]
    opened = world.receiver.messages[0]["data"]
    assert opened["severity"] == "critical"
    assert opened["http_status"] == 503
    status, platform, _ = await world.get("/v1/status")
    assert platform["status"] == "partial_outage"
    assert (platform["counts"]["operational"], platform["counts"]["down"]) == (2, 1)

    await world.pass_(100)
    world.mend()
    await world.pass_(300)
    status, verdict, _ = await world.get("/v1/verdicts/status")
    assert (status, verdict["allow"], verdict["state"]) == (200, True, "closed")
    assert world.receiver.heard == [("opened", "status"), ("resolved", "status")]
    assert world.receiver.ids[0].rpartition(".")[0] == world.receiver.ids[1].rpartition(".")[0]
    _, listed, _ = await world.get("/v1/incidents?open=false")
    (incident,) = listed["incidents"]
    assert incident["status"] == "closed"
    assert incident["trips"] >= 2, "re-trips belong to the incident"
    told = [(one["channel"], one["status"], one["why"]) for one in incident["told"]]
    assert told == [("ops", "firing", "first"), ("ops", "resolved", "resolved")]
    assert 150 <= incident["duration"] <= (world.clock.now() - began).total_seconds()


async def test_a_first_failure_is_confirmed_long_before_the_next_due_time(world: World) -> None:
    world.break_(do="fail", where="envs-manager", status=500)
    began = world.clock.now()
    while world.standing("status").breaker.state is State.CLOSED:
        due = world.metronome.first()
        assert due is not None
        await world.pass_((due[1] - world.clock.now()).total_seconds())
    took = (world.clock.now() - began).total_seconds()
    assert took <= 60 + 2 * 5 + 1, "one interval until it is seen, then two quick looks"


async def test_throttling_is_its_own_story_and_its_hint_is_obeyed(world: World) -> None:
    world.break_(do="throttle", where="metrics", retry_after="90s")
    await world.pass_(61)
    standing = world.standing("tables")
    assert standing.health is Health.THROTTLED
    _, verdict, _ = await world.get("/v1/verdicts/tables")
    assert verdict["retry_after"] <= 99
    asked = [r for r in world.omilia.requests.last if r.path == "/metrics-api/v3/tables"]
    await world.pass_(verdict["retry_after"] - 1)
    again = [r for r in world.omilia.requests.last if r.path == "/metrics-api/v3/tables"]
    assert len(again) == len(asked), "nobody asks before the time that Omilia named"
    (message,) = world.receiver.messages
    assert message["data"]["severity"] == "warning"
    assert message["data"]["category"] == "throttled"


async def test_a_rejected_credential_is_one_alert_and_trips_nothing(world: World) -> None:
    world.break_(do="reject_token")
    await world.pass_(200)
    for endpoint in ("status", "domains", "tables"):
        assert world.standing(endpoint).breaker.state is State.CLOSED
        assert world.standing(endpoint).health is Health.BLOCKED
    (message,) = world.receiver.messages
    assert message["data"]["key"] == "credential:pat"
    assert "credential" in message["data"]["title"]
    asked = world.omilia.requests.total
    await world.pass_(1800)
    assert world.omilia.requests.total - asked <= 3 * 4, "it is paused, not hammered"
    world.mend()
    await world.pass_(900)
    assert [m["type"] for m in world.receiver.messages][1:] == ["incident.resolved"]


async def test_a_reload_shows_a_rejected_credential_at_once(world: World) -> None:
    world.break_(do="reject_token")
    await world.pass_(3600)
    world.mend()
    await world.daemon.reload(world.settings())
    await world.pass_(10)
    assert world.standing("status").health is Health.OPERATIONAL
    assert world.receiver.messages[-1]["type"] == "incident.resolved"


@pytest.mark.parametrize(
    ("fault", "health", "category"),
    [
        ({"do": "licences"}, Health.BLOCKED, "licence"),
        ({"do": "forbidden"}, Health.BLOCKED, "permission"),
        ({"do": "request_failed"}, Health.DEGRADED, "request_failed"),
        ({"do": "fail", "status": 404}, Health.MISCONFIGURED, "misconfigured"),
    ],
)
async def test_what_is_about_us_trips_nothing_and_is_told(
    world: World, fault: dict[str, object], health: Health, category: str
) -> None:
    world.break_(where="envs-manager", **fault)
    await world.pass_(130)
    standing = world.standing("status")
    assert (standing.breaker.state, standing.health) == (State.CLOSED, health)
    (message,) = world.receiver.messages
    assert message["data"]["category"] == category


@pytest.mark.parametrize("fault", ["reset", "truncate", "garbage"])
async def test_faults_of_the_network_trip_the_breaker(world: World, fault: str) -> None:
    world.break_(do=fault, where="envs-manager")
    await world.pass_(90)
    assert world.standing("status").health is Health.DOWN
    assert world.standing("domains").health is Health.OPERATIONAL


async def test_a_receiver_that_is_down_for_the_whole_outage_hears_nothing_of_it(
    world: World,
) -> None:
    world.receiver.status = 500
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(200)
    world.mend()
    await world.pass_(400)
    assert world.standing("status").health is Health.OPERATIONAL
    world.receiver.status = 204
    await world.pass_(3600)
    assert world.receiver.messages == []


async def test_one_that_was_told_gets_its_resolve_however_long_it_was_away(world: World) -> None:
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(90)
    assert world.receiver.heard == [("opened", "status")]
    world.receiver.status = 503
    world.mend()
    await world.pass_(600)
    await world.daemon.stop()
    world.clock.advance(86_400)
    await world.begin()
    await world.pass_(60)
    world.receiver.status = 204
    await world.pass_(600)
    assert world.receiver.heard == [("opened", "status"), ("resolved", "status")]


async def test_what_was_told_outlives_the_next_outage_and_a_restart_until_it_is_old(
    world: World,
) -> None:
    for _ in range(2):
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(90)
        world.mend()
        await world.pass_(400)
    await world.daemon.stop()
    await world.begin()
    _, listed, _ = await world.get("/v1/incidents")
    assert len(listed["incidents"]) == 2
    for incident in listed["incidents"]:
        assert [one["status"] for one in incident["told"]] == ["firing", "resolved"]
        alone = (await world.get(f"/v1/incidents/{incident['id']}"))[1]
        assert alone | {"moves": []} == {**incident, "around": [], "moves": []}
    ids = [incident["id"] for incident in listed["incidents"]]
    await world.daemon._sweep()
    assert [len(told) for told in (await world.daemon.reconciler.told(ids)).values()] == [2, 2]
    world.clock.advance(401 * 86_400)
    await world.daemon._sweep()
    assert await world.daemon.journal.told(ids) == {}


async def test_what_needs_a_service_that_is_down_is_blocked_and_not_asked(tmp_path: Path) -> None:
    config = CONFIG.replace('domains/"', 'domains/", needs: [status]')
    async with World(tmp_path, config) as world:
        await world.pass_(120)
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(150)
        assert world.standing("domains").health is Health.BLOCKED
        assert world.standing("domains").last.detail == "blocked by status"
        world.break_(do="fail", where="orchestrator", status=503)
        asked = world.omilia.requests.counts["/orchestrator/api/nlu/domains/"]
        await world.pass_(200)
        assert world.omilia.requests.counts["/orchestrator/api/nlu/domains/"] == asked
        assert world.receiver.heard == [("opened", "status")], "only what it needs is told"
