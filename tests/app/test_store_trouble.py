"""The store is locked, or gone: probing, verdicts and alerts go on, it is said aloud, and then
everything is written."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from monitor.core.breaker import State
from monitor.ports import StoreUnavailableError
from tests.app.process import until
from tests.app.world import UNHURRIED, World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path) as world:
        await world.pass_(120)
        yield world


GONE = replace(UNHURRIED, opening=1.0)
"""For a store that cannot be opened, however long it is waited for."""


@asynccontextmanager
async def locked(world: World) -> AsyncIterator[None]:
    """Hold the file as another program would, as soon as the daemon's own writing lets it."""
    other = sqlite3.connect(world.store.removeprefix("sqlite:///"), isolation_level=None, timeout=0)

    async def held() -> bool:
        try:
            other.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            return False
        return True

    await until(held)
    try:
        yield
    finally:
        other.rollback()
        other.close()


def hide(file: Path) -> Callable[[], None]:
    """Put a directory where the file was; return what puts it back."""
    hidden = file.rename(file.with_suffix(".away"))
    file.mkdir()

    def back() -> None:
        file.rmdir()
        hidden.rename(file)

    return back


async def metric(world: World, name: str) -> float:
    _, text, _ = await world.get("/metrics")
    (line,) = [line for line in text.splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[1])


async def unless_away(look: Callable[[], Awaitable[bool]]) -> bool:
    """Look; not yet while the store cannot be read."""
    try:
        return await look()
    except StoreUnavailableError:
        return False


async def failing(world: World) -> bool:
    return world.daemon.store.health().failing_since is not None


async def test_a_locked_file_stops_nothing_and_is_caught_up_with(world: World) -> None:
    async with locked(world):
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(90)
        await until(lambda: failing(world))

        assert world.standing("status").breaker.state is State.OPEN
        status, verdict, _ = await world.get("/v1/verdicts/status")
        assert (status, verdict["allow"]) == (503, False)
        assert ("opened", "status") in world.receiver.heard, "the alert did not wait"
        status, text, _ = await world.get("/readyz?verbose")
        assert status == 503
        assert "[-]store" in text
        assert await metric(world, "omilia_monitor_store_failing") == 1
        await world.pass_(30)
        await world.daemon.store_watch.look()
        await world.deliver()
        told = [message["data"]["key"] for message in world.receiver.messages]
        assert sorted(told) == ["self:store", "status"]

    async def caught_up() -> bool:
        await world.deliver()
        stored = await world.daemon.store.incidents(limit=10)
        told = [(m["type"], m["data"]["key"]) for m in world.receiver.messages]
        return bool(stored) and ("incident.resolved", "self:store") in told

    await until(lambda: unless_away(caught_up))
    assert "[+]store" in (await world.get("/readyz?verbose"))[1]
    stored = await world.daemon.store.incidents(limit=10)
    assert [incident.endpoint for incident in stored] == ["status"]
    history = await world.daemon.store.load()
    assert history.standings["status"].breaker.state is not State.CLOSED


async def test_a_daemon_whose_file_cannot_be_opened_probes_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "monitor.db"
    folder.mkdir()  # a directory stands where the file should be
    world = World(tmp_path)
    world.patience = GONE
    async with world:
        world.break_(do="fail", where="envs-manager", status=503)
        await world.pass_(120)
        assert world.standing("status").breaker.state is not State.CLOSED
        assert world.receiver.heard[0] == ("opened", "status")
        assert (await world.get("/readyz"))[0] == 503
        status, found, _ = await world.get("/v1/incidents")
        assert (status, found["complete"]) == (200, False)
        assert [incident["endpoint"] for incident in found["incidents"]] == ["status"]


async def test_a_file_of_garbage_stops_nothing(tmp_path: Path) -> None:
    garbage = await asyncio.to_thread(
        (tmp_path / "monitor.db").write_bytes, b"not a database" * 999
    )
    assert garbage
    world = World(tmp_path)
    world.patience = GONE
    async with world:
        await world.pass_(120)
        assert world.standing("domains").breaker.state is State.CLOSED
        assert (await world.get("/v1/verdicts/domains"))[1]["allow"] is True
        assert (await world.get("/readyz"))[0] == 503


async def test_what_was_open_in_a_store_that_was_away_at_the_start_is_ended(world: World) -> None:
    world.break_(do="fail", where="envs-manager", status=503)
    await world.pass_(90)
    assert world.receiver.heard == [("opened", "status")]
    await world.daemon.stop()
    world.mend()
    world.patience = GONE
    back = hide(Path(world.store.removeprefix("sqlite:///")))
    await world.begin()
    await world.pass_(120)
    assert world.receiver.heard == [("opened", "status")], "nobody knows of it yet"
    back()

    async def ended() -> bool:
        await world.deliver()
        stored = await world.daemon.store.incidents(limit=10)
        told = ("resolved", "status") in world.receiver.heard
        return told and all(incident.closed_at for incident in stored)

    await until(lambda: unless_away(ended))
    about_status = [kind for kind, endpoint in world.receiver.heard if endpoint == "status"]
    assert about_status == ["opened", "resolved"]
