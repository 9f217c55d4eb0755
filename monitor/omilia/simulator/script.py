"""A script: which faults begin when, as a YAML list of steps.

    - {at: 5s, do: fail, where: envs-manager, status: 503, for: 10s}
    - {at: 20s, do: throttle, retry_after: 4s, for: 5s, every: 40s}

A step is a fault with `at`, the time since the simulator's start, and perhaps `every`, after which
it comes again (it then needs a `for` that is shorter). Without `for` it stays. Everything about
time in this file is pure: what holds at `t` depends on the script and on `t` alone.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field, TypeAdapter, ValidationError, ValidationInfo, field_validator
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from monitor.omilia.simulator.duration import IN_FILE, Duration
from monitor.omilia.simulator.fault import RESTART_TAKES, Fault, Kind
from monitor.omilia.simulator.problems import problems_of

GRAIN = 6
"""Times of a script are whole microseconds, so that 0.1 s three times is 0.3 s."""


class ScriptError(Exception):
    """A script that cannot be played. `problems` has one line for everything that is wrong."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Step(Fault):
    """A fault with its time. `at` and `every` are in seconds."""

    at: Duration
    every: Duration | None = Field(default=None, gt=0)

    @field_validator("every")
    @classmethod
    def _leaves_room(cls, every: float | None, info: ValidationInfo) -> float | None:
        """Refuse a step that would begin again before it has ended."""
        if every is None or "lasts" not in info.data:
            return every
        default = RESTART_TAKES if info.data.get("do") is Kind.RESTART else None
        lasts = info.data["lasts"] or default
        if lasts is None or lasts >= every:
            raise ValueError("a step that comes again needs a `for` that is shorter than `every`")
        return every


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time that a step is played: from `since` up to, not including, `until` (seconds)."""

    id: str
    fault: Fault
    since: float
    until: float


@dataclass(frozen=True, slots=True)
class Script:
    """The steps, in the order in which they are written."""

    steps: tuple[Step, ...] = ()

    def faults_at(self, t: float) -> tuple[Occurrence, ...]:
        """Return what holds `t` seconds after the start."""
        return tuple(now for now in self._latest(t) if t < now.until)

    def next_change(self, t: float) -> float:
        """Return when, later than `t`, something begins or ends next; infinity for never."""
        ends = [now.until for now in self._latest(t) if now.until > t]
        begins = [_begin(step, _turn(step, t) + 1) for step in self.steps]
        return min((when for when in ends + begins if when > t), default=math.inf)

    def begun(self, after: float, until: float) -> tuple[Occurrence, ...]:
        """Return each step's latest occurrence that began in (after, until], the earliest first."""
        began = [now for now in self._latest(until) if after < now.since]
        return tuple(sorted(began, key=lambda occurrence: occurrence.since))

    def _latest(self, t: float) -> Iterator[Occurrence]:
        """Return each step's latest occurrence at `t`, over or not."""
        for number, step in enumerate(self.steps, start=1):
            turn = _turn(step, t)
            if turn >= 0:
                begin = _begin(step, turn)
                name = f"step-{number}.{turn + 1}" if step.every else f"step-{number}"
                ends_after = step.ends_after
                end = math.inf if ends_after is None else round(begin + ends_after, GRAIN)
                yield Occurrence(name, step, begin, end)


def _turn(step: Step, t: float) -> int:
    """Return how often the step has come again at `t`: 0 for its first time, -1 before it."""
    if t < step.at:
        return -1
    if step.every is None:
        return 0
    turn = math.floor((t - step.at) / step.every)
    # The division may round across a boundary that `_begin` puts on the other side.
    if _begin(step, turn) > t:
        return turn - 1
    return turn + 1 if _begin(step, turn + 1) <= t else turn


def _begin(step: Step, turn: int) -> float:
    """Return when the step's n-th turn begins; infinity when there is no such."""
    if turn == 0:
        return step.at
    return math.inf if step.every is None else round(step.at + turn * step.every, GRAIN)


def _first_words(error: Exception) -> str:
    """Say what is wrong with YAML, and in which line; control characters have none."""
    if isinstance(error, MarkedYAMLError) and error.problem_mark is not None:
        return f"{error.problem} in line {error.problem_mark.line + 1}"
    return str(error).strip().splitlines()[0]


_STEPS = TypeAdapter(list[Step])


def load_script(source: Path | str) -> Script:
    """Read a script from a file, or from YAML text.

    A str is the name of a file when it is one line that ends in .yml or .yaml. Raises ScriptError
    with every problem, OSError when the file cannot be read.
    """
    if isinstance(source, str) and "\n" not in source and source.endswith((".yml", ".yaml")):
        source = Path(source)
    try:
        text = source.read_text(encoding="utf-8") if isinstance(source, Path) else source
        written = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError) as error:
        raise ScriptError([f"not valid YAML: {_first_words(error)}"]) from None
    if not isinstance(written, list) or not written:
        raise ScriptError(["a script is a list of steps, such as `- {at: 5s, do: fail, for: 10s}`"])
    try:
        steps = _STEPS.validate_python(written, context=IN_FILE)
    except ValidationError as error:
        raise ScriptError([str(problem) for problem in problems_of(error)]) from None
    return Script(tuple(steps))
