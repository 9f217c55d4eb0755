"""An objective that erodes: which rule is told, and in which words. Pure."""

from datetime import datetime, timedelta

from monitor.core.burn import Burn, Held
from monitor.core.endpoint import Endpoint
from monitor.core.grounds import Grounds, Rule, figure, lasting
from monitor.core.health import Health
from monitor.core.incident import Severity, Trouble
from monitor.core.objective import WINDOW
from monitor.core.outcome import Category

KIND = "burn"
_WORST = (Severity.CRITICAL, Severity.ERROR, Severity.WARNING)
_SOON = timedelta(days=6)
"""Within these the name of a day says which one is meant."""


def key_of(endpoint: str) -> str:
    """Name the incident of an objective that erodes."""
    return f"{KIND}:{endpoint}"


def to_tell(held: Held, told: Grounds | None) -> Burn | None:
    """Return the rule to tell of, None when none is over (any more).

    `told` are the grounds of the alert that stands: its rule stands until it is calm. Of several
    the loudest is told, and of these the fastest.
    """
    standing = [burn for burn in held.burns if burn.fires or (not burn.calm and _is(burn, told))]
    return min(
        standing, key=lambda one: (_WORST.index(one.rule.severity), -one.rule.over), default=None
    )


def _is(burn: Burn, grounds: Grounds | None) -> bool:
    return grounds is not None and (burn.rule.over, burn.rule.long) == (
        grounds.threshold,
        grounds.within,
    )


def trouble_of(endpoint: Endpoint, held: Held, burn: Burn, now: datetime) -> Trouble:
    """Say what is wrong, in the numbers of one rule. Its category is what was wrong the longest."""
    cause = held.causes[held.burns.index(burn)]
    rule = burn.rule
    times = figure(burn.long or 0.0)
    return Trouble(
        key=key_of(endpoint.id),
        health=Health.DEGRADED,
        severity=rule.severity,
        category=Category(cause) if cause in set(Category) else Category.SERVER_ERROR,
        reason=(
            f"its error budget burns {times} times too fast over {lasting(rule.long)}"
            f" (more than {rule.over:g}), in {burn.failures} bad times; {_left(held, burn, now)}"
        ),
        grounds=Grounds(Rule.BURN_RATE, count=burn.failures, threshold=rule.over, within=rule.long),
    )


def over_because(held: Held) -> str:
    """Say why it is over: how fast it burns now."""
    now = next(((one.short, one.rule.short) for one in held.burns if one.short is not None), None)
    if now is None:
        return "no rule is over any more"
    return (
        f"its error budget burns {figure(now[0])} times as fast as allowed over {lasting(now[1])}"
    )


def _left(held: Held, burn: Burn, now: datetime) -> str:
    """Say how much of the budget is gone, and when the rest will be at this pace."""
    days = f"{lasting(held.budget)} of {WINDOW // 86_400} days"
    if held.left <= 0:
        return f"all of the error budget is gone ({days})"
    gone = f"{(1 - held.left) * 100:.0f} % of the error budget is gone ({days})"
    pace = (burn.long or 0.0) * float(held.objective.allowed)
    seconds = held.left * held.budget / pace if pace else WINDOW
    if seconds >= WINDOW:
        return gone
    end = now + timedelta(seconds=seconds)
    when = f"{end:%A %H:%M}" if end - now < _SOON else f"{end:%Y-%m-%d}"
    return f"{gone}; at this pace all of it by {when} UTC"
