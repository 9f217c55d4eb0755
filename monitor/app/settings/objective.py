"""`objective:` and `burn:`: how good an endpoint shall be, and when that erodes too fast."""

from collections.abc import Sequence
from math import ceil, floor
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from alerts.config import spelled
from monitor.app.settings.part import Part, PerCent, Positive
from monitor.core import objective as core
from monitor.core.incident import Severity

Target = Annotated[PerCent, Field(gt=0, lt=100)]


def _within_the_budget(long: float) -> float:
    """Check that a window reaches back no further than the error budget."""
    if long > core.WINDOW:
        raise ValueError(
            f"longer than the error budget's window; write {spelled(core.WINDOW)} or less"
        )
    return long


class BurnRule(Part):
    """When an error budget burns too fast: over both windows, so that what is over ends soon."""

    over: float = Field(gt=0, le=1000)
    """How many times faster than the objective allows; 1 uses all of it up in 30 days."""
    long: Annotated[Positive, AfterValidator(_within_the_budget)]
    """The window that says how much; a ticket's is hours or days."""
    short: Positive
    """The window that says whether it still goes on; less than `long`."""
    severity: Literal["critical", "error", "warning"] = "warning"
    """How loud it is. What needs a person at once is an outage, and told as one."""
    min_failures: int = Field(3, ge=2, le=1000)
    """How many bad times `long` must hold, with good ones between: one outage is no erosion."""
    min_samples: int = Field(20, ge=1, le=100_000)
    """How many probes' worth of judged time `long` must hold."""

    def as_rule(self) -> core.BurnRule:
        """Return it as the core has it."""
        return core.BurnRule(**{**self.model_dump(), "severity": Severity(self.severity)})


DEFAULT_RULES = [
    BurnRule.model_validate(
        {"over": rule.over, "long": spelled(rule.long), "short": spelled(rule.short)}
    )
    for rule in core.DEFAULT_RULES
]


def problem(target: float, rules: Sequence[BurnRule], every: float) -> str | None:
    """Say why an objective cannot be held with these rules, and what would be right; else None."""
    objective = core.Objective(target, tuple(rule.as_rule() for rule in rules))
    for number, rule in enumerate(objective.rules):
        wrong = (
            _times(rule, every)
            or _unreachable(objective, rule)
            or _one_is_enough(objective, rule, every)
        )
        if wrong is not None:
            return f"burn[{number}]: {wrong}"
    return None


def _times(rule: core.BurnRule, every: float) -> str | None:
    if rule.short >= rule.long:
        return "short is not less than long; a twelfth of it is usual"
    if rule.short < every:
        return f"short is less than every ({spelled(every)}); it could hold no probe"
    if rule.min_samples * every > rule.long:
        return (
            f"long holds {rule.long // every:.0f} probes at one every {spelled(every)}, and"
            f" min_samples is {rule.min_samples}; make long {spelled(rule.min_samples * every)}"
            " or longer"
        )
    return None


def _unreachable(objective: core.Objective, rule: core.BurnRule) -> str | None:
    """Say that not even an outage of the whole window would be over it."""
    most = 1 / objective.allowed
    if core.exact(rule.over) < most:
        return None
    return (
        f"with objective {objective.target:g}% nothing burns more than {float(most):.3g} times too"
        f" fast, and over is {rule.over:g}; make over less than that"
    )


def _one_is_enough(objective: core.Objective, rule: core.BurnRule, every: float) -> str | None:
    """Say that a single failed probe would be over it: then it counts failures, and no rate."""
    if core.failures_to_fire(every, objective, rule) > 1:
        return None
    burns = core.burn_of_one(every, objective, rule)
    share, over = burns * objective.allowed, core.exact(rule.over)  # share: of the window
    target = floor((1 - share / over) * 10_000) / 100
    apart = floor(over * objective.allowed * core.exact(rule.long))
    longer = ceil(share / over / objective.allowed * core.exact(rule.long) / 60) * 60
    rights = [
        f"objective: {target:g}% or less" if target > 0 else "",
        f"every: {spelled(apart)} or less" if apart >= 1 else "",
        f"over: {ceil(burns * 10) / 10:g} or more" if burns < 1 / objective.allowed else "",
        f"long: {spelled(longer)} or longer" if longer <= core.WINDOW else "",
    ]
    said = ", or ".join(right for right in rights if right)
    return (
        f"at every: {spelled(every)} and objective: {objective.target:g}% one failed probe in"
        f" {spelled(rule.long)} already burns {float(burns):.3g} times too fast, and over is"
        f" {rule.over:g}; write {said}"
    )
