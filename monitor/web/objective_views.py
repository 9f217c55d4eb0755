"""How an objective is held, as the interface shows it."""

from typing import Any

from monitor.core.burn import Held
from monitor.core.marks import moment
from monitor.core.objective import WINDOW
from monitor.web.encoding import stamp

View = dict[str, Any]


def objective_view(held: Held | None) -> View | None:
    """Show an objective, with its error budget and how fast that burns by each rule."""
    if held is None:
        return None
    return {
        "target": float(1 - held.objective.allowed),
        "window": float(WINDOW),
        "at": stamp(moment(held.at)),
        "judged": held.judged,
        "bad": held.bad,
        "budget": round(held.budget, 3),
        "budget_left": round(held.left, 6),
        "burn": [
            {
                "over": one.rule.over,
                "long": one.rule.long,
                "short": one.rule.short,
                "severity": one.rule.severity,
                "rate_long": _rate(one.long),
                "rate_short": _rate(one.short),
                "failures": one.failures,
                "fires": one.fires,
            }
            for one in held.burns
        ],
    }


def _rate(rate: float | None) -> float | None:
    return None if rate is None else round(rate, 4)
