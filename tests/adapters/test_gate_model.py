"""The gate beside a plain description of a breaker, through whatever hypothesis thinks of.

All times are multiples of a quarter of a second and all shares are halves and quarters, so that
sums are exact and every comparison can be one of equality.
"""

from dataclasses import asdict

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from monitor.adapters.gate import PybreakerGate
from monitor.core.breaker import MOVES, Moved, Policy, State
from monitor.core.grounds import Grounds, Rule
from monitor.core.window import Rate
from monitor.ports import Permit
from tests.adapters.gating import BAD, GOOD, NEUTRAL, SLOW, THROTTLED, Dice, outcome
from tests.adapters.plain_breaker import Leave, Limit, Numbers, PlainBreaker
from tests.clock import FakeClock

SECONDS = st.sampled_from([0.25, 1.0, 4.0, 9.75, 12.0, 20.0, 60.0, 300.0])
STEPS = st.sampled_from([-18000.0, -60.0, -0.25, 0.25, 60.0, 18000.0])
SHARES = st.sampled_from([0.0, 0.25, 0.5, 1.0])
HINTS = st.sampled_from([0.0, 0.25, 7.0, 45.0, 900.0])
WORDS = {
    "success": GOOD,
    "slow": SLOW,
    "failure": BAD,
    "throttled": THROTTLED,
    "neutral": NEUTRAL,
}
WORD = st.sampled_from(sorted(WORDS))
Probe = tuple[int, Permit | None, Leave | None]
"""The boot in which it began, and what both sides said when it asked."""
LIMIT = st.builds(
    Limit,
    of=st.integers(2, 8),
    within=st.sampled_from([9.75, 60.0, 300.0]),
    over=st.sampled_from([25.0, 40.0, 50.0, 100.0]),
    at_least=st.integers(2, 5),
)
NUMBERS = st.builds(
    Numbers,
    fail_max=st.sampled_from([1, 2, 3, 4, 9]),
    success_threshold=st.integers(1, 3),
    reset_timeout=st.sampled_from([1.0, 10.0]),
    factor=st.sampled_from([1.0, 1.5, 2.0]),
    max_open=st.sampled_from([10.0, 60.0]),
    jitter=st.sampled_from([0.0, 0.25, 0.5]),
    max_half_open=st.sampled_from([4.25, 24.0]),
    failure_rate=LIMIT,
    slow_rate=LIMIT,
    slow_opens=st.booleans(),
)


def policy(numbers: Numbers) -> Policy:
    rates = {name: Rate(**asdict(getattr(numbers, name))) for name in ("failure_rate", "slow_rate")}
    return Policy(**(asdict(numbers) | rates))


class GateBesideAPlainBreaker(RuleBasedStateMachine):
    """Two breakers hear the same; they must say the same."""

    in_flight = Bundle("in_flight")
    given_up = Bundle("given_up")

    @initialize(numbers=NUMBERS)
    def begin(self, numbers: Numbers) -> None:
        self.clock = FakeClock()
        self.dice = Dice()
        self.numbers = numbers
        self.plain = PlainBreaker(numbers)
        self.gate = PybreakerGate(policy(numbers), None, self.clock.read(), uniform=self.dice)
        self.epoch = 0
        self.moves: list[tuple[str, str]] = []
        self.live: list[Permit] = []
        self.boot = 0

    # ------------------------------------------------------------ the world

    @rule(seconds=SECONDS)
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.plain.pass_time(seconds)

    @precondition(lambda self: self.plain.state == "open")
    @rule(early=st.sampled_from([0.0, 0.25]))
    def time_passes_until_a_trial_is_due(self, early: float) -> None:
        self.time_passes(max(self.plain.left - early, 0.0))

    @rule(seconds=STEPS)
    def the_wall_clock_is_stepped(self, seconds: float) -> None:
        self.clock.step(seconds)

    @rule(share=SHARES)
    def the_dice_show(self, share: float) -> None:
        self.dice.share = share

    @rule(numbers=NUMBERS)
    def other_numbers_are_adopted(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.gate.adopt(policy(numbers))
        self.plain.adopt(numbers)

    @rule(down=SECONDS, stepped=st.just(0.0) | STEPS)
    def it_is_restarted(self, down: float, stepped: float) -> None:
        kept = self.gate.snapshot(self.clock.read())
        self.clock.advance(down)
        self.clock.step(stepped)
        self.clock.mono = 17.0
        self.gate = PybreakerGate(policy(self.numbers), kept, self.clock.read(), uniform=self.dice)
        self.plain.restart(down + stepped)
        self.live.clear()
        self.boot += 1

    # ------------------------------------------------------------ probes

    @rule(target=in_flight)
    def a_probe_asks(self) -> Probe:
        admission = self.gate.admit(self.clock.read())
        leave = self.plain.ask(self.dice.share)
        self._note(admission.moves)
        permit = admission.permit
        assert (permit is None) == (leave is None)
        if permit is not None and leave is not None:
            assert permit.trial == leave.trial
            assert permit.epoch == self.epoch
            self.live.append(permit)
        return self.boot, permit, leave

    @rule(seconds=SECONDS)
    def it_is_held_because_another_was_told_to_wait(self, seconds: float) -> None:
        grounds = Grounds(Rule.THROTTLED, 1, by="another")
        self._note(self.gate.hold(seconds, grounds, (), self.clock.read()))
        self.plain.hold(seconds)

    @rule(probe=consumes(in_flight), what=WORD, hint=HINTS)
    def a_probe_ends(self, probe: Probe, what: str, hint: float) -> None:
        boot, permit, leave = probe
        if permit is None or leave is None or boot != self.boot:
            return  # it was not admitted, or died with the process
        self._forget(permit)
        told = outcome(WORDS[what], hint or None)
        self._note(self.gate.record(permit, told, self.clock.read()))
        self.plain.hear(leave, what, hint, self.dice.share)

    @rule(what=WORD, hint=HINTS, times=st.integers(1, 4))
    def probes_ask_and_end_at_once(self, what: str, hint: float, times: int) -> None:
        for _ in range(times):
            self.a_probe_ends(self.a_probe_asks(), what, hint)

    @rule(ends=st.lists(st.tuples(WORD, HINTS), min_size=2, max_size=5))
    def probes_overlap(self, ends: list[tuple[str, float]]) -> None:
        probes = [self.a_probe_asks() for _ in ends]
        for probe, (what, hint) in zip(probes, ends, strict=True):
            self.a_probe_ends(probe, what, hint)

    @precondition(lambda self: self.plain.state == "open")
    @rule(what=WORD, hint=HINTS)
    def a_trial_asks_and_ends_at_once(self, what: str, hint: float) -> None:
        self.time_passes(self.plain.left)
        self.a_probe_ends(self.a_probe_asks(), what, hint)

    @precondition(lambda self: self.plain.state == "open" and self.plain.trips > 1)
    @rule(healthy=st.sampled_from([0.0, 12.0, 60.0]))
    def it_recovers(self, healthy: float) -> None:
        """Reach what is deep: closed, with trips to forget."""
        self.time_passes(self.plain.left)
        for _ in range(self.numbers.success_threshold):
            self.a_probe_ends(self.a_probe_asks(), "success", 0.0)
        self.time_passes(healthy)

    @precondition(lambda self: self.plain.state == "half_open")
    @rule(what=WORD, again=st.booleans())
    def a_trial_is_cancelled_and_ends_after_all(self, what: str, *, again: bool) -> None:
        probe = self.a_probe_is_cancelled(self.a_probe_asks())
        other = self.a_probe_asks() if again else None
        self.a_probe_ends(probe, what, 0.0)
        if other is not None:
            self.a_probe_ends(other, "success", 0.0)

    @rule(target=given_up, probe=consumes(in_flight))
    def a_probe_is_cancelled(self, probe: Probe) -> Probe:
        boot, permit, leave = probe
        if permit is not None and leave is not None and boot == self.boot:
            self._forget(permit)
            self.gate.give_back(permit)
            self.plain.take_back(leave)
        return probe

    @rule(probe=consumes(given_up), what=WORD, hint=HINTS)
    def a_cancelled_probe_ends_after_all(self, probe: Probe, what: str, hint: float) -> None:
        self.a_probe_ends(probe, what, hint)

    def _forget(self, permit: Permit) -> None:
        self.live = [other for other in self.live if other is not permit]

    def _note(self, moves: tuple[Moved, ...]) -> None:
        for moved in moves:
            assert moved.epoch == self.epoch + 1, "every move has the next epoch"
            assert MOVES[moved.before, moved.after] is moved.move
            assert moved.at == self.clock.now()
            assert moved.reason
            assert (moved.open_for is not None) == (moved.after is State.OPEN)
            self.epoch = moved.epoch
            self.moves.append((moved.before, moved.after))

    # ------------------------------------------------------------ what always holds

    @invariant()
    def both_say_the_same(self) -> None:
        seen, plain = self.gate.snapshot(self.clock.read()), self.plain
        assert (seen.state, self.moves) == (plain.state, plain.moves)
        assert (seen.failures, seen.successes) == (plain.failures, plain.successes)
        assert (seen.trips, seen.throttled) == (plain.trips, plain.throttled)
        assert seen.retry_after == (plain.left if plain.state == "open" else None)
        if plain.state == "closed" and plain.trips:
            assert seen.closed_for == plain.healthy
        assert seen.epoch == self.epoch
        assert seen.slow == plain.slow
        assert len(seen.recent.marks) == (len(plain.heard) if plain.state == "closed" else 0)

    @invariant()
    def one_trial_at_a_time(self) -> None:
        trials = [permit for permit in self.live if permit.trial and permit.epoch == self.epoch]
        assert len(trials) <= 1

    @invariant()
    def never_open_for_too_long(self) -> None:
        left = self.gate.snapshot(self.clock.read()).retry_after
        assert (left or 0.0) <= self.plain.longest


TestGateBesideAPlainBreaker = GateBesideAPlainBreaker.TestCase
TestGateBesideAPlainBreaker.settings = settings(
    max_examples=150, stateful_step_count=50, deadline=None
)
