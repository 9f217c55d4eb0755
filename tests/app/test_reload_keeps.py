"""A reload keeps the state of every breaker whose endpoint is still there, whatever changed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from monitor.app.settings import Breaker, Endpoint
from monitor.core.breaker import Snapshot, State
from monitor.ports import read
from tests.app.world import CONFIG, World

CHANGES = {
    "url": 'url: "{omilia}/metrics-api/v3/tables"',
    "group": "group: other",
    "region": "region: us1",
    "method": "method: POST",
    "headers": "headers: {{accept: text/plain}}",
    "body": "body: hello",
    "credential": "credential: chat",
    "every": "every: 41s",
    "timeout": "timeout: 1s",
    "redirects": "redirects: 3",
    "max_body": "max_body: 2048",
    "ca_file": "ca_file: CA_FILE",
    "expect": "expect: {{within: 1s, status: [200, 404]}}",
    "needs": "needs: [tables]",
    "about": "about: application",
    "critical": "critical: false",
    "alert": "alert: []",
    "chat": 'chat: {{kind: rest, utterances: ["hi"], frequent: true}}, credential: chat, every: 1h',
    "poll": 'poll: {{every: 1s, until: {{"$.done": true}}}}',
    "signals": 'signals: {{release: "$.version"}}',
    "traffic": "traffic: {{veto: false}}",
    "runbook": 'runbook: "https://wiki.example.org/tables"',
    "objective": "objective: 99.5%",
    "burn": "burn: []",
    "breaker": "breaker: {{confirm_after: 1s}}",
}
"""A change of every key of an endpoint; `id` has none: another id is another endpoint."""
BREAKER = {
    "fail_max": "9",
    "reset_timeout": "99s",
    "factor": "5",
    "max_open": "20m",
    "success_threshold": "7",
    "confirm_after": "1s",
    "failure_rate": "{{of: 3, at_least: 2, over: 1%, within: 10m}}",
    "slow_rate": "{{of: 3, at_least: 2, over: 1%, within: 10m}}",
    "mode": "shadow",
    "mode_until": "2030-01-01T00:00:00Z, mode: shadow",
    "mode_reason": "a trial, mode: forced_open",
    "count": "[402]",
}
PLAIN = CONFIG.replace("channels:", "  chat: {{bearer: {{env: CHAT_KEY}}}}\nchannels:")
WHOLE = 'url: "{omilia}/envs-manager/api/status"'


def changed(key: str) -> str:
    what = CHANGES[key]
    line = what if key == "url" else f"{WHOLE}, {what}"
    return PLAIN.replace(WHOLE, line)


def rebroken(key: str) -> str:
    return PLAIN.replace(WHOLE, f"{WHOLE}, breaker: {{{{{key}: {BREAKER[key]}}}}}")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with World(tmp_path, PLAIN) as world:
        await world.pass_(120)
        world.break_(do="fail", where="envs-manager", status=503)
        yield world


def snapshot(world: World) -> Snapshot:
    gate = world.daemon.engine._watched["status"].gate
    return gate.snapshot(read(world.clock))


def test_every_key_is_changed_by_one_of_these() -> None:
    assert set(CHANGES) == set(Endpoint.model_fields) - {"id"}
    assert set(BREAKER) == set(Breaker.model_fields)


@pytest.mark.parametrize("state", [State.OPEN, State.CLOSED])
async def test_a_breaker_stays_as_it_was_whatever_changes(
    world: World, state: State, tmp_path: Path
) -> None:
    """In an outage, with trips and an open time; and with one failure, evidence but no trip."""
    if state is State.OPEN:
        await world.pass_(100)
    else:
        while snapshot(world).failures == 0:
            await world.pass_(1)
    before = snapshot(world)
    assert before.state is state
    trusted = tmp_path / "ca.pem"
    await asyncio.to_thread(trustme.CA().cert_pem.write_to_path, str(trusted))
    for text in [*map(changed, CHANGES), *map(rebroken, BREAKER), PLAIN]:
        settings = world.settings(text.replace("CA_FILE", str(trusted)))
        await world.daemon.reload(settings)
        assert snapshot(world) == before, text
    await world.daemon.reload(world.settings())
    world.mend()
    await world.pass_(600)
    assert world.standing("status").breaker.state is State.CLOSED
