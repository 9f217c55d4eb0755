"""Shapes of objectives: what is hoped for, what is left of the error budget, how fast it burns."""

from datetime import datetime

from monitor.core.incident import Severity
from monitor.web.models.model import Model


class BurnModel(Model):
    """One rule of an objective, and how fast the error budget burns by it."""

    over: float
    """From how many times too fast on it is over, in both windows."""
    long: float
    """Seconds."""
    short: float
    """Seconds."""
    severity: Severity
    rate_long: float | None
    """How many times as fast as allowed; null where nothing could be judged."""
    rate_short: float | None
    failures: int
    """Bad times in the long window, with good ones between them."""
    fires: bool
    """Whether it is over now; an alert of it ends later."""


class ObjectiveModel(Model):
    """An objective, and how it is held."""

    target: float
    """The share of the judged time that shall be good."""
    window: float
    """Seconds over which the error budget is counted."""
    at: datetime
    """As far as the ledger was known."""
    judged: float
    """Seconds of the window that say something."""
    bad: float
    """Seconds of them that were bad."""
    budget: float
    """Seconds that may be."""
    budget_left: float
    """The share of them that is left; negative when more than all is gone."""
    burn: list[BurnModel]
