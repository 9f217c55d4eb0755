"""Outcomes of real traffic, gathered until they are sent: bounded, whatever happens."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Key = tuple[str, int | str, int]
"""Endpoint, status or category, and the second of it: what happened alike is one line."""


@dataclass(slots=True)
class Line:
    """Outcomes that were alike within one second."""

    endpoint: str
    what: int | str
    at: datetime
    count: int = 0
    seconds: float = 0.0
    timed: int = 0

    def view(self) -> dict[str, Any]:
        """Show it as `POST /v1/reports` takes it; the latency is the mean."""
        named = "status" if isinstance(self.what, int) else "category"
        shown: dict[str, Any] = {
            "endpoint": self.endpoint,
            named: self.what,
            "at": self.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "count": self.count,
        }
        if self.timed:
            shown["latency"] = round(self.seconds / self.timed, 6)
        return shown


Lines = dict[Key, Line]


class Pile:
    """Lines that wait to be sent, the oldest first. Beyond `room` the oldest is dropped."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._lines: Lines = {}
        self.dropped = 0
        """Outcomes that nobody will hear of."""

    def __len__(self) -> int:
        return len(self._lines)

    def add(self, endpoint: str, what: int | str, latency: float | None, at: datetime) -> None:
        """Note one outcome."""
        key = (endpoint, what, int(at.timestamp()))
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= self._room:
                self.lose(self.take(1))
            line = self._lines[key] = Line(endpoint, what, at)
        line.count += 1
        if latency is not None and 0 <= latency < float("inf"):
            line.seconds += latency
            line.timed += 1

    def take(self, most: int) -> Lines:
        """Take the oldest lines off."""
        keys = list(self._lines)[:most]
        return {key: self._lines.pop(key) for key in keys}

    def put_back(self, lines: Lines) -> None:
        """Put lines back that could not be sent; they are the oldest."""
        newer, self._lines = self._lines, lines
        for key, line in newer.items():
            known = self._lines.get(key)
            if known is None:
                self._lines[key] = line
            else:
                known.count += line.count
                known.seconds += line.seconds
                known.timed += line.timed
        surplus = len(self._lines) - self._room
        if surplus > 0:
            self.lose(self.take(surplus))

    def lose(self, lines: Mapping[Key, Line]) -> None:
        """Count what was in lines that are not kept."""
        self.dropped += sum(line.count for line in lines.values())
