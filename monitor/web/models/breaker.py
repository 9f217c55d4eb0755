"""Shapes of breakers: how they stand, why, and how they moved."""

from datetime import datetime

from monitor.core.breaker import Move, State
from monitor.core.exchange import Fault
from monitor.core.grounds import Rule
from monitor.core.order import Mode
from monitor.core.outcome import Category
from monitor.core.verdict import Weight
from monitor.web.models.model import Model
from monitor.web.models.report import TrafficModel


class SampleModel(Model):
    """One piece of the evidence."""

    at: datetime
    category: Category
    status: int | None
    fault: Fault | None
    """Why there was no answer."""
    detail: str


class GroundsModel(Model):
    """The rule by which a breaker moved, with the numbers in force then."""

    rule: Rule
    count: int
    """What was counted: failures, slow answers, good trials."""
    of: int | None
    """Among how many outcomes; null when the rule is no rate."""
    threshold: float | None
    """Failures or good trials in a row, per cent, or seconds, as the rule has it."""
    within: float | None
    """Seconds that the window reached back."""
    by: str | None
    """Somebody else whose doing it was: another endpoint."""


class CauseModel(GroundsModel):
    """Why a breaker is as it is."""

    samples: list[SampleModel]


class OrderModel(Model):
    """What somebody ordered about a verdict."""

    mode: Mode
    by: str
    """The name of a token, or `configuration`."""
    since: datetime | None
    """Null for the configuration's, which has no memory."""
    until: datetime | None
    """When it ends by itself; null: when somebody ends it."""
    reason: str


class TodayModel(Model):
    """What falls into this day, in UTC."""

    count: int
    seconds: float


class ShadowModel(Model):
    """How often, and for how long in all, nobody would have been allowed to call."""

    open: bool
    """Whether nobody would be allowed to call now."""
    count: int
    """Since the order began."""
    seconds: float
    today: TodayModel
    """The last hundred times count."""
    says: str


class BreakerModel(Model):
    """The breaker of an endpoint."""

    state: State
    mode: Mode
    order: OrderModel | None
    """What somebody ordered; null while the breaker decides."""
    shadow: ShadowModel | None
    """What the breaker would have done while an order lets all calls through; null otherwise."""
    epoch: int
    """Counts the breaker's moves."""
    trips: int
    """How far its open time has grown."""
    reason: str
    opened_at: datetime | None
    retry_after: float | None
    """Seconds until the next trial; null while closed."""
    why: CauseModel | None
    """What the last move but a trial rests on; null before the first."""
    next: str
    """What happens next, and what it takes."""


class ShareModel(Model):
    """What a window holds."""

    count: int
    """Outcomes of the kind that is counted."""
    of: int
    """Among so many."""
    at_least: int
    """With fewer than these nothing is said."""
    over: float
    """Per cent; a larger share is too much."""
    within: float
    """Seconds that the window reaches back."""
    enough: bool


class EvidenceModel(Model):
    """What the windows of a closed breaker hold, as of the last outcome."""

    state: Weight
    failed: ShareModel | None
    """Null while the breaker is not closed: trials decide then."""
    slow: ShareModel | None
    traffic: TrafficModel | None
    """What is reported of real traffic; null when nobody reports any."""


class MoveModel(Model):
    """One move of a breaker."""

    move: Move
    before: State
    after: State
    epoch: int
    at: datetime
    reason: str
    why: GroundsModel | None
    """Null for moves of before 0.2.0."""
    samples: list[SampleModel]
    """The outcomes behind a trip."""
    open_for: float | None
    """Seconds of the open time that began with it."""


class MovesModel(Model):
    """Moves of one endpoint's breaker, the newest first."""

    endpoint: str
    moves: list[MoveModel]
