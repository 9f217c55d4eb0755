"""Silences, told end to end: what waits, what is told when they end, what they never keep back."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from monitor.ports import StoreUnavailableError
from tests.app.process import until
from tests.app.test_maintenance import ACCESS, heard
from tests.app.test_store_trouble import locked
from tests.app.world import CONFIG, World

HOUR = 3600.0
STATUS = "endpoint=status"


@asynccontextmanager
async def quiet(folder: Path, config: str = CONFIG) -> AsyncIterator[World]:
    async with World(folder, config + ACCESS) as world:
        await world.pass_(120)
        assert world.receiver.messages == []
        yield world


async def silence(world: World, *matchers: str, lasts: Any = "1h", **more: Any) -> Any:
    said = {"matchers": matchers or (STATUS,), "duration": lasts, "comment": "new disks", **more}
    status, made = await world.send("POST", "/v1/silences", said)
    assert status == 201, made
    return made


async def timeline(world: World, count: int) -> list[Any]:
    """Return what is on the timeline about silences: exactly so much, once it is written."""
    found: list[Any] = []

    async def written() -> bool:
        _, happened, _ = await world.get("/v1/timeline")
        found[:] = [one for one in happened["events"] if one["kind"] == "silence"]
        return len(found) >= count

    await until(written)
    assert len(found) == count
    return found


async def test_an_outage_is_kept_quiet_and_told_at_the_very_end(tmp_path: Path) -> None:
    async with quiet(tmp_path) as world:
        made = await silence(world, lasts=600)
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(300)
        assert world.receiver.messages == []
        _, stands, _ = await world.get("/v1/status")
        (incident,) = stands["incidents"]
        held = "silenced by ops until 2026-11-22 18:12 UTC: new disks"
        assert (incident["held"], incident["health"]) == (held, "down")
        status, verdict, _ = await world.get("/v1/verdicts/status")
        assert (status, verdict["allow"]) == (503, False), "nobody calls what is down"
        _, shown, _ = await world.get(f"/v1/silences/{made['id']}")
        assert (shown["state"], shown["incidents"]) == ("active", [incident["id"]])
        await world.pass_(299)
        assert world.receiver.messages == []
        asked = world.omilia.requests.total
        world.clock.advance(1)
        await world.deliver()
        assert world.omilia.requests.total == asked, "no probe was waited for"
        (message,) = world.receiver.messages
        assert (message["type"], message["data"]["endpoint"]) == ("incident.opened", "status")
        assert message["data"]["reason"].endswith("it began during a silence (ops: new disks)")
        assert "late_by" not in message["data"], "it was told as soon as it might be"
        world.mend()
        await world.pass_(300)
        assert world.receiver.heard == [("opened", "status"), ("resolved", "status")]
        assert [
            (one["at"], one["text"], one["data"]["by"]) for one in await timeline(world, 2)
        ] == [
            (made["ends_at"], "silence ended: new disks", "ops"),
            (made["starts_at"], "silence began: new disks", "ops"),
        ]


async def test_what_was_told_before_gets_no_news_and_its_end_all_the_same(tmp_path: Path) -> None:
    async with quiet(tmp_path) as world:
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(300)
        assert world.receiver.heard == [("opened", "status")]
        await silence(world)
        world.mend()
        world.break_(do="throttle", where="envs-manager", retry_after="60s")
        await world.pass_(300)
        assert world.receiver.heard == [("opened", "status")], "no updates meanwhile"
        world.mend()
        await world.pass_(600)
        assert world.receiver.heard == [("opened", "status"), ("resolved", "status")]


async def test_who_ends_it_early_has_it_told_at_once(tmp_path: Path) -> None:
    async with quiet(tmp_path) as world:
        made = await silence(world, lasts="4h", created_by="ana")
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(300)
        assert world.receiver.messages == []
        status, over = await world.send("DELETE", f"/v1/silences/{made['id']}")
        assert (status, over["state"], over["expired_by"]) == (200, "expired", "ops")
        assert await heard(world, 1) == [("opened", "status")]
        _, listed, _ = await world.get("/v1/silences")
        assert [one["state"] for one in listed["silences"]] == ["expired"]
        assert [one["data"]["by"] for one in await timeline(world, 2)] == ["ops", "ana"]


async def test_it_begins_at_its_moment_and_others_are_told_as_ever(tmp_path: Path) -> None:
    async with quiet(tmp_path) as world:
        await silence(world, starts_at="2026-11-22T18:10:00Z", lasts=300)
        await world.pass_(479)
        world.break_(do="fail", where="metrics", status=503)
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(120)
        assert world.receiver.heard == [("opened", "tables")]
        await world.pass_(300)
        assert ("opened", "status") in world.receiver.heard


async def test_what_grows_too_bad_for_it_is_told(tmp_path: Path) -> None:
    async with quiet(tmp_path) as world:
        await silence(world, "severity=warning", lasts="4h")
        await silence(world, 'severity=~"error|critical"', "endpoint=domains", lasts="4h")
        world.break_(do="throttle", where="envs-manager", retry_after="60s")
        await world.pass_(300)
        (short,) = (await world.get("/v1/status"))[1]["incidents"]
        assert (short["severity"], world.receiver.messages) == ("warning", [])
        world.mend()
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(300)
        assert world.receiver.heard == [("opened", "status")]
        assert world.receiver.messages[0]["data"]["severity"] == "critical"


async def test_steps_are_counted_from_its_end(tmp_path: Path) -> None:
    routes = """
routes:
  - {{match: [], steps: [{{after: 5m, channels: [ops]}}]}}
"""
    async with quiet(tmp_path, CONFIG + routes) as world:
        await silence(world, lasts=1800)
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(1800 + 299)
        assert world.receiver.messages == []
        await world.pass_(2)
        assert world.receiver.heard == [("opened", "status")]


async def test_a_platforms_incident_is_silenced_like_others(tmp_path: Path) -> None:
    async with quiet(tmp_path) as world:
        await silence(world, 'key=~"platform:.*"', lasts=600)
        world.break_(do="fail", status=503)
        await world.pass_(300)
        assert world.receiver.messages == []
        await world.pass_(300)
        (message,) = world.receiver.messages
        assert message["data"]["key"].startswith("platform:")


async def test_a_restart_and_a_kill_go_on_holding_until_it_ends(tmp_path: Path) -> None:
    async with quiet(tmp_path) as world:
        made = await silence(world, lasts="1h")
        await world.kill()
        world.break_(do="fail", where="envs-manager", status=503)
        await world.begin()
        await world.pass_(300)
        await world.daemon.stop()
        await world.begin()
        await world.pass_(300)
        assert world.receiver.messages == []
        _, listed, _ = await world.get("/v1/silences")
        assert [(one["id"], one["ends_at"]) for one in listed["silences"]] == [
            (made["id"], made["ends_at"])
        ]
        await world.pass_(HOUR)
        assert world.receiver.heard == [("opened", "status")]
        assert "during a silence" in world.receiver.messages[0]["data"]["reason"]
        began, ended = reversed(await timeline(world, 2))
        assert (began["at"], ended["at"]) == (made["starts_at"], made["ends_at"])


async def test_a_restart_after_its_end_tells_what_waited(tmp_path: Path) -> None:
    async with quiet(tmp_path) as world:
        await silence(world)
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(300)
        await world.daemon.stop()
        world.clock.advance(2 * HOUR)
        await world.begin()
        await world.pass_(10)  # until everything has been looked at
        assert await heard(world, 1) == [("opened", "status")]
        assert "during a silence" in world.receiver.messages[0]["data"]["reason"]


async def test_a_reload_changes_nothing_about_it(tmp_path: Path) -> None:
    async with quiet(tmp_path) as world:
        await silence(world)
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(300)
        await world.daemon.reload(world.settings())
        await world.pass_(300)
        assert world.receiver.messages == []


async def test_it_holds_while_the_store_is_away_and_is_written_when_it_is_back(
    tmp_path: Path,
) -> None:
    async with quiet(tmp_path) as world:
        async with locked(world):
            made = await silence(world)
            assert made["state"] == "active"
            world.break_(do="fail", where="envs-manager", status=503)
            await world.pass_(300)
            told = {message["data"]["key"] for message in world.receiver.messages}
            assert "status" not in told

        async def written() -> bool:
            try:
                saved = await world.daemon.store.load()
            except StoreUnavailableError:
                return False
            return [one.id for one in saved.silences] == [made["id"]]

        await until(written)
