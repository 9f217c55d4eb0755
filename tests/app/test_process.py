"""What survives: kill -9, SIGTERM in the middle of a probe, SIGHUP with good and bad files."""

import asyncio
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from monitor.adapters.clock import SystemClock
from monitor.omilia.simulator import Fault, Simulator
from tests.app.process import FAST, Process, until
from tests.app.world import PAT, Receiver
from tests.loopback import own_host

BOTH = 2


class Scene:
    """Omilia and a receiver in this process, the monitor in another."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.omilia = Simulator(clock=SystemClock(), pat=PAT)
        self.receiver = Receiver()
        self.monitor: Process
        self.port = _free_port()

    def write_config(self, more: str = "", base: str = FAST) -> None:
        text = base.format(
            omilia=self.omilia.url, folder=self.folder, host=own_host(), port=self.port
        )
        self.monitor.config.write_text(text.replace("credentials:", more + "credentials:", 1))

    @property
    def news(self) -> list[str]:
        """The types of what arrived, each webhook-id once.

        Who is killed before it can note that something was told says it again, under the same id.
        """
        once = dict(zip(self.receiver.ids, self.receiver.heard, strict=True))
        return [kind for kind, _ in once.values()]

    async def told(self, *wanted: str) -> None:
        """Wait until these types of message have arrived, in this order."""

        async def look() -> bool:
            return self.news == list(wanted)

        await until(look)

    def fail(self, **fault: Any) -> None:
        self.omilia.faults.set(Fault.model_validate({"where": "envs-manager", **fault}))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((own_host(), 0))
        return int(probe.getsockname()[1])


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    scene = Scene(tmp_path)
    await scene.omilia.start()
    await scene.receiver.start()
    scene.monitor = Process(tmp_path, scene.port, scene.receiver.url)
    scene.write_config()
    try:
        await scene.monitor.start()
        await scene.monitor.until("/v1/status", lambda s: s["counts"]["operational"] == BOTH)
        yield scene
    finally:
        await scene.monitor.kill()
        await scene.omilia.stop()
        await scene.receiver.stop()


async def test_after_kill_9_in_an_outage_everything_goes_on_where_it_was(scene: Scene) -> None:
    scene.fail(do="fail", status=503)
    await scene.told("opened")
    before = await scene.monitor.get("/v1/endpoints/status")
    await scene.monitor.kill()
    await scene.monitor.start()
    after = await scene.monitor.until("/v1/endpoints/status", lambda e: "breaker" in e)
    assert after["breaker"]["state"] != "closed", "the breaker did not forget"
    assert after["breaker"]["epoch"] >= before["breaker"]["epoch"]
    (incident,) = (await scene.monitor.get("/v1/incidents?open=true"))["incidents"]
    assert incident["id"] == scene.receiver.messages[0]["data"]["id"]
    await asyncio.sleep(1)  # time to do wrong: nothing may be announced again
    assert scene.news == ["opened"]
    scene.omilia.faults.clear()
    await scene.told("opened", "resolved")
    first, last = scene.receiver.messages[0], scene.receiver.messages[-1]
    assert first["data"]["id"] == last["data"]["id"]


async def test_a_window_that_was_announced_goes_on_holding_after_kill_9(scene: Scene) -> None:
    scene.write_config("access: {tokens: [{name: ops, value: {env: TOKEN}, scopes: [operate]}]}\n")
    await scene.monitor.kill()
    await scene.monitor.start()
    await scene.monitor.until("/v1/status", lambda s: s["counts"]["operational"] == BOTH)
    window = await scene.monitor.send("POST", "/v1/maintenance", {"duration": 3600})
    await scene.monitor.kill()
    scene.fail(do="fail", status=503)
    await scene.monitor.start()
    incidents = "/v1/incidents?open=true"
    await scene.monitor.until(incidents, lambda found: found["incidents"])
    status = await scene.monitor.get("/v1/endpoints/status")
    assert (status["health"], status["maintenance"]["window"]) == ("maintenance", window["id"])
    assert scene.news == []
    await scene.monitor.send("DELETE", f"/v1/maintenance/{window['id']}")
    await scene.told("opened")


async def test_a_silence_goes_on_holding_after_kill_9(scene: Scene) -> None:
    scene.write_config("access: {tokens: [{name: ops, value: {env: TOKEN}, scopes: [operate]}]}\n")
    await scene.monitor.kill()
    await scene.monitor.start()
    await scene.monitor.until("/v1/status", lambda s: s["counts"]["operational"] == BOTH)
    said = {"matchers": ["severity=critical"], "duration": "1h", "comment": "known"}
    silence = await scene.monitor.send("POST", "/v1/silences", said)
    await scene.monitor.kill()
    scene.fail(do="fail", status=503)
    await scene.monitor.start()
    found = await scene.monitor.until("/v1/incidents?open=true", lambda found: found["incidents"])
    assert found["incidents"][0]["held"].startswith("silenced by ops until")
    assert scene.news == []
    await scene.monitor.send("DELETE", f"/v1/silences/{silence['id']}")
    await scene.told("opened")


async def test_killed_again_and_again_it_tells_each_thing_once_and_forgets_nothing(
    scene: Scene,
) -> None:
    for delay in (0.1, 0.35, 0.6, 0.85, 0.2, 0.5):
        scene.fail(do="fail", status=500)
        await asyncio.sleep(delay)
        await scene.monitor.kill()
        await scene.monitor.start()
        await asyncio.sleep(delay)
        scene.omilia.faults.clear()
    await scene.monitor.until("/v1/status", lambda s: s["status"] == "operational")
    await scene.monitor.until(
        "/v1/incidents",
        lambda found: all(
            {told["status"] for told in one["told"][-1:]} <= {"resolved"}
            for one in found["incidents"]
        ),
    )
    told: dict[str, list[str]] = {}
    for message, webhook_id in zip(scene.receiver.messages, scene.receiver.ids, strict=True):
        kinds = told.setdefault(message["data"]["id"], [])
        if webhook_id not in kinds:
            kinds.append(webhook_id)
    for incident, ids in told.items():
        revisions = [int(one.rpartition(".")[2]) for one in ids]
        assert revisions == sorted(revisions), incident
        last = [m for m in scene.receiver.messages if m["data"]["id"] == incident][-1]
        assert last["data"]["status"] == "resolved", "whoever heard of it knows that it is over"


async def test_after_kill_9_the_contracts_ledger_goes_on_where_it_was(scene: Scene) -> None:
    scene.fail(do="fail", status=503)
    await scene.told("opened")
    await scene.monitor.kill()
    await scene.monitor.start()
    await scene.monitor.until("/v1/endpoints/status", lambda e: e["health"] == "down")
    scene.omilia.faults.clear()
    await scene.told("opened", "resolved")
    scene.monitor.signal(signal.SIGTERM)
    assert await scene.monitor.ended() == 0
    (region,) = (await scene.monitor.report())["regions"]
    status = next(one for one in region["endpoints"] if one["endpoint"] == "status")
    told = scene.receiver.messages[0]["data"]["id"]
    for run in status["runs"]:  # one in each life, with a time that nobody watched between them
        assert (run["mark"], run["incidents"], run["ongoing"]) == ("down", [told], False)
    assert status["downtime"] == pytest.approx(sum(run["seconds"] for run in status["runs"]))
    assert region["downtime"] > 0
    lives = scene.monitor.rows("SELECT begin_ms, seen_ms FROM presence ORDER BY begin_ms")
    assert len(lives) == BOTH
    assert lives[0][1] <= lives[1][0]
    for name in (1, 2):
        query = f"SELECT begin_ms, end_ms FROM stretch WHERE endpoint_id = {name} ORDER BY begin_ms"
        rows = scene.monitor.rows(query)
        assert [end for _, end in rows[:-1]] == [begin for begin, _ in rows[1:]]
        assert rows[-1][1] is None


async def test_sigterm_in_the_middle_of_a_probe_ends_soon_and_counts_nothing(scene: Scene) -> None:
    scene.write_config(base=FAST.replace("every: 1s", "every: 60s").replace("900ms", "30s"))
    await scene.monitor.kill()
    scene.fail(do="hang")
    await scene.monitor.start()

    async def asked() -> bool:
        return any(fault.hits for fault in scene.omilia.faults.active())

    await until(asked)
    loop = asyncio.get_running_loop()
    began = loop.time()
    scene.monitor.signal(signal.SIGTERM)
    assert await scene.monitor.ended() == 0
    assert loop.time() - began < 10
    scene.omilia.faults.clear()
    await scene.monitor.start()
    status = await scene.monitor.until("/v1/endpoints/status", lambda e: "breaker" in e)
    assert status["last"]["category"] == "ok", "the abandoned probe left no outcome"
    assert status["breaker"]["state"] == "closed"
    assert scene.receiver.messages == []


async def test_sigterm_ends_within_ten_seconds_whatever_hangs(scene: Scene) -> None:
    """A probe hangs, the receiver hangs with an alert on the way, and the store is locked."""
    scene.receiver.answers.clear()
    scene.fail(do="fail", status=503)
    await scene.monitor.until("/v1/incidents?open=true", lambda found: found["incidents"])
    other = sqlite3.connect(scene.monitor.database, isolation_level=None, timeout=60)
    other.execute("BEGIN EXCLUSIVE")
    scene.omilia.faults.clear()
    scene.fail(do="hang", where="orchestrator")

    async def asked() -> bool:
        return any(fault.hits for fault in scene.omilia.faults.active())

    await until(asked)
    loop = asyncio.get_running_loop()
    began = loop.time()
    scene.monitor.signal(signal.SIGTERM)
    assert await scene.monitor.ended() == 0
    assert loop.time() - began < 10
    other.close()


async def test_sighup_takes_a_good_file_and_keeps_what_is_known(scene: Scene) -> None:
    scene.fail(do="fail", status=503)
    await scene.told("opened")
    before = await scene.monitor.get("/v1/endpoints/status")
    more = f'  - {{id: tables, url: "{scene.omilia.url}/metrics-api/v3/tables"}}\n'
    scene.write_config(more)
    scene.monitor.signal(signal.SIGHUP)
    await scene.monitor.until("/v1/endpoints", lambda found: "tables" in str(found))
    after = await scene.monitor.get("/v1/endpoints/status")
    assert after["breaker"]["epoch"] >= before["breaker"]["epoch"]
    assert after["breaker"]["state"] != "closed"
    assert after["since"] == before["since"]
    assert scene.receiver.heard == [("opened", "status")]


async def test_sighup_with_a_bad_file_changes_nothing_and_says_why(scene: Scene) -> None:
    scene.monitor.config.write_text("endpoints: [{id: BAD, url: nowhere}]\n")
    scene.monitor.signal(signal.SIGHUP)

    async def refused() -> bool:
        return "reload.refused" in scene.monitor.log.read_text()

    await until(refused)
    log = scene.monitor.log.read_text()
    assert "endpoints[0].id" in log
    assert "endpoints[0].url" in log
    status = await scene.monitor.get("/v1/status")
    assert (status["status"], status["endpoints"]) == ("operational", 2)


async def test_no_secret_is_ever_in_the_log(scene: Scene) -> None:
    scene.fail(do="fail", status=503)
    scene.receiver.status = 500
    await scene.monitor.until("/v1/incidents", lambda found: found["incidents"])
    await asyncio.sleep(0.5)
    scene.monitor.signal(signal.SIGTERM)
    await scene.monitor.ended()
    log = scene.monitor.log.read_text()
    assert PAT not in log
    assert "/hook" not in log
    database = scene.monitor.database.read_bytes()
    assert PAT.encode() not in database
    assert b"/hook" not in database
