"""The lookout: knows whether silence is Omilia's, or ours."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from monitor.core.category import Category
from monitor.core.endpoint import Endpoint
from monitor.core.instant import Instant
from monitor.core.outcome import Outcome
from monitor.core.sight import Heard, Sight, after, beside_a_stall, inconclusive, is_silence
from monitor.ports import Clock, read

FRESH = 1.0
"""Seconds for which a good round is believed: many ticks fail at the same time."""
AGAIN = 5.0
"""Seconds between two rounds while we cannot see."""
WE_ARE_OFFLINE = "we are offline"


class Witnesses(Protocol):
    """Those whom the world knows to be there: when they are silent, it is us."""

    quorum: int
    every: float
    """Seconds between two rounds while all is well."""

    async def ask(self) -> Sequence[Heard]:
        """Ask all of them at once, for as long as their timeout. Raises only CancelledError."""
        ...


def _never(start: float, end: float) -> float:
    """Stand still never."""
    del start, end
    return 0.0


class Lookout:
    """Asks the witnesses, once for all who want to know, and weighs what ticks saw.

    `stalled` says for how many seconds we ourselves stood still between two monotonic times, as far
    as that is worth a thought.
    """

    def __init__(self, clock: Clock, stalled: Callable[[float, float], float] = _never) -> None:
        self.sight = Sight()
        self.witnesses: Witnesses | None = None
        self._clock = clock
        self._stalled = stalled
        self.missed = 0
        """Probes that could say nothing since we last saw well."""
        self._asked: Instant | None = None
        self._asking: asyncio.Task[None] | None = None

    def resume(self, since: datetime) -> None:
        """Go on where a run ended that could not see since then."""
        self.sight = Sight(offline=True, since=since)

    async def weigh(self, outcome: Outcome, endpoint: Endpoint, start: Instant) -> Outcome:
        """Say what an outcome is worth: silence is nobody's fault while we cannot see."""
        if outcome.category is Category.SLOW or outcome.fault is not None:
            stall = self._stalled(start.mono, self._clock.monotonic())
            if stall:
                within, timeout = endpoint.expectation.within, endpoint.request.timeout
                outcome = beside_a_stall(outcome, stall, within=within, timeout=timeout)
        if self.witnesses is None or not is_silence(outcome):
            return outcome
        await self._look()
        if not self.sight.is_doubtful:
            return outcome
        self.missed += 1
        return inconclusive(outcome, WE_ARE_OFFLINE)

    async def beat(self) -> None:
        """Ask when it is time to."""
        witnesses = self.witnesses
        if witnesses is None:
            self.sight = Sight()
        elif self._age() >= (AGAIN if self.sight.is_doubtful else witnesses.every):
            await self._look()

    async def close(self) -> None:
        """End a round that goes on: nobody waits for it any more."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait({self._asking})

    async def _look(self) -> None:
        """Have the witnesses asked, unless that was done just now; many wait for one round."""
        if self._asking is None:
            if self._age() < (AGAIN if self.sight.is_doubtful else FRESH):
                return
            self._asking = asyncio.create_task(self._ask(), name="witnesses")
        await asyncio.shield(self._asking)

    async def _ask(self) -> None:
        try:
            witnesses = self.witnesses
            if witnesses is None:
                return
            heard = await witnesses.ask()
            if self.witnesses is witnesses:  # else a reload named others meanwhile
                self._asked = now = read(self._clock)
                self.sight = after(self.sight, heard, witnesses.quorum, now.wall)
                if not self.sight.is_doubtful:
                    self.missed = 0
        finally:
            self._asking = None

    def _age(self) -> float:
        """Return for how many seconds nobody has been asked."""
        if self._asked is None:
            return float("inf")
        return self._clock.monotonic() - self._asked.mono
