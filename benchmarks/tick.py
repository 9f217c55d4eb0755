"""What a probe costs: CPU of the whole line against a bare aiohttp client loop, in one run.

Machines are noisy, so only ratios mean something. The simulated Omilia runs in a process of its
own; measured is this process alone (`time.process_time`): garbage collection, batched writes to
SQLite, metrics and timers included. Two comparisons, in alternating rounds:

  on schedule   the daemon, beside one bare task per endpoint that sleeps and fetches when due:
                the same endpoints, rate and connections. Idle between probes costs both the same.
  back to back  the engine's tick (without a timer) beside a bare fetch, both as fast as they can.

    python -m benchmarks.tick [--rounds 5] [--seconds 5] [--endpoints 300] [--every 500ms]

Exit code 1 when the median of either ratio exceeds --most.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp

from alerts.config import seconds_of, spelled
from benchmarks.omilia import HEADERS, PATH, started
from monitor.app.daemon import Daemon
from monitor.app.loader import loads
from monitor.app.logs import set_up
from monitor.app.settings import Settings

TASKS = 10
"""How many run side by side, back to back."""


def settings_for(url: str, endpoints: int, every: str) -> Settings:
    """Configure the daemon with many endpoints that are the same service."""
    watched = "\n".join(f'  - {{id: e{n}, url: "{url}{PATH}"}}' for n in range(endpoints))
    text = f"""
listen: 127.0.0.1:0
defaults:
  every: {every}
  timeout: {spelled(0.9 * seconds_of(every))}
  credential: pat
  expect: {{status: [200], within: 100ms}}
endpoints:
{watched}
credentials: {{pat: {{header: X-OCP-PERSONAL-ACCESS-TOKEN, value: {{env: PAT}}}}}}
channels: {{log: {{kind: log}}}}
"""
    return loads(text, "benchmark", {"PAT": HEADERS["X-OCP-PERSONAL-ACCESS-TOKEN"]})


async def bare_on_schedule(url: str, seconds: float, endpoints: int, every: float) -> float:
    """Return microseconds of CPU per GET of tasks that sleep and fetch."""
    count = 0

    async def watch(session: aiohttp.ClientSession, due: float, until: float) -> None:
        nonlocal count
        while due < until:
            await asyncio.sleep(max(due - time.perf_counter(), 0.0))
            async with session.get(url + PATH, headers=HEADERS) as response:
                await response.read()
            count += 1
            due += every

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        start = time.perf_counter()
        until = start + 4 * every + seconds
        tasks = [
            asyncio.create_task(watch(session, start + every * n / endpoints, until))
            for n in range(endpoints)
        ]
        await asyncio.sleep(4 * every)  # every connection is warm
        count, begin = 0, time.process_time()
        await asyncio.sleep(seconds - every)
        cost = (time.process_time() - begin) / count * 1e6
        await asyncio.gather(*tasks)
        return cost


async def daemon_on_schedule(url: str, seconds: float, endpoints: int, every: str) -> float:
    """Return microseconds of CPU per probe of the daemon."""
    count = 0

    def seen(_: object) -> None:
        nonlocal count
        count += 1

    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{Path(folder) / 'bench.db'}"
        settings = settings_for(url, endpoints, every)
        daemon = Daemon(settings.model_copy(update={"store": store}))
        await daemon.start()
        await asyncio.sleep(4 * seconds_of(every))
        daemon.board.listen(seen)
        begin = time.process_time()
        await asyncio.sleep(seconds - seconds_of(every))
        cost = (time.process_time() - begin) / count * 1e6
        await daemon.stop()
    return cost


async def back_to_back(url: str, seconds: float) -> tuple[float, float]:
    """Return microseconds of CPU per bare GET, and per tick of the engine."""
    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{Path(folder) / 'bench.db'}"
        settings = settings_for(url, TASKS, "1h")
        daemon = Daemon(settings.model_copy(update={"store": store}))
        await daemon.start()
        due = datetime(2026, 1, 1, tzinfo=UTC)

        async def tick(n: int) -> None:
            nonlocal due
            due += timedelta(milliseconds=1)  # each outcome is a row of its own
            await daemon.engine.tick(f"e{n}", due)

        async with aiohttp.ClientSession() as session:

            async def fetch(_: int) -> None:
                async with session.get(url + PATH, headers=HEADERS) as response:
                    await response.read()

            costs = [await _busy(one, seconds / 2) for one in (fetch, tick)]
        await daemon.stop()
    return costs[0], costs[1]


async def _busy(one: Callable[[int], Awaitable[None]], seconds: float) -> float:
    async def loop(n: int, until: float) -> int:
        count = 0
        while time.perf_counter() < until:
            await one(n)
            count += 1
        return count

    async def all_(seconds: float) -> int:
        until = time.perf_counter() + seconds
        return sum(await asyncio.gather(*(loop(n, until) for n in range(TASKS))))

    await all_(0.3)  # warm
    begin = time.process_time()
    count = await all_(seconds)
    return (time.process_time() - begin) / count * 1e6


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--endpoints", type=int, default=300)
    parser.add_argument("--every", default="500ms")
    parser.add_argument("--most", type=float, default=3.0, help="the ratio that is still good")
    options = parser.parse_args()
    set_up("critical")
    seconds, endpoints, every = options.seconds, options.endpoints, options.every
    scheduled, busy = [], []
    print(
        "microseconds of CPU   on schedule: bare, daemon, ratio   back to back: bare, tick, ratio"
    )
    with started() as url:
        for _ in range(options.rounds):
            bare = asyncio.run(bare_on_schedule(url, seconds, endpoints, seconds_of(every)))
            line = asyncio.run(daemon_on_schedule(url, seconds, endpoints, every))
            fetch, tick = asyncio.run(back_to_back(url, seconds))
            scheduled.append(line / bare)
            busy.append(tick / fetch)
            print(f"{bare:36.0f} {line:7.0f}   {line / bare:4.2f}", end="")
            print(f"{fetch:22.0f} {tick:5.0f}   {tick / fetch:4.2f}", flush=True)
    medians = statistics.median(scheduled), statistics.median(busy)
    cores = f"{os.cpu_count()} cores, Python {sys.version.split()[0]}"
    print(f"median ratio {medians[0]:.2f} on schedule, {medians[1]:.2f} back to back ({cores})")
    return 0 if max(medians) <= options.most else 1


if __name__ == "__main__":
    sys.exit(main())
