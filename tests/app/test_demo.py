"""The demo tells the whole story by itself: trip, alert, recovery, resolve."""

import asyncio
import json
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from typing import Any

import aiohttp

LONG = 90.0
"""Seconds by which the story, which takes twenty, must have been told on the slowest machine."""


async def start(*args: str) -> Process:
    command = (sys.executable, "-m", "monitor", "demo", *args)
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=PIPE)


async def events_until(demo: Process, *wanted: str) -> list[dict[str, Any]]:
    """Read what is told until all of these have been said."""
    assert demo.stdout is not None
    told: list[dict[str, Any]] = []
    async with asyncio.timeout(LONG):
        while not all(any(word in one["text"] for one in told) for word in wanted):
            line = await demo.stdout.readline()
            assert line, "the demo ended before its story"
            told.append(json.loads(line))
    return told


async def end(demo: Process) -> int:
    demo.send_signal(signal.SIGTERM)
    async with asyncio.timeout(30):
        await demo.communicate()
    assert demo.returncode is not None
    return demo.returncode


async def test_the_story_is_told_in_its_order_and_the_api_answers_meanwhile() -> None:
    demo = await start("--json", "--listen", "127.0.0.1:0")
    try:
        told = await events_until(demo, "trips", "incident.opened")
        url = next(one["url"] for one in told if one["text"].startswith("the monitor probes"))
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{url}/v1/verdicts/envs-manager-status") as answer:
                assert answer.status == 503
                assert (await answer.json())["allow"] is False
            async with session.get(f"{url}/v1/incidents?open=true") as answer:
                (incident,) = (await answer.json())["incidents"]
        told += await events_until(demo, "resets", "incident.resolved")
        texts = [one["text"] for one in told]
        places = [
            next(n for n, text in enumerate(texts) if word in text)
            for word in ("trips", "do not call", "incident.opened", "resets", "incident.resolved")
        ]
        assert places == sorted(places)
        ids = [one["id"] for one in told if one["event"] == "alert"]
        assert ids == [f"{incident['id']}.1", f"{incident['id']}.2"]
    finally:
        assert await end(demo) == 0


async def test_a_demo_that_ends_before_its_story_ends_with_1() -> None:
    demo = await start("--for", "500ms", "--listen", "127.0.0.1:0")
    async with asyncio.timeout(LONG):
        out, _ = await demo.communicate()
    assert demo.returncode == 1
    assert b"not seen: trip" in out


async def test_an_address_that_is_taken_is_said_plainly() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        demo = await start("--for", "5s", "--listen", address)
        async with asyncio.timeout(LONG):
            _, err = await demo.communicate()
    assert demo.returncode == 1
    assert f"cannot listen on {address}" in err.decode()
