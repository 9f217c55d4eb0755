"""Why a breaker moved, in numbers: the rule, what was counted, and the threshold in force then."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from monitor.core.window import FAILED, Share

_MANY = 999.5
"""From here on three digits are too few for what stands before the point."""


class Rule(StrEnum):
    """What can move a breaker, or stand behind a notice. Bounded: part of the HTTP contract."""

    FAILURES = "failures_in_a_row"
    FAILURE_RATE = "failure_rate"
    SLOW_RATE = "slow_rate"
    THROTTLED = "throttled"
    TRIAL_FAILED = "trial_failed"
    UNDECIDED = "undecided"
    OPEN_TIME_OVER = "open_time_over"
    GOOD_TRIALS = "good_trials"
    TRAFFIC = "traffic"
    VETO = "veto"
    BURN_RATE = "burn_rate"


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a move rests on.

    `count` is what was counted, `of` among how many outcomes (rates only) and `within` over how
    many seconds. `threshold` is the number in force: failures in a row, per cent, seconds, good
    trials, times too fast. `by` names somebody else whose doing it was: another endpoint, a person.
    """

    rule: Rule
    count: int = 0
    of: int | None = None
    threshold: float | None = None
    within: float | None = None
    by: str = ""


def of_share(share: Share, mark: str) -> Grounds:
    """Return the grounds that a window gives."""
    rule = Rule.FAILURE_RATE if mark == FAILED else Rule.SLOW_RATE
    rate = share.rate
    return Grounds(rule, share.hits, share.seen, rate.over, rate.within)


def words(grounds: Grounds, detail: str) -> str:
    """Say it in one line; `detail` is what was seen last."""
    return _SAYINGS[grounds.rule](grounds, detail)


def _rate(grounds: Grounds, detail: str) -> str:
    kind = "failed" if grounds.rule is Rule.FAILURE_RATE else "slow"
    span = lasting(grounds.within or 0.0)
    counted = f"{grounds.count} of {grounds.of} {kind} in {span} (over {grounds.threshold:g} %)"
    return f"{counted}, the last: {detail}" if detail else counted


def _traffic(grounds: Grounds, detail: str) -> str:
    said = f"{_reported(grounds)} (over {grounds.threshold:g} %)"
    return f"{said}, {detail}" if detail else said


def _reported(grounds: Grounds) -> str:
    span = lasting(grounds.within or 0.0)
    return f"{grounds.count} of {grounds.of} calls failed in {span}, as {grounds.by} report"


def _throttled(grounds: Grounds, detail: str) -> str:
    return f"throttled with {grounds.by}: {detail}" if grounds.by else f"throttled: {detail}"


def _good_trials(grounds: Grounds, _: str) -> str:
    return "a trial succeeded" if grounds.count == 1 else f"{grounds.count} trials succeeded"


_SAYINGS: Mapping[Rule, Callable[[Grounds, str], str]] = {
    Rule.FAILURES: lambda g, detail: f"{g.count} failures in a row, the last: {detail}",
    Rule.FAILURE_RATE: _rate,
    Rule.SLOW_RATE: _rate,
    Rule.THROTTLED: _throttled,
    Rule.TRIAL_FAILED: lambda _, detail: f"trial failed: {detail}",
    Rule.UNDECIDED: lambda g, _: f"no trial decided within {about(g.threshold or 0.0)}",
    Rule.OPEN_TIME_OVER: lambda g, _: f"open time of {about(g.threshold or 0.0)} is over",
    Rule.GOOD_TRIALS: _good_trials,
    Rule.TRAFFIC: _traffic,
    Rule.VETO: lambda g, _: f"the trial succeeded, but {_reported(g)}",
    Rule.BURN_RATE: lambda g, detail: (
        f"{g.count} bad times in {lasting(g.within or 0.0)}: {detail}"
    ),
}


def pace(grounds: Grounds | None) -> tuple[float | None, float | None] | None:
    """Return which rule of an objective it is, None for any other: a change of it is news."""
    is_burn = grounds is not None and grounds.rule is Rule.BURN_RATE
    return (grounds.threshold, grounds.within) if grounds is not None and is_burn else None


def lasting(seconds: float) -> str:
    """Write seconds for people: `45 s`, `10 min`, `2 h`."""
    for unit, length in (("h", 3600.0), ("min", 60.0)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:g} s"


def about(seconds: float) -> str:
    """Write seconds for people who need no more of them: `0.392 s`, `63 min`."""
    return f"{seconds:.3g} s" if seconds < _MANY else f"{seconds / 60:.0f} min"


def figure(number: float) -> str:
    """Write a number in three digits, or as many as it has before its point."""
    return f"{number:.3g}" if number < _MANY else f"{number:.0f}"
