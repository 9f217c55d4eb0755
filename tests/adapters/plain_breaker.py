"""A breaker in plain words, to hold the gate against. It shares no code with it.

Written from section 6 of the house and the remedies in the list of traps: everything is a count or
a number of seconds that is left or has passed; there is no clock, no epoch arithmetic, no library.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Limit:
    """More than `over` per cent of the last `of` within so many seconds is too much."""

    of: int
    within: float
    over: float
    at_least: int


@dataclass(frozen=True)
class Numbers:
    """What is configured. Seconds, counts and shares."""

    fail_max: int
    success_threshold: int
    reset_timeout: float
    factor: float
    max_open: float
    jitter: float
    max_half_open: float
    failure_rate: Limit
    slow_rate: Limit
    slow_opens: bool


@dataclass
class Heard:
    """An outcome that was heard, and how long ago."""

    what: str
    age: float = 0.0


@dataclass(eq=False)
class Leave:
    """Leave to probe once, in one stretch of one state."""

    stretch: int
    trial: bool


@dataclass
class PlainBreaker:
    """Closed, open or half-open, and what it takes to get from one to the other."""

    numbers: Numbers
    state: str = "closed"
    failures: int = 0
    successes: int = 0
    trips: int = 0
    throttled: bool = False
    left: float = 0.0
    """Seconds still to be open."""
    healthy: float = 0.0
    """Seconds closed that have not been used to forget a trip."""
    undecided: float = 0.0
    """Seconds half-open without a decision."""
    longest: float = 0.0
    """No open time that began or was lengthened may leave more than this."""
    trial: Leave | None = None
    moves: list[tuple[str, str]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    """While closed: what the windows look at, the oldest first."""
    slow: bool = False
    """Too much is slow; it ends when only half as much is."""

    def pass_time(self, seconds: float) -> None:
        if self.state == "open":
            self.left = max(self.left - seconds, 0.0)
        elif self.state == "half_open":
            self.undecided += seconds
        else:
            self.healthy += seconds
            self._forget()
            for one in self.heard:
                one.age += seconds

    def ask(self, dice: float) -> Leave | None:
        if self.state == "closed":
            return Leave(len(self.moves), trial=False)
        if self.state == "open":
            if self.left > 0:
                return None
            self._go("half_open")
            self.undecided, self.successes = 0.0, 0
        elif self.undecided >= self.numbers.max_half_open:
            self._open(0.0, dice)  # nothing was decided: not one trip more
            return None
        if self.trial is not None:
            return None
        self.trial = Leave(len(self.moves), trial=True)
        return self.trial

    def hear(self, leave: Leave, what: str, hint: float, dice: float) -> None:
        if not self._counts(leave):
            if self.state == "open" and what in ("failure", "throttled") and hint > self.left:
                self.left, self.longest = hint, max(self.longest, hint)
            return
        self.trial = None
        if what == "neutral":
            return
        closed = self.state == "closed"
        if what == "success" or (what == "slow" and (closed or not self.numbers.slow_opens)):
            self._hear_good()
        else:
            self._hear_bad(what, hint, dice)
        if closed:
            self._recount(what, hint, dice)

    def hold(self, seconds: float) -> None:
        """Somebody with the same quota was told to wait so long."""
        if self.state == "open":
            self.left = max(self.left, seconds)
        else:
            self.trips, self.throttled = self.trips + 1, True
            self._wait(seconds)
            self.heard, self.slow = [], False
        self.longest = max(self.longest, seconds)

    def take_back(self, leave: Leave) -> None:
        if self._counts(leave):
            self.trial = None

    def restart(self, away: float) -> None:
        """Be away for what looked like `away` seconds; clocks cannot have gone backwards."""
        if self.state == "half_open":  # not a move: where it stood is not worth knowing
            self.state, self.left, self.successes = "open", 0.0, 0
        self.trial = None
        self.pass_time(max(away, 0.0))

    def adopt(self, numbers: Numbers) -> None:
        self.numbers = numbers
        if self.state == "closed":
            self._forget()

    def _counts(self, leave: Leave) -> bool:
        if leave.stretch != len(self.moves):
            return False
        return not leave.trial or leave is self.trial

    def _hear_good(self) -> None:
        self.failures = 0
        if self.state == "closed":
            return
        self.successes += 1
        self.undecided = 0.0
        if self.successes >= self.numbers.success_threshold:
            self._go("closed")
            self.healthy, self.successes, self.throttled = 0.0, 0, False

    def _hear_bad(self, what: str, hint: float, dice: float) -> None:
        self.failures += 1
        throttled = what == "throttled"
        enough = self.failures >= self.numbers.fail_max or throttled
        if self.state == "half_open" or enough:
            self.throttled = throttled
            self.trips += 1
            self._open(hint, dice)

    def _recount(self, what: str, hint: float, dice: float) -> None:
        """Count everything that was heard while closed, once more from the beginning."""
        numbers = self.numbers
        if self.state == "open":
            self.heard, self.slow = [], False
            return
        self.heard.append(Heard(what))
        longest = max(numbers.failure_rate.within, numbers.slow_rate.within)
        most = max(numbers.failure_rate.of, numbers.slow_rate.of)
        self.heard = [one for one in self.heard if one.age <= longest][-most:]
        bad, seen = self._count(numbers.failure_rate, ("failure", "throttled"))
        slow, looked = self._count(numbers.slow_rate, ("slow",))
        failing = self._too_many(numbers.failure_rate, bad, seen)
        slowing = self._too_many(numbers.slow_rate, slow, looked)
        self.slow = slowing or (self.slow and slow > numbers.slow_rate.over / 200 * looked)
        if failing or (slowing and numbers.slow_opens):
            self.throttled = False
            self.trips += 1
            self._open(hint, dice)
            self.heard, self.slow = [], False

    def _count(self, limit: Limit, kinds: tuple[str, ...]) -> tuple[int, int]:
        seen = [one.what for one in self.heard if one.age <= limit.within][-limit.of :]
        return sum(what in kinds for what in seen), len(seen)

    def _too_many(self, limit: Limit, bad: int, seen: int) -> bool:
        return seen >= limit.at_least and bad / seen > limit.over / 100

    def _open(self, hint: float, dice: float) -> None:
        numbers = self.numbers
        seconds = numbers.reset_timeout
        for _ in range(self.trips - 1):
            seconds = min(seconds * numbers.factor, numbers.max_open)
        seconds = max(min(seconds, numbers.max_open), hint)
        self._wait(seconds + dice * numbers.jitter * seconds)
        self.longest = max(numbers.max_open, hint) * (1 + numbers.jitter)

    def _wait(self, seconds: float) -> None:
        self.left, self.successes, self.trial = seconds, 0, None
        self._go("open")

    def _forget(self) -> None:
        while self.trips and self.healthy >= self.numbers.max_open:
            self.trips -= 1
            self.healthy -= self.numbers.max_open

    def _go(self, state: str) -> None:
        self.moves.append((self.state, state))
        self.state = state
