"""A budget in plain words: everything that was ever let through, written down and counted again."""

from dataclasses import dataclass, field


@dataclass
class Waiting:
    """One who stands in line."""

    who: str
    requests: int
    back_at: float


@dataclass
class PlainLane:
    """At most `limit` in any `per` seconds, and first come first served."""

    limit: int
    per: float
    let_through: list[float] = field(default_factory=list)
    line: list[Waiting] = field(default_factory=list)

    def wait(self, who: str, requests: int, now: float) -> float:
        """Say when somebody can go, if all who came before go as soon as they can."""
        while self.line and self.line[0].back_at + self.per <= now:
            self.line.pop(0)  # it was to come back long ago
        if self.limit == 0:
            return float("inf")
        went, at = list(self.let_through), now
        for one in (*self._before(who), Waiting(who, min(requests, self.limit), 0.0)):
            while self._room(went, at) < one.requests:
                at = min(t + self.per for t in went if t + self.per > at)
            went += [at] * one.requests
        return at - now

    def ask(self, who: str, requests: int, now: float) -> float:
        seconds = self.wait(who, requests, now)
        mine = [one for one in self.line if one.who == who]
        if seconds == 0:
            self.let_through += [now] * min(requests, self.limit)
            self.line = [one for one in self.line if one.who != who]
        elif mine:
            mine[0].back_at = now + seconds
        else:
            self.line.append(Waiting(who, min(requests, self.limit), now + seconds))
        return seconds

    def leave(self, who: str) -> None:
        self.line = [one for one in self.line if one.who != who]

    def most_at_once(self) -> int:
        """Count the worst stretch of `per` seconds that there ever was."""
        return max((len(self._in(self.let_through, t)) for t in self.let_through), default=0)

    def _before(self, who: str) -> list[Waiting]:
        names = [one.who for one in self.line]
        return self.line[: names.index(who)] if who in names else list(self.line)

    def _in(self, went: list[float], until: float) -> list[float]:
        return [t for t in went if until - self.per < t <= until]

    def _room(self, went: list[float], at: float) -> int:
        return self.limit - len(self._in(went, at))


@dataclass
class PlainBudget:
    """Everybody's lane, and one that is kept for what is urgent."""

    usual: PlainLane
    kept: PlainLane

    def ask(self, who: str, now: float, *, requests: int, urgent: bool) -> float:
        lane, other = self.usual, self.kept
        if urgent and self.kept.wait(who, requests, now) <= self.usual.wait(who, requests, now):
            lane, other = self.kept, self.usual
        other.leave(who)
        return lane.ask(who, requests, now)

    def leave(self, who: str) -> None:
        self.usual.leave(who)
        self.kept.leave(who)
