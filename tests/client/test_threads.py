"""The verdicts in a threaded program: a process of its own, as its users have it."""

import asyncio
import subprocess
import sys
import threading

import pybreaker
import pytest

from monitor.client import FollowerStorage, Why
from monitor.client.threads import Verdicts
from tests.adapters.following import PATIENCE
from tests.client.speaking import Daemon, event, speaking, verdict


async def test_many_threads_ask_and_none_waits() -> None:
    async with speaking(verdict("chat"), verdict("bots", allow=False)) as daemon:
        await asyncio.to_thread(_ask, daemon)


def _ask(daemon: Daemon) -> None:
    answers: list[tuple[bool, bool]] = []
    with Verdicts(daemon.url) as verdicts:

        def look() -> None:
            answers.append((verdicts.allows("chat"), verdicts.allows("bots")))

        threads = [threading.Thread(target=look) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert answers == [(True, False)] * 20
        assert verdicts.verdict("bots").why is Why.VERDICT
        assert verdicts.endpoints() == ["chat", "bots"]
        assert verdicts.trouble == ""
        storage = FollowerStorage(verdicts, "bots")
        breaker = pybreaker.CircuitBreaker(state_storage=storage)  # type: ignore[arg-type]
        with pytest.raises(pybreaker.CircuitBreakerError):
            breaker.call(print)


async def test_a_thread_can_wait_and_hears_of_changes_in_the_background() -> None:
    names: list[str] = []
    async with speaking(verdict("bots", allow=False)) as daemon:

        def wait() -> None:
            def note(_: object) -> None:
                names.append(threading.current_thread().name)

            with Verdicts(daemon.url, on_change=note) as verdicts:
                with pytest.raises(TimeoutError):
                    verdicts.wait_until_allowed("bots", 0.05)
                verdicts.wait_until_allowed("bots", PATIENCE)
                assert verdicts.allows("bots")

        waiting = asyncio.create_task(asyncio.to_thread(wait))
        await daemon.followed()
        await asyncio.sleep(0.2)
        daemon.say(event("verdict", verdict("bots"), 2))
        await waiting
    assert set(names) == {"verdicts"}


async def test_without_a_daemon_it_starts_closes_and_starts_again() -> None:
    async with speaking(verdict("bots", allow=False)) as daemon:
        verdicts = Verdicts(daemon.url)
        assert verdicts.allows("bots")
        with pytest.raises(RuntimeError, match="not started"):
            verdicts.wait_until_allowed("bots")
        with pytest.raises(RuntimeError, match="not started"):
            verdicts.ready()
        verdicts.close()
        await daemon.stop()
        await asyncio.to_thread(verdicts.start)
        assert "cannot be heard" in verdicts.trouble
        await asyncio.to_thread(verdicts.close)
        await asyncio.to_thread(verdicts.close)
        await daemon.start()
        with await asyncio.to_thread(verdicts.start):
            await asyncio.to_thread(verdicts.ready, PATIENCE)
            assert not verdicts.allows("bots")
            assert await asyncio.to_thread(verdicts.start) is verdicts
            await asyncio.to_thread(verdicts.close)
    assert not [one for one in threading.enumerate() if one.name == "verdicts"]


FORGETFUL = """
from monitor.client.threads import Verdicts
verdicts = Verdicts({url!r}).start()
print(verdicts.allows("bots"))
"""


async def test_it_keeps_no_process_alive_and_ends_in_silence() -> None:
    async with speaking(verdict("bots", allow=False)) as daemon:
        command = [sys.executable, "-W", "error", "-c", FORGETFUL.format(url=daemon.url)]
        done = await asyncio.to_thread(
            subprocess.run, command, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
    assert (done.returncode, done.stdout, done.stderr) == (0, "False\n", "")
