"""How a budget is, for people: what it grants, what the configuration asks, who waits."""

from collections.abc import Sequence
from dataclasses import dataclass

from monitor.core.budget import Budget
from monitor.core.endpoint import Endpoint
from monitor.core.grounds import figure, lasting

_EACH = {1.0: "a second", 60.0: "a minute", 3600.0: "an hour", 86_400.0: "a day"}


@dataclass(frozen=True, slots=True)
class Report:
    """One budget. `asked` is what the probes ask of it on their grids, in each stretch of `per`.

    `used` was granted in the stretch that ends now, `waiting` probes stand in line, `longest` of
    them for so many seconds, and `delayed` had to since the start.
    """

    name: str
    host: str | None
    credential: str | None
    requests: int
    per: float
    reserve: int
    endpoints: int
    asked: float
    used: int
    waiting: int
    longest: float
    delayed: int


def report(
    name: str,
    budget: Budget,
    members: Sequence[Endpoint],
    now: float,
    *,
    host: str | None,
    credential: str | None,
) -> Report:
    """Report on a budget and the endpoints that count against it."""
    allowance, waiting = budget.allowance, budget.waiting(now)
    return Report(
        name=name,
        host=host,
        credential=credential,
        requests=allowance.requests,
        per=allowance.per,
        reserve=allowance.reserve,
        endpoints=len(members),
        asked=asked(members, allowance.per),
        used=budget.used(now),
        waiting=len(waiting),
        longest=max(waiting, default=0.0),
        delayed=budget.delayed,
    )


def asked(members: Sequence[Endpoint], per: float) -> float:
    """Return how many requests probes send in a stretch of time, when all is well."""
    return sum(one.requests * per / one.every for one in members)


def cost(one: Report) -> str:
    """Say in one line what the configuration asks of a budget."""
    whom = one.host or f"credential {one.credential}"
    share = 100 * one.asked / one.requests
    each = _EACH.get(one.per) or f"in {lasting(one.per)}"
    asks = f"asks {whom} {figure(one.asked)} times {each}"
    said = f"{asks}, {figure(share)} % of the budget of {one.requests}"
    usual = one.requests - one.reserve
    if one.asked > usual:
        said += f"; more than the {usual} that are not kept for trials: probes will wait in line"
    return said
