"""Test runs: accepted with a 202, and asked about until they are finished (the paths are inferred).

How far a run is depends on how often it was asked about, so that a test waits for no clock.
"""

import secrets
from collections import OrderedDict

from monitor.omilia.simulator.answer import Answer, rendered

RUNS = "/testing/api/runs"
LOOKS = 2
"""How often a run is still going on when it is asked about."""
KEPT = 100


class Runs:
    """The runs that were begun; the oldest is forgotten first."""

    def __init__(self) -> None:
        self._looks: OrderedDict[str, int] = OrderedDict()

    def begin(self) -> Answer:
        """Accept a run."""
        run_id = secrets.token_hex(8)
        self._looks[run_id] = 0
        if len(self._looks) > KEPT:
            self._looks.popitem(last=False)
        accepted = rendered({"id": run_id, "status": "queued"}, 202)
        return accepted.also({"Location": f"{RUNS}/{run_id}"})

    def knows(self, path: str) -> bool:
        """Tell whether a path is a run's."""
        return path.removeprefix(f"{RUNS}/") in self._looks

    def look(self, path: str) -> Answer:
        """Tell how far a run is."""
        run_id = path.removeprefix(f"{RUNS}/")
        self._looks[run_id] += 1
        finished = self._looks[run_id] > LOOKS
        results = {"passed": 12, "failed": 0} if finished else None
        status = "finished" if finished else "running"
        return rendered({"id": run_id, "status": status, "results": results})
