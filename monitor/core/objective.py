"""An objective of one endpoint, and the rules that say when its error budget burns too fast.

The arithmetic is that of the SRE Workbook ("Alerting on SLOs"): a burn rate of 1 uses the budget up
exactly by the end of its window. Synthetic probes are few, so that one of them is worth much:
`failures_to_fire` says how few it takes, exactly and not in floating point.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import floor

from monitor.core.incident import Severity

WINDOW = 30 * 86_400
"""Seconds over which an error budget is counted, back from now."""


@lru_cache(maxsize=256)
def exact(number: float) -> Fraction:
    """Return a number exactly as it is written: 99.9 is not quite that in floating point."""
    return Fraction(str(number))


@dataclass(frozen=True, slots=True)
class BurnRule:
    """When a budget burns too fast: both windows faster than `over`. Times are in seconds.

    It says nothing before there were `min_failures` bad times in the long window, with good ones
    between them, and as much judged time in it as `min_samples` probes take.
    """

    over: float
    long: float
    short: float
    severity: Severity = Severity.WARNING
    min_failures: int = 3
    min_samples: int = 20


DEFAULT_RULES = (
    BurnRule(6, 6 * 3600, 1800),
    BurnRule(3, 24 * 3600, 2 * 3600),
    BurnRule(1, 72 * 3600, 6 * 3600),
)
"""Tickets for slow erosion. What burns faster than these is an outage, and told as one."""


@dataclass(frozen=True, slots=True)
class Objective:
    """What share of the judged time an endpoint shall be good, in per cent, and how it is held."""

    target: float
    rules: tuple[BurnRule, ...] = DEFAULT_RULES

    @property
    def allowed(self) -> Fraction:
        """The share of the time that may be bad: the error budget, exactly as it is written."""
        return 1 - exact(self.target) / 100

    @property
    def longest(self) -> float:
        """How far back anybody looks, in seconds."""
        return max([WINDOW, *(rule.long for rule in self.rules)])


def burn_of_one(every: float, objective: Objective, rule: BurnRule) -> Fraction:
    """Return how fast one failed probe in the long window burns: it stands for `every` seconds."""
    return exact(every) / exact(rule.long) / objective.allowed


def failures_to_fire(every: float, objective: Objective, rule: BurnRule) -> int:
    """Return how many failed probes in its long window a rule takes: the first that is over it."""
    return floor(exact(rule.over) / burn_of_one(every, objective, rule)) + 1
