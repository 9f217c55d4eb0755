"""A gate in a test's hands: outcomes in one word, dice that are told what to show."""

from dataclasses import dataclass, field

from monitor.adapters.gate import PybreakerGate
from monitor.core.breaker import Moved, Policy, Snapshot, State
from monitor.core.outcome import EFFECTS, Category, Effect, Outcome
from monitor.ports import Permit
from tests.clock import START, FakeClock

GOOD = Category.OK
BAD = Category.SERVER_ERROR
THROTTLED = Category.THROTTLED
SLOW = Category.SLOW
NEUTRAL = Category.CREDENTIAL
NEUTRALS = [category for category, effect in EFFECTS.items() if effect is Effect.NEUTRAL]

STATUS = {GOOD: 200, SLOW: 200, BAD: 503, THROTTLED: 429, NEUTRAL: 401}

DETAILS = {GOOD: "", SLOW: "took 3 s, more than 2 s"}


def outcome(category: Category, hint: float | None = None) -> Outcome:
    """Return an outcome of this category, with a Retry-After of `hint` seconds."""
    status = STATUS.get(category)
    return Outcome(
        endpoint="chat",
        due=START,
        at=START,
        category=category,
        effect=EFFECTS[category],
        status=status,
        detail=DETAILS.get(category, f"HTTP {status}"),
        retry_after=hint,
    )


@dataclass
class Dice:
    """Fits `uniform(low, high)`; shows the same share of the range until told otherwise."""

    share: float = 0.0

    def __call__(self, low: float, high: float) -> float:
        return low + self.share * (high - low)


@dataclass
class Gated:
    """A gate, its clock and its dice; `do(...)` is one probe that takes no time."""

    policy: Policy = field(default_factory=Policy)
    clock: FakeClock = field(default_factory=FakeClock)
    dice: Dice = field(default_factory=Dice)

    def __post_init__(self) -> None:
        self.gate = PybreakerGate(self.policy, None, self.clock.read(), uniform=self.dice)

    def ask(self) -> tuple[Permit | None, tuple[Moved, ...]]:
        admission = self.gate.admit(self.clock.read())
        return admission.permit, admission.moves

    def permit(self) -> Permit:
        permit, _ = self.ask()
        assert permit is not None, f"not admitted while {self.now}"
        return permit

    def record(
        self, permit: Permit, category: Category, hint: float | None = None
    ) -> tuple[Moved, ...]:
        return self.gate.record(permit, outcome(category, hint), self.clock.read())

    def do(self, *categories: Category, hint: float | None = None) -> tuple[Moved, ...]:
        """Probe once for each category; return all moves."""
        moves: tuple[Moved, ...] = ()
        for category in categories:
            permit, asked = self.ask()
            assert permit is not None, f"not admitted while {self.now}"
            moves += asked + self.record(permit, category, hint)
        return moves

    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    def wait_until_due(self) -> None:
        self.wait(self.now.retry_after or 0.0)

    def restart(self, down: float = 0.0, *, stepped: float = 0.0) -> Snapshot:
        """Go down for `down` seconds, with a wall clock stepped meanwhile; return what was kept."""
        kept = self.now
        self.clock.advance(down)
        self.clock.step(stepped)
        self.clock.mono = 5.0  # another boot: its monotonic clock starts anywhere
        self.gate = PybreakerGate(self.policy, kept, self.clock.read(), uniform=self.dice)
        return kept

    @property
    def now(self) -> Snapshot:
        return self.gate.snapshot(self.clock.read())

    def state(self) -> State:
        return self.now.state


def closed(policy: Policy | None = None) -> Gated:
    """Return a gate that has just begun."""
    return Gated(policy or Policy())


def opened(policy: Policy | None = None) -> Gated:
    """Return a gate that has just tripped, by consecutive failures."""
    gated = closed(policy)
    gated.do(*[BAD] * gated.policy.fail_max)
    assert gated.state() is State.OPEN
    return gated


def half_open(policy: Policy | None = None) -> tuple[Gated, Permit]:
    """Return a gate whose first trial is out, and its permit."""
    gated = opened(policy)
    gated.wait_until_due()
    permit = gated.permit()
    assert gated.state() is State.HALF_OPEN
    return gated, permit
