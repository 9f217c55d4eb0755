"""The benchmarks' target: the simulated Omilia, in a process of its own."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

PATH = "/envs-manager/api/status"
HEADERS = {"X-OCP-PERSONAL-ACCESS-TOKEN": "simulated-pat"}


@contextmanager
def started() -> Iterator[str]:
    """Run it; yield its URL."""
    command = [sys.executable, "-m", "monitor", "simulate", "--listen", "127.0.0.1:0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://[0-9.:]+", process.stdout.readline())
            if found is None:
                raise SystemExit("the simulated Omilia did not start")
            yield found[0]
        finally:
            process.terminate()
