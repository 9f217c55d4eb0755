"""A budget of requests: never more than so many in any stretch of time, and a line for who waits.

A token bucket would let twice as many through in the worst minute: a full bucket and what flows in
meanwhile. Here the moments of the last requests are remembered, so that "60 a minute" holds in
every minute. Who finds no room stands in a line, is told when to come back, and is let in then:
first come, first served, nobody earlier than there is room, nobody later than needed.
"""

from bisect import insort
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

MOST = 10_000
"""Requests that a budget may grant in its stretch of time."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most `requests` in any `per` seconds; `reserve` of them are kept for what is urgent."""

    requests: int
    per: float
    reserve: int = 0


@dataclass(slots=True)
class _Ticket:
    """One who stands in line: since when, when to come back, and for how many requests."""

    since: float
    back_at: float
    requests: int


class Lane:
    """One part of a budget: who was let through lately, and who waits. Times are monotonic."""

    def __init__(self, limit: int, per: float) -> None:
        self.limit = limit
        self.per = per
        self.delayed = 0
        """How many had to wait."""
        self._through: deque[float] = deque()
        self._line: dict[str, _Ticket] = {}

    def wait(self, who: str, requests: int, now: float) -> float:
        """Return the seconds until there is room for somebody, behind all who came before."""
        self._forget(now)
        if not self.limit:
            return float("inf")
        free = self.limit - len(self._through)
        going_out, coming_in = iter(self._through), deque[float]()
        at = now
        for needed in self._ahead_and(who, requests):
            # Each goes as soon as enough of those have gone out who were let through before.
            while free < needed:
                left = next(going_out, None)
                at = (coming_in.popleft() if left is None else left) + self.per
                free += 1
            free -= needed
            coming_in.extend([at] * needed)
        return at - now

    def _ahead_and(self, who: str, requests: int) -> Iterator[int]:
        """Yield what each one ahead of somebody needs, in turn, and what they need themselves."""
        for name, ticket in self._line.items():
            if name == who:
                break
            yield min(ticket.requests, self.limit)
        yield min(requests, self.limit)

    def ask(self, who: str, requests: int, now: float) -> float:
        """Let somebody through, and return 0; or give them a place in line, and say how long."""
        seconds = self.wait(who, requests, now)
        ticket = self._line.get(who)
        if seconds > 0:
            if ticket is None:
                self.delayed += 1
                self._line[who] = _Ticket(now, now + seconds, requests)
            else:
                ticket.back_at = now + seconds
            return seconds
        self._line.pop(who, None)
        self._through.extend([now] * min(requests, self.limit))
        return 0.0

    def take_back(self, requests: int) -> None:
        """Undo what was let through last: nothing was sent."""
        for _ in range(min(requests, self.limit, len(self._through))):
            self._through.pop()

    def remember(self, requests: int, at: float) -> None:
        """Count requests that were sent before we began to count."""
        for _ in range(min(requests, self.limit)):
            insort(self._through, at)

    def leave(self, who: str) -> None:
        """Give up a place in line."""
        self._line.pop(who, None)

    def used(self, now: float) -> int:
        """Return how many were let through in the stretch of time that ends now."""
        self._forget(now)
        return len(self._through)

    def waiting(self, now: float) -> list[float]:
        """Return for how many seconds those in line have waited."""
        self._forget(now)
        return [now - ticket.since for ticket in self._line.values()]

    def _forget(self, now: float) -> None:
        """Forget who was let through long ago, and who was to come back long ago and did not."""
        through, line = self._through, self._line
        while through and through[0] + self.per <= now:
            through.popleft()
        while line:
            first = next(iter(line))
            if line[first].back_at + self.per > now:
                break
            del line[first]


class Budget:
    """Two lanes: everybody's, and one for trials and confirmations, which must not stand behind."""

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self._usual = Lane(allowance.requests - allowance.reserve, allowance.per)
        self._kept = Lane(allowance.reserve, allowance.per)
        self._last = self._usual

    def ask(self, who: str, now: float, *, requests: int = 1, urgent: bool = False) -> float:
        """Let somebody send so many requests now, and return 0; else say in how many seconds.

        Who is told to wait has a place in line, and is let through when they come back then. What
        is urgent takes the lane in which it waits less.
        """
        lane = self._usual
        if urgent:
            kept = self._kept.wait(who, requests, now)
            if kept <= self._usual.wait(who, requests, now):
                lane = self._kept
        (self._usual if lane is self._kept else self._kept).leave(who)
        self._last = lane
        return lane.ask(who, requests, now)

    def take_back(self, requests: int = 1) -> None:
        """Undo what was granted last: nothing was sent."""
        self._last.take_back(requests)

    def remember(self, at: float, requests: int = 1) -> None:
        """Count requests that were sent before we began to count."""
        self._usual.remember(requests, at)

    def leave(self, who: str) -> None:
        """Give up whatever place in line somebody has."""
        self._usual.leave(who)
        self._kept.leave(who)

    def adopt(self, allowance: Allowance) -> None:
        """Go on under other numbers; who was let through counts on, who waits goes on waiting."""
        self.allowance = allowance
        for lane, limit in (
            (self._usual, allowance.requests - allowance.reserve),
            (self._kept, allowance.reserve),
        ):
            lane.limit, lane.per = limit, allowance.per

    def used(self, now: float) -> int:
        """Return how many requests were granted in the stretch of time that ends now."""
        return self._usual.used(now) + self._kept.used(now)

    def waiting(self, now: float) -> list[float]:
        """Return for how many seconds those in line have waited."""
        return self._usual.waiting(now) + self._kept.waiting(now)

    @property
    def delayed(self) -> int:
        """How many probes had to wait, since the start."""
        return self._usual.delayed + self._kept.delayed
