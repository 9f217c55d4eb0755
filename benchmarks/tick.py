"""What a probe costs: CPU of the whole line against a bare aiohttp client loop, in one run.

The machines are noisy, so only the ratio means something. The simulated Omilia runs in a process
of its own; what is measured is this process alone (`time.process_time`), garbage collection,
batched writes to SQLite, metrics and timers included. Rounds alternate between the two, and the
medians are compared.

    python benchmarks/tick.py [--rounds 5] [--seconds 5] [--endpoints 300] [--every 500ms]

Exit code 1 when the ratio exceeds --most.
"""

import argparse
import asyncio
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp

from alerts.config import seconds_of, spelled
from monitor.app.daemon import Daemon
from monitor.app.loader import loads
from monitor.app.logs import set_up

PATH = "/envs-manager/api/status"


def start_omilia() -> tuple[subprocess.Popen[str], str]:
    """Start the simulated Omilia in its own process; return it and its URL."""
    command = [sys.executable, "-m", "monitor", "simulate", "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"http://[0-9.:]+", process.stdout.readline())
    if found is None:
        process.kill()
        raise SystemExit("the simulated Omilia did not start")
    return process, found[0]


async def bare(url: str, seconds: float, tasks: int = 10) -> float:
    """Return microseconds of CPU per GET of a loop that only fetches and reads."""
    headers = {"X-OCP-PERSONAL-ACCESS-TOKEN": "simulated-pat"}
    count = 0

    async def loop_(session: aiohttp.ClientSession, until: float) -> None:
        nonlocal count
        while time.perf_counter() < until:
            async with session.get(url + PATH, headers=headers) as response:
                await response.read()
            count += 1

    async with aiohttp.ClientSession() as session:
        await loop_(session, time.perf_counter() + 0.2)  # warm
        count, begin = 0, time.process_time()
        until = time.perf_counter() + seconds
        await asyncio.gather(*(loop_(session, until) for _ in range(tasks)))
        return (time.process_time() - begin) / count * 1e6


async def whole(url: str, seconds: float, endpoints: int, every: str) -> tuple[float, int]:
    """Return microseconds of CPU per probe of the daemon, and how many probes ran."""
    watched = "\n".join(
        f'  - {{id: e{n}, url: "{url}{PATH}", credential: pat,'
        " expect: {status: [200], within: 100ms}}"
        for n in range(endpoints)
    )
    text = f"""
listen: 127.0.0.1:0
defaults: {{every: {every}, timeout: {spelled(0.9 * seconds_of(every))}}}
endpoints:
{watched}
credentials: {{pat: {{header: X-OCP-PERSONAL-ACCESS-TOKEN, value: {{env: PAT}}}}}}
channels: {{log: {{kind: log}}}}
"""
    settings = loads(text, "benchmark", {"PAT": "simulated-pat"})
    seen = 0

    def count(_: object) -> None:
        nonlocal seen
        seen += 1

    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{Path(folder) / 'bench.db'}"
        daemon = Daemon(settings.model_copy(update={"store": store}))
        await daemon.start()
        await asyncio.sleep(seconds_of(every) * 4)  # every endpoint is warm, on its own connection
        daemon.board.listen(count)
        begin = time.process_time()
        await asyncio.sleep(seconds)
        spent, probes = time.process_time() - begin, seen
        await daemon.stop()
    return spent / probes * 1e6, probes


def main() -> int:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--endpoints", type=int, default=300)
    parser.add_argument("--every", default="500ms")
    parser.add_argument("--most", type=float, default=3.0, help="the ratio that is still good")
    options = parser.parse_args()
    set_up("error")
    omilia, url = start_omilia()
    try:
        rows = []
        for _ in range(options.rounds):
            base = asyncio.run(bare(url, options.seconds))
            line, probes = asyncio.run(
                whole(url, options.seconds, options.endpoints, options.every)
            )
            rows.append((base, line))
            print(
                f"bare {base:6.1f} us/GET   whole line {line:6.1f} us/probe"
                f"   ratio {line / base:4.2f}   {probes / options.seconds:.0f} probes/s"
            )
    finally:
        omilia.terminate()
        omilia.wait()
    base, line = (statistics.median(column) for column in zip(*rows, strict=True))
    print(f"median: {base:.1f} us, {line:.1f} us, ratio {line / base:.2f} ({os.cpu_count()} cores)")
    return 0 if line / base <= options.most else 1


if __name__ == "__main__":
    sys.exit(main())
