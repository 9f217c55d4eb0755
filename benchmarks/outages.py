"""Outages to try policies on: what a probe would have seen at each moment, by fixed dice."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from monitor.core.category import Category

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
BEGIN = HOUR
"""An outage begins after an hour of calm."""


class Dice:
    """Numbers from 0 to 1 that look random and are always the same for a seed."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._thrown = 0

    def __call__(self) -> float:
        """Throw them."""
        self._thrown += 1
        digest = blake2b(f"{self._seed}/{self._thrown}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / 2**64

    def uniform(self, low: float, high: float) -> float:
        """Fits what the gate wants for its jitter."""
        return low + self() * (high - low)


Seen = tuple[Category, float | None]
"""What a probe sees, and a Retry-After."""
Reply = Callable[[float, Dice], Seen]

GOOD: Seen = (Category.OK, None)
BAD: Seen = (Category.SERVER_ERROR, None)
SLOW: Seen = (Category.SLOW, None)


@dataclass(frozen=True, slots=True)
class Scenario:
    """What happens, for how long; `outage` is when a breaker should be open, None for never."""

    name: str
    reply: Reply
    outage: tuple[float, float] | None
    lasts: float
    every: float = MINUTE


def within(outage: tuple[float, float], bad: Reply) -> Reply:
    """Answer well but in an outage."""

    def reply(t: float, dice: Dice) -> Seen:
        return bad(t, dice) if outage[0] <= t < outage[1] else GOOD

    return reply


def often(share: float, seen: Seen = BAD) -> Reply:
    """Be bad this often, at random."""
    return lambda _, dice: seen if dice() < share else GOOD


class EveryOther:
    """Fail every other request: one of two servers behind a balancer is broken."""

    def __init__(self) -> None:
        self._turn = False

    def __call__(self, t: float, dice: Dice) -> Seen:
        """Answer the next request."""
        del t, dice
        self._turn = not self._turn
        return BAD if self._turn else GOOD


def in_waves(bad: float, good: float) -> Reply:
    """Be down and up in turn, so many seconds each."""
    return lambda t, _: BAD if t % (bad + good) < bad else GOOD


def blips(length: float, apart: float) -> Reply:
    """Fail for a moment now and then: no outage, whoever tries again gets through."""

    def reply(t: float, dice: Dice) -> Seen:
        del dice
        turn = int(t // apart)
        begins = turn * apart + Dice(f"blip {turn}")() * (apart - length)
        return BAD if begins <= t < begins + length else GOOD

    return reply


def worse_and_worse(t: float, dice: Dice) -> Seen:
    """Fail more often each minute, until nothing works after an hour."""
    return BAD if dice() < (t - BEGIN) / HOUR else GOOD


def _outage(name: str, minutes: float, bad: Reply, *, every: float = MINUTE) -> Scenario:
    outage = (BEGIN, BEGIN + minutes * MINUTE)
    return Scenario(name, within(outage, bad), outage, outage[1] + HOUR, every)


def scenarios() -> list[Scenario]:
    """Return every scenario; each has to be made anew for each run."""
    told_to_wait: Seen = (Category.THROTTLED, MINUTE)
    return [
        _outage("everything fails, 30 min", 30, often(1.0)),
        _outage("everything fails, probed every 5 min", 60, often(1.0), every=5 * MINUTE),
        _outage("every other request fails, 1 h", 60, EveryOther()),
        _outage("60 % fail, 1 h", 60, often(0.6)),
        _outage("30 % fail, 1 h", 60, often(0.3)),
        _outage("flapping: 3 min down, 2 min up, 1 h", 60, in_waves(180.0, 120.0)),
        _outage("slow death: ever more fail, 90 min", 90, worse_and_worse),
        _outage("throttled: 429, Retry-After 60 s, 30 min", 30, often(1.0, told_to_wait)),
        Scenario("1 % fail, a day", often(0.01), None, DAY),
        Scenario("5 % fail, a day", often(0.05), None, DAY),
        Scenario("10 % fail, a day", often(0.1), None, DAY),
        Scenario("bursty: 8 s of failures every 5 min, a day", blips(8.0, 300.0), None, DAY),
    ]


def slownesses() -> list[Scenario]:
    """Return what is slow, and does not fail."""
    return [
        _outage("every answer is slow, 1 h", 60, often(1.0, SLOW)),
        _outage("70 % are slow, 1 h", 60, often(0.7, SLOW)),
        _outage("50 % are slow, 1 h", 60, often(0.5, SLOW)),
        _outage("20 % are slow, 1 h", 60, often(0.2, SLOW)),
    ]
