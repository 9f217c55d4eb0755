"""Status, endpoints and verdicts, asked of the real server."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from monitor.core.breaker import Snapshot, State
from monitor.core.endpoint import Endpoint, Request
from monitor.core.health import Health, Status
from monitor.core.outcome import Category
from monitor.core.standing import Standing
from monitor.core.window import Recent
from monitor.ports import News
from monitor.web import models
from tests.adapters.stories import endpoint, healthy, outcome, tripped
from tests.adapters.web_world import World, serving
from tests.clock import START


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with serving() as world:
        yield world


# ---------------------------------------------------------------- status


async def test_an_empty_board_is_unknown(world: World) -> None:
    status = await world.read("/v1/status", models.StatusModel)
    assert (status.status, status.endpoints, status.incidents) == (Status.UNKNOWN, 0, [])
    assert (status.location, status.version) == ("default", "1.2.3")


async def test_the_status_counts_every_health_and_lists_what_goes_on(world: World) -> None:
    world.board.publish(healthy("chat"))
    world.board.publish(healthy("bots"))
    world.board.publish(tripped("auth"))
    world.clock.advance(30)
    status = await world.read("/v1/status", models.StatusModel)
    assert status.status is Status.PARTIAL_OUTAGE
    assert status.endpoints == 3
    assert status.counts[Health.OPERATIONAL] == 2
    assert status.counts[Health.DOWN] == 1
    assert set(status.counts) == set(Health)
    assert [(i.id, i.duration) for i in status.incidents] == [("i-auth", 30)]


async def test_times_are_utc_with_z(world: World) -> None:
    world.board.publish(healthy())
    _, body = await world.ask("/v1/status")
    assert json.loads(body)["since"] == "2026-11-22T18:00:00Z"


# ---------------------------------------------------------------- endpoints


async def test_an_endpoint_has_exactly_the_fields_of_the_interface(world: World) -> None:
    world.board.publish(tripped())
    world.due["chat"] = START + timedelta(seconds=10)
    world.clock.advance(4)
    _, body = await world.ask("/v1/endpoints/chat")
    view = json.loads(body)
    phases = view["last"].pop("phases")
    assert set(phases) == {"resolve", "connect", "tls", "first_byte", "transfer"}
    assert view == {
        "id": "chat",
        "group": "platform",
        "region": "",
        "about": "platform",
        "url": "https://example.test/v1?page=1",
        "health": "down",
        "since": "2026-11-22T18:00:00Z",
        "reason": "HTTP 503: no healthy upstream",
        "maintenance": None,
        "breaker": {
            "state": "open",
            "mode": "auto",
            "order": None,
            "shadow": None,
            "epoch": 7,
            "trips": 1,
            "reason": "3 consecutive failures",
            "opened_at": "2026-11-22T18:00:00Z",
            "retry_after": 6.0,
            "why": {
                "rule": "failures_in_a_row",
                "count": 3,
                "of": None,
                "threshold": 3,
                "within": None,
                "by": None,
                "samples": [
                    {
                        "at": "2026-11-22T18:00:00Z",
                        "category": "server_error",
                        "status": 503,
                        "fault": None,
                        "detail": "HTTP 503: no healthy upstream",
                    }
                ],
            },
            "next": "a trial in 6 s; 2 good trials in a row close it",
        },
        "evidence": None,
        "last": {
            "at": "2026-11-22T18:00:00Z",
            "category": "server_error",
            "status": 503,
            "fault": None,
            "phase": None,
            "latency": 0.15,
            "steps": [],
            "detail": "HTTP 503: no healthy upstream",
        },
        "signals": None,
        "availability": None,
        "objective": None,
        "next_probe_at": "2026-11-22T18:00:10Z",
    }


async def test_an_endpoint_that_was_not_probed_yet_has_no_last(world: World) -> None:
    world.board.publish(News(endpoint(), Standing("chat")))
    view = await world.read("/v1/endpoints/chat", models.EndpointModel)
    assert (view.last, view.health, view.reason) == (None, Health.UNKNOWN, "not probed yet")


async def test_an_endpoint_that_was_not_answered_says_what_went_wrong(world: World) -> None:
    last = outcome(category=Category.UNREACHABLE, detail="no answer within 5 s")
    world.board.publish(News(endpoint(), Standing("chat", last=last), last))
    view = await world.read("/v1/endpoints/chat", models.EndpointModel)
    assert view.last is not None
    assert (view.last.status, view.last.fault, view.last.phase) == (None, "timeout", "first_byte")


async def test_evidence_that_has_grown_old_is_shown_as_unknown_since_then(world: World) -> None:
    world.board.publish(healthy())
    world.clock.advance(3600)
    view = await world.read("/v1/endpoints/chat", models.EndpointModel)
    assert (view.health, view.since) == (Health.UNKNOWN, START)
    assert view.reason == "no evidence since 2026-11-22T18:00:00Z"


async def test_secrets_in_a_url_are_not_shown(world: World) -> None:
    url = "https://user:hunter2@example.test/x?api_key=hunter2&page=1"
    world.board.publish(replace(healthy(), endpoint=Endpoint("chat", Request(url))))
    for path in ("/v1/endpoints/chat", "/v1/endpoints"):
        _, body = await world.ask(path)
        assert b"hunter2" not in body
        assert b"https://example.test/x?api_key=REDACTED&page=1" in body


async def test_half_a_character_from_outside_spoils_no_answer(world: World) -> None:
    news = healthy()
    world.board.publish(replace(news, standing=replace(news.standing, reason="odd \ud800 text")))
    listing = await world.read("/v1/endpoints", models.EndpointsModel)
    assert listing.endpoints[0].reason == "odd ? text"


async def test_endpoints_are_listed_in_the_order_of_the_configuration(world: World) -> None:
    for name in ("zebra", "ape", "mole"):
        world.board.publish(healthy(name))
    listing = await world.read("/v1/endpoints", models.EndpointsModel)
    assert [view.id for view in listing.endpoints] == ["zebra", "ape", "mole"]


async def test_a_closed_breaker_shows_what_its_windows_hold_and_what_would_open_it(
    world: World,
) -> None:
    recent = Recent(tuple(float(n) for n in range(12)), "..x..x.sx...")
    breaker = Snapshot(failures=1, recent=recent, taken_mono=12.0)
    news = healthy()
    world.board.publish(replace(news, standing=replace(news.standing, breaker=breaker)))
    view = await world.read("/v1/endpoints/chat", models.EndpointModel)
    assert view.evidence is not None
    assert view.evidence.failed is not None
    assert view.evidence.slow is not None
    assert (view.evidence.state, view.evidence.failed.count, view.evidence.failed.of) == (
        "enough",
        3,
        12,
    )
    assert (view.evidence.slow.count, view.evidence.slow.enough) == (1, True)
    assert view.breaker.why is None
    assert view.breaker.next == (
        "opens on 3 failures in a row (1 now),"
        " or more than 40 % of 20 failing in 10 min (3 of 12 now)"
    )


# ---------------------------------------------------------------- verdicts


async def test_an_allowed_verdict_is_200_and_never_stored(world: World) -> None:
    world.board.publish(healthy())
    world.due["chat"] = START + timedelta(seconds=20)
    response, body = await world.ask("/v1/verdicts/chat")
    assert response.status == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert "Retry-After" not in response.headers
    assert json.loads(body) == {
        "endpoint": "chat",
        "allow": True,
        "state": "closed",
        "mode": "auto",
        "unknown": False,
        "reason": "",
        "retry_after": None,
        "evidence_age": 0.0,
        "valid_for": 25.0,
        "epoch": 0,
        "evidence": "thin",
    }


@pytest.mark.parametrize(("due_in", "seconds"), [(9.2, "10"), (0.3, "1"), (0.0, "1"), (-5.0, "1")])
async def test_a_refusing_verdict_is_503_with_whole_seconds_to_wait(
    world: World, due_in: float, seconds: str
) -> None:
    world.board.publish(tripped())
    world.clock.advance(10.0)  # the open time is over, only the trial is awaited
    world.due["chat"] = world.clock.now() + timedelta(seconds=due_in)
    response, body = await world.ask("/v1/verdicts/chat")
    assert response.status == 503
    assert response.headers["Retry-After"] == seconds
    assert response.content_type == "application/json"
    verdict = models.VerdictModel.model_validate_json(body)
    assert (verdict.allow, verdict.state) == (False, State.OPEN)
    assert verdict.reason == "3 consecutive failures"


async def test_head_says_the_same_without_a_body(world: World) -> None:
    world.board.publish(tripped())
    response, body = await world.ask("/v1/verdicts/chat", "HEAD")
    assert (response.status, body) == (503, b"")
    assert int(response.headers["Retry-After"]) >= 1
    response, body = await world.ask("/v1/verdicts", "HEAD")
    assert (response.status, body) == (200, b"")
    assert response.headers["ETag"].startswith('W/"')


async def test_the_tag_stays_while_only_ages_grow(world: World) -> None:
    world.board.publish(healthy())
    first, before = await world.ask("/v1/verdicts")
    world.clock.advance(5)
    world.board.publish(healthy(at=world.clock.now()))
    world.clock.advance(7)
    second, after = await world.ask("/v1/verdicts")
    assert before != after
    assert first.headers["ETag"] == second.headers["ETag"]


@pytest.mark.parametrize("story", ["trips", "grows old", "new reason", "new epoch", "one more"])
async def test_the_tag_changes_with_what_a_caller_acts_on(world: World, story: str) -> None:
    news = healthy()
    world.board.publish(news)
    first, _ = await world.ask("/v1/verdicts")
    standing = news.standing
    match story:
        case "trips":
            world.board.publish(tripped())
        case "grows old":
            world.clock.advance(3600)
        case "new reason":
            world.board.publish(replace(news, standing=replace(standing, reason="1 of 3 failures")))
        case "new epoch":
            breaker = replace(standing.breaker, epoch=4)
            world.board.publish(replace(news, standing=replace(standing, breaker=breaker)))
        case "one more":
            world.board.publish(healthy("bots"))
    second, _ = await world.ask("/v1/verdicts")
    assert first.headers["ETag"] != second.headers["ETag"]


async def test_who_has_the_current_verdicts_gets_304(world: World) -> None:
    world.board.publish(healthy())
    first, _ = await world.ask("/v1/verdicts")
    tag = first.headers["ETag"]
    for known in (tag, f'"other", {tag}', tag.removeprefix("W/"), "*"):
        response, body = await world.ask("/v1/verdicts", headers={"If-None-Match": known})
        assert (response.status, body) == (304, b"")
        assert response.headers["ETag"] == tag
        assert response.headers["Cache-Control"] == "no-cache"
    for unknown in ('"other"', "nonsense"):
        response, _ = await world.ask("/v1/verdicts", headers={"If-None-Match": unknown})
        assert response.status == 200
    world.board.publish(tripped())
    response, _ = await world.ask("/v1/verdicts", headers={"If-None-Match": tag})
    assert response.status == 200


async def test_all_verdicts_are_200_whatever_they_say(world: World) -> None:
    world.board.publish(tripped())
    listing = await world.read("/v1/verdicts", models.VerdictsModel)
    assert [verdict.allow for verdict in listing.verdicts] == [False]


async def test_a_trip_is_seen_at_once_within_the_same_second(world: World) -> None:
    world.board.publish(healthy())
    await world.read("/v1/verdicts", models.VerdictsModel)
    world.board.publish(tripped())
    listing = await world.read("/v1/verdicts", models.VerdictsModel)
    assert not listing.verdicts[0].allow


async def test_a_thousand_endpoints_are_listed_and_made_once_for_all_who_ask(
    world: World,
) -> None:
    made: list[str] = []

    def next_probe(name: str) -> None:
        made.append(name)

    for number in range(1000):
        world.board.publish(replace(healthy(f"endpoint-{number}"), outcome=None))
    await world.settled()
    world.board._next_probe = next_probe
    answers = await asyncio.gather(*(world.ask("/v1/verdicts") for _ in range(10)))
    assert len(made) == 1000
    assert len({body for _, body in answers}) == 1
    assert len(models.VerdictsModel.model_validate_json(answers[0][1]).verdicts) == 1000
    listing = await world.read("/v1/endpoints", models.EndpointsModel)
    assert len(listing.endpoints) == 1000
