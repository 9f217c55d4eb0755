"""Orders, times and restarts in any order, against a plain description of what is published."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from monitor.adapters.store import codec
from monitor.core.breaker import State
from monitor.core.order import NOTHING, Mode, Order
from monitor.core.verdict import verdict_of
from tests.core.engine_world import BAD, OK, World
from tests.examples import an_endpoint

SHORT = st.integers(1, 400).map(float)
ORDERED = st.sampled_from(Mode)


@dataclass
class Plain:
    """What somebody wants, and until when: nothing else."""

    mode: Mode
    until: datetime | None

    def at(self, now: datetime) -> Mode | None:
        over = self.until is not None and now >= self.until
        return None if over else self.mode


class Orders(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.given: Plain | None = None
        self.file = Plain(Mode.AUTO, None)

    @initialize(mode=ORDERED, lasts=st.none() | SHORT)
    def begin(self, mode: Mode, lasts: float | None) -> None:
        self.world = World(an_endpoint())
        self.configure(mode, lasts)

    # ------------------------------------------------------------ what happens

    @rule(mode=ORDERED, lasts=st.none() | SHORT)
    def configure(self, mode: Mode, lasts: float | None) -> None:
        now = self.world.clock.now()
        until = None if lasts is None else now + timedelta(seconds=lasts)
        self.file = Plain(mode, until)
        order = NOTHING if mode is Mode.AUTO else Order(mode, until=until)
        self.world.engine.watch(replace(an_endpoint(), order=order))
        self.look()

    @rule(mode=ORDERED, lasts=st.none() | SHORT)
    def order(self, mode: Mode, lasts: float | None) -> None:
        now = self.world.clock.now()
        until = None if lasts is None else now + timedelta(seconds=lasts)
        order = Order(mode, "ops", now, "because", until)
        assert asyncio.run(self.world.engine.order("chat", order, "ops"))
        ends = mode is Mode.AUTO and (self.file.at(now) or Mode.AUTO) is Mode.AUTO
        self.given = None if ends else Plain(mode, until)

    @rule()
    def end(self) -> None:
        assert asyncio.run(self.world.engine.order("chat", None, "ops"))
        self.given = None

    @rule(seconds=SHORT, good=st.booleans())
    def probe(self, seconds: float, good: bool) -> None:
        self.world.clock.advance(seconds)
        self.look()
        self.world.prober.will(OK if good else BAD)
        asyncio.run(self.world.tick())

    @rule(seconds=SHORT)
    def wait(self, seconds: float) -> None:
        self.world.clock.advance(seconds)
        self.look()

    @rule()
    def look(self) -> None:
        asyncio.run(self.world.engine.look_at_orders())

    @rule(away=SHORT, mode=st.none() | ORDERED)
    def restart(self, away: float, mode: Mode | None) -> None:
        """Be killed: what was committed is all there is. The file may say another mode then."""
        store, clock = self.world.store, self.world.clock
        stored = [facts.standing for facts in store.facts]
        kept = codec.standings.loads(codec.standings.dumps(stored[-1])) if stored else None
        endpoint = self.world.listener.news[-1].endpoint
        if mode is not None:
            self.file = Plain(mode, None)
            endpoint = replace(endpoint, order=NOTHING if mode is Mode.AUTO else Order(mode))
        clock.advance(away)
        self.world = World(an_endpoint("other"))
        self.world.store.facts += store.facts
        self.world.clock.advance((clock.now() - self.world.clock.now()).total_seconds())
        self.world.engine.watch(endpoint, kept)
        self.look()

    # ------------------------------------------------------------ what must be true

    @property
    def mode(self) -> Mode:
        now = self.world.clock.now()
        given = None if self.given is None else self.given.at(now)
        return given or self.file.at(now) or Mode.AUTO

    @invariant()
    def what_is_published_follows_the_order_and_what_is_judged_does_not(self) -> None:
        standing = self.world.standing()
        endpoint = next(n.endpoint for n in reversed(self.world.listener.news))
        assert standing == self.world.standing_of("chat")
        now, closed = self.world.clock.now(), standing.breaker.state is State.CLOSED
        verdict = verdict_of(standing, endpoint, now=now, next_in=5.0)
        assert verdict.mode is self.mode
        assert verdict.state is standing.breaker.state
        allowed = {
            Mode.AUTO: closed,
            Mode.SHADOW: True,
            Mode.FORCED_CLOSED: True,
            Mode.FORCED_OPEN: False,
        }
        assert verdict.allow is allowed[self.mode]
        assert (verdict.retry_after is None) is verdict.allow
        assert verdict.valid_for > 0
        ends = [p.until for p in (self.given, self.file) if p and p.until and p.at(now)]
        if self.mode is not Mode.AUTO and self.given is not None and self.given.at(now):
            ends = [self.given.until] if self.given.until else []
            assert all(verdict.valid_for <= (end - now).total_seconds() + 0.001 for end in ends)

    @invariant()
    def the_shadow_is_open_when_the_breaker_is_not_closed(self) -> None:
        standing = self.world.standing_of("chat")
        overridden = self.mode in (Mode.SHADOW, Mode.FORCED_CLOSED)
        assert (standing.shadow is not None) is overridden
        if standing.shadow is not None:
            assert standing.shadow.is_open is (standing.breaker.state is not State.CLOSED)
            assert len([o for o in standing.shadow.openings if o.end is None]) <= 1

    @invariant()
    def an_incident_says_what_is_ordered(self) -> None:
        incident = self.world.book.of("chat")
        if incident is not None:
            told = None if incident.order is None else incident.order.mode
            assert told == (None if self.mode is Mode.AUTO else self.mode)


TestOrders = Orders.TestCase
TestOrders.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
