"""Server-Sent Events, read: bytes in whatever pieces they come, events out."""

from collections.abc import Iterator
from dataclasses import dataclass

LONGEST = 4 * 1024 * 1024
"""Bytes of one event that are read."""
RETRY = 3.0
"""Seconds after which a lost stream is asked for again, unless the stream says otherwise; a tenth
of it and ten times it are the most that it can say."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event, as the standard dispatches it."""

    kind: str
    data: str


class Reader:
    """Reads one stream after the other, each where the last one ended.

    `last_id` and `retry` (seconds) are what the streams said of themselves. Raises ValueError for
    an event that has no end.
    """

    def __init__(self) -> None:
        self.last_id = ""
        self.retry = RETRY
        self.begin()

    def begin(self) -> None:
        """Expect a new stream."""
        self._rest = b""
        self._id = self.last_id
        self._kind = ""
        self._data: list[str] = []
        self._size = 0

    def forget(self) -> None:
        """Forget where the last stream ended: the next one begins with everything."""
        self.last_id = ""

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Return the events that end in this piece."""
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            if event := self._line(line.removesuffix(b"\r").decode("utf-8", "replace")):
                yield event
        if self._size + len(self._rest) > LONGEST:
            raise ValueError("an event has no end")

    def _line(self, line: str) -> Event | None:
        if not line:
            return self._dispatch()
        self._size += len(line)
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "event":
                self._kind = value
            case "data":
                self._data.append(value)
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit() and len(value) < _DIGITS:
                self.retry = min(max(int(value) / 1000, RETRY / 10), RETRY * 10)
            case _:
                pass  # a comment, or a field of another time
        return None

    def _dispatch(self) -> Event | None:
        """End an event; without data it only moves the id."""
        self.last_id = self._id
        kind, data = self._kind or "message", "\n".join(self._data)
        self._kind, self._data, self._size = "", [], 0
        return Event(kind, data) if data else None


_DIGITS = 8
