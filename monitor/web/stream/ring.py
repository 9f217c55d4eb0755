"""What was told, newest last: one event per thing, so that who was away is told how things stand.

An event replaces the one before it about the same thing. A follower that comes back with the id of
the last event that it saw is told of every thing that changed since, once, as it is now; the steps
between are not kept. Nothing is kept for a follower but its place here, so that a slow one costs
nothing, and a thousand share one rendering.
"""

from collections.abc import Callable, Iterator
from typing import Literal

Kind = Literal["verdict", "health", "incident", "config", "reset"]
Make = Callable[[], bytes | None]

FRESH = 1.0
"""Seconds after which what is told of the present is written anew for the next who asks."""


class Change:
    """One thing that changed, as JSON. `endpoint` is None when it is about all of them.

    `make` writes it; None when there is nothing to be told of it any more. What is `lasting` is
    written once, the rest again when it is old: its times count from now.
    """

    __slots__ = ("_data", "_lasting", "_made_at", "_make", "endpoint", "id", "kind")

    def __init__(
        self, number: int, kind: Kind, endpoint: str | None, make: Make, *, lasting: bool
    ) -> None:
        self.id = number
        self.kind = kind
        self.endpoint = endpoint
        self._make = make
        self._lasting = lasting
        self._made_at: float | None = None
        self._data: bytes | None = None

    def text(self, now: float) -> bytes:
        """Return it as the stream says it at `now` (monotonic seconds); empty when it is over."""
        old = self._made_at is None or not (self._lasting or now - self._made_at < FRESH)
        if old:
            self._made_at, data = now, self._make()
            self._data = None if data is None else written(self.kind, data, self.id)
        return self._data or b""


def written(kind: Kind, data: bytes, number: int | None = None) -> bytes:
    """Write an event in the format of the stream. Without a number it moves nobody's place."""
    place = b"" if number is None else b"id: %d\n" % number
    return b"event: %s\n%sdata: %s\n\n" % (kind.encode(), place, data)


class Ring:
    """The events that are kept, in the order of their ids, which only grow.

    `start` is the id before the first; take one that no earlier run can have reached. A place
    before `floor` or after `head` cannot be gone on from.
    """

    def __init__(self, start: int, room: int) -> None:
        self.head = self.floor = start
        self._room = room
        self._events: dict[tuple[Kind, str], Change] = {}

    def put(
        self, kind: Kind, name: str, endpoint: str | None, make: Make, *, lasting: bool = False
    ) -> None:
        """Note that a thing changed. `name` with its kind says which thing."""
        self.head += 1
        self._events.pop((kind, name), None)
        self._events[kind, name] = Change(self.head, kind, endpoint, make, lasting=lasting)
        if len(self._events) > self._room:
            oldest = next(iter(self._events))
            self.floor = self._events.pop(oldest).id

    def knows(self, place: int) -> bool:
        """Tell whether everything after this place is here."""
        return self.floor <= place <= self.head

    def after(self, place: int) -> list[Change]:
        """Return what came after a place that is known, in order."""
        return list(self._newer(place))[::-1]

    def _newer(self, place: int) -> Iterator[Change]:
        for event in reversed(self._events.values()):
            if event.id <= place:
                return
            yield event
