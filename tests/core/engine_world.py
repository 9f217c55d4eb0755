"""An engine in a test's hands: everything around it is fake, but for the breaker."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from monitor.adapters.gate import PybreakerGate
from monitor.core.breaker import Move, Moved
from monitor.core.budgets import Budgets
from monitor.core.endpoint import Endpoint
from monitor.core.exchange import Reply
from monitor.core.incident import Incident
from monitor.core.incident_book import IncidentBook
from monitor.core.standing import Standing
from monitor.engine import Engine, Lookout
from monitor.ports import Facts, News
from tests.clock import FakeClock
from tests.examples import an_endpoint
from tests.fakes import FakeProber, Listener, MemoryStore, Scripted

OK = Reply(200)
BAD = Reply(503)
REFUSED = Reply(404)
WAIT = Reply(429, headers={"retry-after": "90"})
ENOUGH = 30.0
"""Seconds that no wait here ever takes; only a broken engine does."""


class World:
    """An engine with everything it needs, and none of it real but the breaker."""

    def __init__(
        self,
        *endpoints: Endpoint,
        script: Sequence[Scripted] = (OK,),
        budgets: Budgets | None = None,
        stalled: Callable[[float, float], float] = lambda *_: 0.0,
    ) -> None:
        self.clock = FakeClock()
        self.lookout = Lookout(self.clock, stalled)
        self.hastened: list[str] = []
        self.prober = FakeProber(*script)
        self.store = MemoryStore()
        self.listener = Listener()
        self.book = IncidentBook("default")
        self.engine = Engine(
            clock=self.clock,
            prober=self.prober,
            gates=partial(PybreakerGate, uniform=lambda low, _: low),
            store=self.store,
            sink=self.listener,
            book=self.book,
            budgets=budgets,
            hasten=lambda endpoint, _: self.hastened.append(endpoint.id),
            lookout=self.lookout,
        )
        for endpoint in endpoints or (an_endpoint(),):
            self.engine.watch(endpoint)

    async def tick(self, name: str = "chat", *, after: float = 0.0) -> float | None:
        self.clock.advance(after)
        return await self.engine.tick(name, self.clock.now())

    async def ticks(self, *script: Scripted, name: str = "chat", after: float = 60.0) -> None:
        """Probe once for each line of the script."""
        self.prober.will(*script)
        for _ in script:
            await self.tick(name, after=after)

    async def trip(self, name: str = "chat") -> None:
        await self.ticks(BAD, BAD, BAD, name=name, after=5.0)

    def start(self, due: datetime | None = None) -> asyncio.Task[float | None]:
        return asyncio.create_task(self.engine.tick("chat", due or self.clock.now()))

    @property
    def last(self) -> News:
        return self.listener.news[-1]

    @property
    def facts(self) -> Facts:
        return self.store.facts[-1]

    def standing_of(self, name: str) -> Standing:
        """How an endpoint stands in the engine, published or not."""
        return self.engine._watched[name].standing

    def standing(self, name: str = "chat") -> Standing:
        return next(n.standing for n in reversed(self.listener.news) if n.endpoint.id == name)


def names(moves: Sequence[Moved]) -> list[Move]:
    return [moved.move for moved in moves]


def only(incidents: Sequence[Incident]) -> Incident:
    (incident,) = incidents
    return incident
