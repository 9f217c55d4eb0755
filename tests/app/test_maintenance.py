"""Maintenance, told end to end: what waits, what is told when it ends, and what is never told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.adapters.calendars import calendar, event
from tests.app.world import CONFIG, World

HOUR = 3600.0
ACCESS = """
access:
  tokens: [{{name: ops, value: {{env: TOKEN}}, scopes: [operate]}}]
"""
PATCH = "{{name: patch, cron: 30 19 * * *, timezone: Europe/Berlin, duration: 1h}}"
"""From 18:30 to 19:30 UTC, on the evening on which these stories are told."""


def config(*windows: str) -> str:
    announced = "".join(f"  - {window}\n" for window in windows)
    return f"{CONFIG}{ACCESS}maintenance:\n{announced}" if windows else CONFIG + ACCESS


@asynccontextmanager
async def told(folder: Path, *windows: str) -> AsyncIterator[World]:
    async with World(folder, config(*windows)) as world:
        await world.pass_(120)
        assert world.receiver.messages == []
        yield world


async def until(world: World, clock: str) -> None:
    """Let time pass until the clock shows this, in UTC."""
    now = world.clock.now()
    then = now.replace(hour=int(clock[:2]), minute=int(clock[3:]), second=0, microsecond=0)
    await world.pass_((then - now).total_seconds())


async def heard(world: World, count: int) -> list[tuple[str, str]]:
    """Return what was told, when it is so much: the daemon's own tasks may be telling it."""
    async with asyncio.timeout(60):
        while len(world.receiver.messages) < count:  # noqa: ASYNC110  nobody tells
            await asyncio.sleep(0.01)
    return world.receiver.heard


async def events(world: World, count: int) -> list[Any]:
    """Return what is on the timeline about maintenance: exactly so much, once it is written."""
    async with asyncio.timeout(60):
        while True:
            _, happened, _ = await world.get("/v1/timeline")
            found = [one for one in happened["events"] if one["kind"] == "maintenance"]
            if len(found) >= count:
                break
            await asyncio.sleep(0.01)
    assert len(found) == count
    return found


async def health(world: World, endpoint: str = "status") -> Any:
    return (await world.get(f"/v1/endpoints/{endpoint}"))[1]


# ---------------------------------------------------------------- inside one window


async def test_what_begins_and_ends_inside_a_window_is_seen_and_never_told(tmp_path: Path) -> None:
    async with told(tmp_path, PATCH) as world:
        await until(world, "18:40")
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(120)
        status, verdict, _ = await world.get("/v1/verdicts/status")
        assert (status, verdict["allow"]) == (503, False), "nobody calls what is down"
        seen = await health(world)
        assert (seen["health"], seen["since"]) == ("maintenance", "2026-11-22T18:30:00Z")
        assert seen["maintenance"]["otherwise"] == "down"
        assert seen["maintenance"]["until"] == "2026-11-22T19:30:00Z"
        assert "HTTP 503" in seen["reason"]
        _, platform, _ = await world.get("/v1/status")
        assert (platform["status"], platform["counts"]["maintenance"]) == ("maintenance", 3)
        assert (platform["blame"], platform["sentence"]) == (None, "Announced work is under way.")
        (incident,) = platform["incidents"]
        held = "maintenance: patch, until 2026-11-22 19:30 UTC"
        assert (incident["endpoint"], incident["held"]) == ("status", held)
        _, alone, _ = await world.get(f"/v1/incidents/{incident['id']}")
        assert (alone["held"], alone["told"]) == (held, [])
        assert [one["name"] for one in platform["maintenance"]] == ["patch"]
        world.mend()
        await until(world, "19:45")
        assert world.receiver.messages == []
        assert (await health(world))["health"] == "operational"
        assert [(one["at"], one["text"]) for one in await events(world, 2)] == [
            ("2026-11-22T19:30:00Z", "maintenance ended: patch"),
            ("2026-11-22T18:30:00Z", "maintenance began: patch"),
        ]


async def test_trouble_that_is_still_there_is_told_at_the_end_and_not_at_the_next_probe(
    tmp_path: Path,
) -> None:
    async with told(tmp_path, PATCH) as world:
        await until(world, "19:00")
        world.break_(do="fail", where="envs-manager", status=503)
        await until(world, "19:29")
        assert world.receiver.messages == []
        asked = world.omilia.requests.total
        end = world.daemon.upkeep.next_moment()
        world.clock.advance((end - world.clock.now()).total_seconds())
        await world.deliver()
        assert world.omilia.requests.total == asked, "nobody was asked in between"
        (message,) = world.receiver.messages
        assert (message["type"], message["data"]["endpoint"]) == ("incident.opened", "status")
        assert message["data"]["reason"].endswith("it began during maintenance (patch)")
        assert "late_by" not in message["data"], "it was told as soon as it might be"
        assert message["data"]["started_at"].startswith("2026-11-22T19:0")
        world.mend()
        await world.pass_(600)
        assert world.receiver.heard == [("opened", "status"), ("resolved", "status")]


async def test_the_daemon_looks_at_the_end_by_itself(tmp_path: Path) -> None:
    async with told(tmp_path, PATCH) as world:
        await until(world, "19:00")
        world.break_(do="fail", where="envs-manager", status=503)
        await until(world, "19:29")
        end = world.daemon.upkeep.next_moment()
        world.clock.advance((end - world.clock.now()).total_seconds())
        assert await heard(world, 1) == [("opened", "status")]


async def test_windows_that_touch_are_one_stretch(tmp_path: Path) -> None:
    after = "{{name: after, from: 2026-11-22T19:30:00Z, duration: 30m}}"
    async with told(tmp_path, PATCH, after) as world:
        await until(world, "19:00")
        world.break_(do="fail", where="envs-manager", status=503)
        await until(world, "19:59")
        assert world.receiver.messages == []
        assert (await health(world))["maintenance"]["until"] == "2026-11-22T20:00:00Z"
        await until(world, "20:00")
        assert world.receiver.heard == [("opened", "status")]


async def test_who_is_not_in_the_window_is_told_as_ever(tmp_path: Path) -> None:
    only = PATCH.replace("duration", "endpoints: [tables], duration")
    async with told(tmp_path, only) as world:
        await until(world, "18:40")
        world.break_(do="fail", where="metrics", status=503)
        await until(world, "18:50")
        assert world.receiver.messages == []
        world.break_(do="fail", where="envs-manager", status=503)
        await until(world, "19:29")
        assert world.receiver.heard == [("opened", "status")]
        await until(world, "19:30")
        assert world.receiver.heard == [("opened", "status"), ("opened", "tables")]


async def test_an_outage_of_everything_inside_a_window_is_one_incident_at_its_end(
    tmp_path: Path,
) -> None:
    async with told(tmp_path, PATCH) as world:
        await until(world, "18:40")
        world.break_(do="fail", status=503)
        await until(world, "19:29")
        assert world.receiver.messages == []
        await until(world, "19:30")
        (message,) = world.receiver.messages
        assert message["data"]["key"].startswith("platform:")
        assert message["data"]["reason"].endswith("it began during maintenance (patch)")


async def test_a_rejected_credential_is_told_when_somebody_sees_it_outside_the_window(
    tmp_path: Path,
) -> None:
    only = PATCH.replace("duration", "endpoints: [status], duration")
    async with told(tmp_path, only) as world:
        await until(world, "18:40")
        world.break_(do="reject_token", where="envs-manager")
        await world.pass_(300)
        assert world.receiver.messages == []
        world.mend()
        world.break_(do="reject_token")
        await world.pass_(300)
        assert [one["data"]["key"] for one in world.receiver.messages] == ["credential:pat"]


# ---------------------------------------------------------------- told before it began


async def test_what_was_told_before_the_window_is_resolved_inside_it(tmp_path: Path) -> None:
    async with told(tmp_path, PATCH) as world:
        world.break_(do="fail", where="envs-manager", status=503)
        await until(world, "18:10")
        assert world.receiver.heard == [("opened", "status")]
        await until(world, "18:40")
        world.mend()
        world.break_(do="throttle", where="envs-manager", retry_after="60s")
        await world.pass_(300)
        assert world.receiver.heard == [("opened", "status")], "no updates meanwhile"
        world.mend()
        await until(world, "19:20")
        assert world.receiver.heard == [("opened", "status"), ("resolved", "status")]


# ---------------------------------------------------------------- announced over the API


async def test_a_window_by_api_holds_at_once_and_ends_when_it_is_ended(tmp_path: Path) -> None:
    async with told(tmp_path) as world:
        status, made = await world.send(
            "POST", "/v1/maintenance", {"duration": HOUR, "groups": ["platform"], "reason": "disks"}
        )
        assert (status, made["by"], made["state"]) == (201, "ops", "active")
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(300)
        assert world.receiver.messages == []
        status, over = await world.send("DELETE", f"/v1/maintenance/{made['id']}")
        assert (status, over["state"], over["ended_by"]) == (200, "over", "ops")
        assert await heard(world, 1) == [("opened", "status")]
        reason = world.receiver.messages[0]["data"]["reason"]
        assert reason.endswith("it began during maintenance (announced by ops)")
        assert (await health(world))["health"] == "down"
        status, _ = await world.send("DELETE", f"/v1/maintenance/{made['id']}")
        assert status == 404
        assert [one["data"]["by"] for one in await events(world, 2)] == ["ops", "ops"]


async def test_a_window_by_api_ends_by_itself(tmp_path: Path) -> None:
    async with told(tmp_path) as world:
        await world.send("POST", "/v1/maintenance", {"duration": 600})
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(599)
        assert world.receiver.messages == []
        await world.pass_(2)
        assert world.receiver.heard == [("opened", "status")]


async def test_a_window_of_the_configuration_may_be_ended_early_and_stays_so(
    tmp_path: Path,
) -> None:
    async with told(tmp_path, PATCH) as world:
        await until(world, "18:40")
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(120)
        _, listed, _ = await world.get("/v1/maintenance")
        first, second, *_ = listed["maintenance"]
        assert (first["id"], first["state"]) == ("patch-20261122T183000Z", "active")
        assert (second["from"], second["state"]) == ("2026-11-23T18:30:00Z", "scheduled")
        await world.send("DELETE", f"/v1/maintenance/{first['id']}")
        assert await heard(world, 1) == [("opened", "status")]
        await world.daemon.reload(world.settings())
        await world.daemon.stop()
        await world.begin()
        assert (await health(world))["health"] == "down"
        _, listed, _ = await world.get("/v1/maintenance")
        assert listed["maintenance"][0] == second, "the next one comes as announced"


# ---------------------------------------------------------------- restarts and reloads


@pytest.mark.parametrize("how", ["configured", "by api"])
async def test_a_restart_inside_a_window_goes_on_holding(tmp_path: Path, how: str) -> None:
    windows = [PATCH] if how == "configured" else []
    async with told(tmp_path, *windows) as world:
        await until(world, "18:31")
        if how == "by api":
            await world.send("POST", "/v1/maintenance", {"to": "2026-11-22T19:30:00Z"})
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(300)
        await world.daemon.stop()
        await world.begin()
        await world.pass_(300)
        assert world.receiver.messages == []
        assert (await health(world))["maintenance"]["since"].startswith("2026-11-22T18:3")
        await until(world, "19:30")
        assert world.receiver.heard == [("opened", "status")]
        assert "during maintenance" in world.receiver.messages[0]["data"]["reason"]
        ids = {one["data"]["window"] for one in await events(world, 2)}
        assert len(ids) == 1, "what was noted before the restart is not noted again"


async def test_a_restart_after_the_end_tells_what_waited(tmp_path: Path) -> None:
    async with told(tmp_path, PATCH) as world:
        await until(world, "18:40")
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(300)
        await world.daemon.stop()
        world.clock.advance(2 * HOUR)
        await world.begin()
        await world.pass_(10)  # until everything has been looked at
        assert await heard(world, 1) == [("opened", "status")]
        assert "during maintenance (patch)" in world.receiver.messages[0]["data"]["reason"]


async def test_a_reload_that_takes_a_window_away_tells_at_once(tmp_path: Path) -> None:
    async with told(tmp_path, PATCH) as world:
        await until(world, "18:40")
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(300)
        await world.daemon.reload(world.settings(config()))
        assert await heard(world, 1) == [("opened", "status")]
        assert (await health(world))["maintenance"] is None


async def test_a_reload_that_brings_a_window_holds_at_once_and_keeps_what_was_announced(
    tmp_path: Path,
) -> None:
    async with told(tmp_path) as world:
        await until(world, "18:40")
        await world.send("POST", "/v1/maintenance", {"duration": 600, "endpoints": ["tables"]})
        await world.daemon.reload(world.settings(config(PATCH)))
        _, listed, _ = await world.get("/v1/maintenance")
        active = [one["name"] for one in listed["maintenance"] if one["state"] == "active"]
        assert sorted(active) == ["announced by ops", "patch"]
        assert (await health(world))["health"] == "maintenance"


# ---------------------------------------------------------------- calendars


class Library:
    """Somebody's web server with a calendar on it, which can go away."""

    def __init__(self) -> None:
        self.text = calendar(
            event(
                "DTSTART;TZID=Europe/Berlin:20261122T193000",
                "DTEND;TZID=Europe/Berlin:20261122T203000",
                summary="Omilia patches",
            )
        )
        self.away = False
        self.asked = 0

    async def get(self, _: web.Request) -> web.Response:
        self.asked += 1
        return web.Response(status=503 if self.away else 200, text=self.text)


@asynccontextmanager
async def with_library(folder: Path) -> AsyncIterator[tuple[World, Library]]:
    library = Library()
    app = web.Application()
    app.router.add_get("/private-token.ics", library.get)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        world = World(folder, config("{{name: omilia, url: {{env: CALENDAR}}, every: 5m}}"))
        world.environ["CALENDAR"] = "http://{}:{}/private-token.ics".format(
            *runner.addresses[0][:2]
        )
        async with world:
            await world.pass_(120)
            yield world, library
    finally:
        await runner.cleanup()


async def test_a_calendar_that_goes_away_still_holds_and_is_told_and_shown(tmp_path: Path) -> None:
    async with with_library(tmp_path) as (world, library):
        _, listed, _ = await world.get("/v1/maintenance")
        (window,) = listed["maintenance"]
        assert (window["name"], window["by"], window["from"]) == (
            "Omilia patches",
            "calendar",
            "2026-11-22T18:30:00Z",
        )
        library.away = True
        await until(world, "18:25")
        (message,) = world.receiver.messages
        assert message["data"]["key"] == "self:calendar:omilia"
        assert message["data"]["reason"].startswith("HTTP 503; what it said at 2026-11-22 18:0")
        assert "private-token" not in str(message)
        _, listed, _ = await world.get("/v1/maintenance")
        (shown,) = listed["calendars"]
        assert (shown["windows"], shown["error"]) == (1, "HTTP 503")
        await world.daemon.stop()
        await world.begin()
        await until(world, "18:40")
        assert world.receiver.messages == [message], "what was told still holds, and is not new"
        assert (await health(world))["health"] == "maintenance", "a restart goes on with the copy"
        world.break_(do="fail", where="envs-manager", status=503)
        await until(world, "19:29")
        about_omilia = [one for one in world.receiver.heard if one[1] == "status"]
        assert about_omilia == []
        await until(world, "19:31")
        assert ("opened", "status") in world.receiver.heard
        library.away = False
        await world.pass_(900)
        (*_, last) = world.receiver.messages
        assert (last["type"], last["data"]["key"]) == ("incident.resolved", "self:calendar:omilia")


async def test_a_reload_does_not_forget_a_calendar_that_is_away(tmp_path: Path) -> None:
    async with with_library(tmp_path) as (world, library):
        library.away = True
        again = "{{name: renamed, url: {{env: CALENDAR}}, reason: in other words}}"
        await world.daemon.reload(world.settings(config(again)))
        await until(world, "18:40")
        assert (await health(world))["maintenance"]["reason"] == "in other words"


async def test_a_calendar_that_never_was_there_is_told_at_once(tmp_path: Path) -> None:
    async with with_library(tmp_path) as (world, library):
        library.away = True
        world.environ["CALENDAR"] += "?another"
        gone = config("{{name: other, url: {{env: CALENDAR}}}}")
        await world.daemon.reload(world.settings(gone))
        await world.pass_(5)
        (message,) = world.receiver.messages
        assert message["data"]["key"] == "self:calendar:other"
        assert "nothing is known of its windows" in message["data"]["reason"]
        await world.daemon.reload(world.settings(config()))
        await world.pass_(5)
        assert world.receiver.messages[-1]["data"]["reason"] == "it is no longer configured"


async def test_a_calendar_that_became_nonsense_is_refused_whole(tmp_path: Path) -> None:
    async with with_library(tmp_path) as (world, library):
        library.text = library.text.replace("Europe/Berlin", "Mars/Base")
        await until(world, "18:40")
        assert (await health(world))["health"] == "maintenance"
        _, listed, _ = await world.get("/v1/maintenance")
        assert "unknown time zone" in listed["calendars"][0]["error"]


async def test_the_calendar_of_another_address_is_not_taken_for_this_one(tmp_path: Path) -> None:
    async with with_library(tmp_path) as (world, library):
        library.away = True
        world.environ["CALENDAR"] += "?another"
        await world.daemon.stop()
        await world.begin()
        await until(world, "18:40")
        assert (await health(world))["health"] == "operational"


async def test_a_calendar_in_a_file_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "work.ics"
    early = event("DTSTART:20261122T183000Z", "DURATION:PT1H")
    file.write_text(calendar(early), newline="")
    async with told(tmp_path, f"{{{{name: file, ics: {file}, every: 1m}}}}") as world:
        await until(world, "18:31")
        assert (await health(world))["health"] == "maintenance"
        file.write_text(calendar(), newline="")
        await until(world, "18:33")
        assert (await health(world))["health"] == "operational"
        file.unlink()
        await until(world, "18:36")
        _, listed, _ = await world.get("/v1/maintenance")
        assert listed["calendars"][0]["error"] == "it does not exist"
