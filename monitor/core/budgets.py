"""Whose requests count against which budget, and who has to wait for one."""

from collections.abc import Mapping
from datetime import datetime

from monitor.core.breaker import State
from monitor.core.budget import Allowance, Budget
from monitor.core.cadence import whole_ms
from monitor.core.endpoint import Endpoint
from monitor.core.instant import Instant
from monitor.core.outcome import Effect
from monitor.core.standing import Standing


class Budgets:
    """All budgets, by name. Endpoints without one never wait."""

    def __init__(self, allowances: Mapping[str, Allowance] | None = None) -> None:
        self._budgets: dict[str, Budget] = {}
        self.adopt(allowances or {})

    def adopt(self, allowances: Mapping[str, Allowance]) -> None:
        """Go on under another configuration; what is still there remembers what was sent."""
        before, self._budgets = self._budgets, {}
        for name, allowance in allowances.items():
            budget = self._budgets[name] = before.get(name) or Budget(allowance)
            budget.adopt(allowance)

    def of(self, endpoint: Endpoint) -> Budget | None:
        """Return the budget that an endpoint's requests count against."""
        return None if endpoint.budget is None else self._budgets.get(endpoint.budget)

    def named(self, name: str) -> Budget | None:
        """Return a budget."""
        return self._budgets.get(name)

    def ask(self, endpoint: Endpoint, standing: Standing, now: Instant) -> float | None:
        """Return None when the endpoint may send now, else in how many seconds to come back."""
        budget = self.of(endpoint)
        if budget is None:
            return None
        urgent = is_urgent(standing)
        wait = budget.ask(endpoint.id, now.mono, requests=endpoint.requests, urgent=urgent)
        return whole_ms(wait) if wait else None

    def take_back(self, endpoint: Endpoint) -> None:
        """Undo what was just granted: nothing was sent."""
        budget = self.of(endpoint)
        if budget is not None:
            budget.take_back(endpoint.requests)

    def leave(self, endpoint: Endpoint) -> None:
        """Give up an endpoint's place in line."""
        budget = self.of(endpoint)
        if budget is not None:
            budget.leave(endpoint.id)

    def remember(self, endpoint: Endpoint, sent_at: datetime, now: Instant) -> None:
        """Count the last probe of an endpoint that was sent before a restart."""
        budget = self.of(endpoint)
        if budget is not None:
            ago = (now.wall - sent_at).total_seconds()
            if 0 <= ago < budget.allowance.per:
                budget.remember(now.mono - ago, endpoint.requests)


def is_urgent(standing: Standing) -> bool:
    """Tell whether a probe decides something: a trial, or the confirmation of a failure."""
    last = standing.last
    if standing.breaker.state is not State.CLOSED:
        return True
    return last is not None and last.effect is Effect.FAILURE
