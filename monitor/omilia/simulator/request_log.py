"""What was asked of the simulator: counts by path, and the last requests. Never a credential."""

from collections import Counter, deque
from datetime import datetime
from typing import Any, NamedTuple

from monitor.ports import Clock

PATHS = 500
"""Different paths that are counted; the rest is counted together."""
OTHER = "(other)"
LONGEST = 200
"""Characters of a path that are kept."""


class Seen(NamedTuple):
    """One request. `status` is None when no status was sent; `fault` is the id of what struck."""

    at: datetime
    method: str
    path: str
    status: int | None
    fault: str | None


class RequestLog:
    """Keeps paths without their query, and nothing of headers or bodies: secrets live there."""

    def __init__(self, clock: Clock, keep: int = 200) -> None:
        self.total = 0
        self.counts: Counter[str] = Counter()
        self.last: deque[Seen] = deque(maxlen=keep)
        self._clock = clock

    def note(self, method: str, path: str, status: int | None, fault: str | None = None) -> None:
        """Count a request that has been answered, or dropped."""
        path = path[:LONGEST]
        self.total += 1
        self.counts[path if path in self.counts or len(self.counts) < PATHS else OTHER] += 1
        self.last.append(Seen(self._clock.now(), method, path, status, fault))

    def shown(self) -> dict[str, Any]:
        """Return it as JSON values, the newest request last."""
        return {
            "total": self.total,
            "counts": dict(self.counts.most_common()),
            "last": [{**seen._asdict(), "at": seen.at.isoformat()} for seen in self.last],
        }
