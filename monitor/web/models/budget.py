"""Shapes of budgets."""

from monitor.web.models.model import Model


class BudgetModel(Model):
    """How many requests some probes may send together, and how far they are from it."""

    name: str
    host: str | None
    """Whose requests it counts: those to this host; null for any."""
    credential: str | None
    """... and with this credential; null for any."""
    requests: int
    """Granted in any stretch of `per`."""
    per: float
    """Seconds."""
    reserve: int
    """Of them kept for trials and for the confirmation of failures."""
    endpoints: int
    """How many count against it."""
    asked: float
    """What their probes ask in each stretch when all is well."""
    share: float
    """Of `requests`, 0 and up: above 1 more is asked than granted."""
    used: int
    """Granted in the stretch that ends now."""
    waiting: int
    """Probes that stand in line now."""
    longest_wait: float
    """Seconds that one of them has waited so far."""
    delayed: int
    """Probes that had to wait, since the start."""


class BudgetsModel(Model):
    """Every budget, in the order of the configuration."""

    budgets: list[BudgetModel]
