"""What a policy costs and finds: the real gate on a virtual clock, through outages of all kinds.

    python -m benchmarks.policies [FILE]    print the tables, or bring those in FILE up to date

Deterministic: the same dice every time, no clock, no network. One endpoint, whose probes take no
time; everything that decides when it is probed and what its breaker does is the product's own.
"""

import statistics
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.outages import DAY, Dice, Scenario, scenarios, slownesses
from monitor.adapters.gate import PybreakerGate
from monitor.core.breaker import Move, Moved, Policy
from monitor.core.cadence import next_on_grid, sooner_than_grid
from monitor.core.category import EFFECTS
from monitor.core.endpoint import Endpoint, Request
from monitor.core.health import Health
from monitor.core.instant import Instant
from monitor.core.outcome import Outcome
from monitor.core.standing import Standing, advance, is_undecided
from monitor.core.window import Rate

START = datetime(2026, 1, 1, tzinfo=UTC)
SEEDS = 10
NEVER = Rate(over=100.0)
SLOW_HEAD = """\
### Slowness

By default: health is degraded while more than half was slow, until a quarter is."""

POLICIES: Mapping[str, Policy] = {
    "the first failure": Policy(fail_max=1, failure_rate=NEVER),
    "3 in a row": Policy(failure_rate=NEVER),
    "... or > 50 %": Policy(failure_rate=Rate(over=50.0)),
    "... or > 40 % (default)": Policy(),
    "... or > 40 % of at least 10": Policy(failure_rate=Rate(at_least=10)),
    "... or > 25 %": Policy(failure_rate=Rate(over=25.0)),
}


@dataclass
class Run:
    """One scenario, once: when the breaker tripped, was closed again, and when health changed."""

    trips: list[float] = field(default_factory=list)
    resets: list[float] = field(default_factory=list)
    healths: list[tuple[float, Health]] = field(default_factory=list)

    def note(self, moves: tuple[Moved, ...], t: float) -> None:
        """Remember when something moved."""
        self.trips += [t for moved in moves if moved.move is Move.TRIP]
        self.resets += [t for moved in moves if moved.move is Move.RESET]


def play(scenario: Scenario, policy: Policy, seed: int) -> Run:
    """Probe through a scenario, as the engine does."""
    dice = Dice(f"{scenario.name}/{seed}")
    endpoint = Endpoint("e", Request("https://e.example/"), policy=policy, every=scenario.every)
    phase, run = dice() * scenario.every, Run()
    gate = PybreakerGate(policy, None, _at(0.0), uniform=dice.uniform)
    standing, t = Standing("e"), phase
    while t < scenario.lasts:
        now = _at(t)
        admission = gate.admit(now)
        run.note(admission.moves, t)
        undecided = False
        if admission.permit is not None:
            outcome = _outcome(scenario, dice, t, now)
            run.note(gate.record(admission.permit, outcome, now), t)
            before, standing = standing, advance(standing, outcome, gate.snapshot(now), endpoint)
            undecided = is_undecided(before, standing)
            if standing.health is not before.health:
                run.healths.append((t, standing.health))
        sooner = sooner_than_grid(gate.snapshot(now), policy, scenario.every, undecided=undecided)
        t = next_on_grid(t, scenario.every, phase) if sooner is None else t + sooner
    return run


def _at(t: float) -> Instant:
    return Instant(START + timedelta(seconds=t), t)


def _outcome(scenario: Scenario, dice: Dice, t: float, now: Instant) -> Outcome:
    category, hint = scenario.reply(t, dice)
    return Outcome(
        "e", now.wall, now.wall, category, EFFECTS[category], detail=category, retry_after=hint
    )


# ---------------------------------------------------------------- what came of it


@dataclass(frozen=True, slots=True)
class Cell:
    """A scenario under a policy: what ten runs came to. Times are in seconds."""

    opened: tuple[float, ...]
    """From the begin of the outage to the trip, of the runs that found it."""
    closed: tuple[float, ...]
    """From its end to the reset."""
    false: int
    """Trips outside of it, of all runs together."""
    calm: float
    """Seconds outside of it, of all runs together."""
    missed: int
    """Runs that did not find it."""


def cell(name: str, policy: Policy, seeds: int = SEEDS) -> Cell:
    """Try a policy on a scenario."""
    opened: list[float] = []
    closed: list[float] = []
    false, calm, missed = 0, 0.0, 0
    for seed in range(seeds):
        scenario = next(one for one in scenarios() if one.name == name)
        run = play(scenario, policy, seed)
        begin, end = scenario.outage or (scenario.lasts, scenario.lasts)
        during = [t for t in run.trips if begin <= t < end]
        false += len(run.trips) - len(during)
        calm += scenario.lasts - (end - begin)
        if scenario.outage is None:
            continue
        if not during:
            missed += 1
            continue
        opened.append(during[0] - begin)
        after = [t for t in run.resets if t >= end]
        reopened = [t for t in run.resets if begin <= t < end and t > during[-1]]
        closed.append(after[0] - end if after and not reopened else 0.0)
    return Cell(tuple(opened), tuple(closed), false, calm, missed)


@dataclass(frozen=True, slots=True)
class Slowness:
    """How often, and when, an endpoint was shown as degraded. Times are in seconds."""

    began: tuple[float, ...]
    ended: tuple[float, ...]
    changes: int


def slowness(name: str, policy: Policy, seeds: int = SEEDS) -> Slowness:
    """Try a policy on answers that are slow."""
    began: list[float] = []
    ended: list[float] = []
    changes = 0
    for seed in range(seeds):
        scenario = next(one for one in slownesses() if one.name == name)
        run = play(scenario, policy, seed)
        begin, end = scenario.outage or (0.0, 0.0)
        degraded = [t for t, health in run.healths if health is Health.DEGRADED]
        if degraded:
            well = [t for t, health in run.healths if health is Health.OPERATIONAL and t >= end]
            began.append(degraded[0] - begin)
            ended += [t - end for t in well[:1]]
            changes += len(degraded)
    return Slowness(tuple(began), tuple(ended), changes)


def tables() -> str:
    """Return all tables."""
    cells = {
        scenario.name: {name: cell(scenario.name, policy) for name, policy in POLICIES.items()}
        for scenario in scenarios()
    }
    outages = [one.name for one in scenarios() if one.outage is not None]
    calm = [one.name for one in scenarios() if one.outage is None]
    during = {name: cells[name] for name in outages}
    parts = (
        "### Time to open\n\nFrom the begin of the outage: median, and the worst of ten.",
        _table(during, time_to_open),
        "### Opened without an outage\n\nTimes in a day, in which nobody would want it open.",
        _table({name: cells[name] for name in calm}, false_opens),
        "### Time to close\n\nFrom the end of the outage: median, and the worst of ten.",
        _table(during, time_to_close),
        SLOW_HEAD,
        _slow_table(),
    )
    return "\n\n".join(parts)


def _slow_table() -> str:
    lines = ["| | degraded after | well again after | times in the hour |", "|---|---|---|---|"]
    for scenario in slownesses():
        found = slowness(scenario.name, Policy())
        began = _times(found.began) if found.began else "never"
        ended = _times(found.ended) if found.ended else "-"
        lines.append(f"| {scenario.name} | {began} | {ended} | {found.changes / SEEDS:.1f} |")
    return "\n".join(lines)


def time_to_open(one: Cell) -> str:
    """Say how long it took to open, or that it did not."""
    if one.missed == SEEDS:
        return "never"
    found = _times(one.opened)
    return f"{found}, {one.missed} of {SEEDS} never" if one.missed else found


def time_to_close(one: Cell) -> str:
    """Say how long it took to close."""
    return _times(one.closed) if one.closed else "-"


def false_opens(one: Cell) -> str:
    """Say how often it opened without an outage."""
    daily = one.false / one.calm * DAY
    return f"{daily:.1f}" if daily else "0"


def _times(seconds: tuple[float, ...]) -> str:
    return f"{_lasting(statistics.median(seconds))} / {_lasting(max(seconds))}"


def _lasting(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"  # noqa: PLR2004  people


def _table(cells: Mapping[str, Mapping[str, Cell]], show: Callable[[Cell], str]) -> str:
    def lines() -> Iterator[str]:
        yield f"| | {' | '.join(POLICIES)} |"
        yield "|---" * (len(POLICIES) + 1) + "|"
        for name, row in cells.items():
            yield f"| {name} | {' | '.join(show(row[policy]) for policy in POLICIES)} |"

    return "\n".join(lines())


def written(document: str) -> str:
    """Return a document with the tables between its two marks brought up to date."""
    head, begin, rest = document.partition("<!-- policies -->\n")
    _, end, tail = rest.partition("<!-- /policies -->")
    return f"{head}{begin}{tables()}\n{end}{tail}"


if __name__ == "__main__":
    if sys.argv[1:]:
        file = Path(sys.argv[1])
        file.write_text(written(file.read_text(encoding="utf-8")), encoding="utf-8")
    else:
        print(tables())
