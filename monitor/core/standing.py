"""How one endpoint stands: everything that is known of it at one moment, in one value."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from monitor.core.breaker import Policy, Snapshot, State
from monitor.core.endpoint import Endpoint
from monitor.core.evidence import also_heard
from monitor.core.grounds import of_share, words
from monitor.core.health import Health, health_of
from monitor.core.order import Mode, Order, in_force
from monitor.core.outcome import Category, Effect, Outcome
from monitor.core.shadow import Shadow
from monitor.core.shadow import follow as shaded
from monitor.core.signals import Followed, follow, is_news
from monitor.core.window import SLOW, share

CONFIRMED = 2
"""Refusals in a row that make an incident: one alone may be a deployment passing by."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an endpoint. Published as a whole, replaced as a whole.

    `since` is when the health became what it is; `streak` how many outcomes in a row had the
    category of `last`; `evidence_at` when we last had an outcome that says something about Omilia
    (a neutral one does not). `turned_at` is when the evidence last turned, from good to bad or
    back, and `turned_from` the last evidence before: what turned, turned between the two. `signals`
    are what it told of the platform itself. `order` was given over the API, `shadow` is what the
    breaker would have done while its verdict is not obeyed.
    """

    endpoint: str
    breaker: Snapshot = field(default_factory=Snapshot)
    health: Health = Health.UNKNOWN
    since: datetime | None = None
    reason: str = "not probed yet"
    last: Outcome | None = None
    streak: int = 0
    last_good_at: datetime | None = None
    evidence_at: datetime | None = None
    turned_at: datetime | None = None
    turned_from: datetime | None = None
    signals: Followed = field(default_factory=Followed)
    order: Order | None = None
    shadow: Shadow | None = None


def advance(before: Standing, outcome: Outcome, breaker: Snapshot, endpoint: Endpoint) -> Standing:
    """Return how the endpoint stands after an outcome that left its breaker like this."""
    last = before.last
    same = last is not None and last.category is outcome.category
    streak = before.streak + 1 if same else 1
    health = health_of(breaker, outcome) or before.health
    good = outcome.effect is Effect.SUCCESS
    turned = outcome.effect is not Effect.NEUTRAL and good is not was_good(before)
    return Standing(
        endpoint=before.endpoint,
        breaker=breaker,
        health=health,
        since=before.since if health is before.health and before.since else outcome.at,
        reason=_reason(outcome, breaker, health, endpoint.policy),
        last=outcome,
        streak=streak,
        last_good_at=outcome.at if good else before.last_good_at,
        evidence_at=before.evidence_at if outcome.effect is Effect.NEUTRAL else outcome.at,
        turned_at=outcome.at if turned else before.turned_at,
        turned_from=before.evidence_at if turned else before.turned_from,
        signals=follow(before.signals, outcome.signals),
        order=before.order,
        shadow=before.shadow,
    )


def was_good(standing: Standing) -> bool | None:
    """Tell what the last evidence said; None when there was none."""
    if standing.evidence_at is None:
        return None
    return standing.evidence_at == standing.last_good_at


def is_over(standing: Standing) -> bool:
    """Tell whether the last outcome proves that all is well: only a success does."""
    return (
        standing.breaker.state is State.CLOSED
        and standing.last is not None
        and standing.last.effect is Effect.SUCCESS
    )


def is_in_trouble(standing: Standing) -> bool:
    """Tell whether the last outcome shows trouble: what was not asked shows nothing."""
    last = standing.last
    return (
        last is not None
        and last.effect is not Effect.SUCCESS
        and last.category is not Category.BLOCKED
        and not last.is_inconclusive
    )


def moved(before: Standing, breaker: Snapshot) -> Standing:
    """Return how the endpoint stands after its breaker moved without an outcome."""
    return replace(before, breaker=breaker)


def shadowed(standing: Standing, endpoint: Endpoint, now: datetime) -> Standing:
    """Return a standing whose shadow knows how the breaker is; the same when nothing changed."""
    if standing.order is not None and not standing.order.holds(now):
        return standing  # whoever ends the order still has to say what would have been
    order = in_force(standing.order, endpoint.order, now)
    is_open = standing.breaker.state is not State.CLOSED
    shadow = shaded(standing.shadow, order, now, is_open=is_open)
    return standing if shadow is standing.shadow else replace(standing, shadow=shadow)


def order_over(key: str, standing: Standing, endpoint: Endpoint, now: datetime) -> Order | None:
    """Return the order that the incident of a key tells of: only an endpoint's own does."""
    order = in_force(standing.order, endpoint.order, now)
    return order if key == endpoint.id and order.mode is not Mode.AUTO else None


def held(before: Standing, breaker: Snapshot, now: datetime) -> Standing:
    """Return how the endpoint stands after somebody else was told to wait, and it with them."""
    if not breaker.throttled:
        return moved(before, breaker)
    return _looks(before, breaker, Health.THROTTLED, now)


def tripped(before: Standing, breaker: Snapshot, now: datetime) -> Standing:
    """Return how the endpoint stands after its breaker opened on what others have seen."""
    return _looks(before, breaker, Health.DOWN, now)


def _looks(before: Standing, breaker: Snapshot, health: Health, now: datetime) -> Standing:
    same = health is before.health and before.since is not None
    since = before.since if same else now
    return replace(before, breaker=breaker, health=health, since=since, reason=breaker.reason)


def caught_up(stored: Standing, newest: Outcome) -> Standing:
    """Return a stored standing brought up to date with an outcome that came after it.

    Only calm outcomes are not stored with a standing (see `worth_keeping`), so that the health and
    the state of the breaker stay what they were; what grows old is what we last saw.
    """
    if stored.last is not None and newest.due <= stored.last.due:
        return stored
    good = newest.effect is Effect.SUCCESS
    return replace(
        stored,
        breaker=also_heard(stored.breaker, newest) if good else stored.breaker,
        last=newest,
        streak=stored.streak + 1,
        last_good_at=newest.at if good else stored.last_good_at,
        evidence_at=stored.evidence_at if newest.effect is Effect.NEUTRAL else newest.at,
    )


def worth_keeping(before: Standing, after: Standing) -> bool:
    """Tell whether a restart must know of this outcome.

    It need not when it is one more "ok" after another, or one more probe that was not sent: when
    the token server is down, all that need it are blocked, and nothing of theirs changes.
    """
    if before.last is None or after.last is None or is_news(before.signals, after.signals):
        return True
    calm = after.last.category in (Category.OK, Category.BLOCKED)
    return not (calm and before.last.category is after.last.category)


def is_undecided(before: Standing, after: Standing) -> bool:
    """Tell whether to look again quickly, because the next outcome decides something.

    A failure does, until the breaker trips; so does a good trial. A refusal does when it is the
    first one after something else: once confirmed or not, nobody is hammered who refuses us.
    """
    if after.last is None:
        return False
    if after.last.effect is Effect.FAILURE:
        return True
    if after.last.effect is Effect.SUCCESS:
        return after.breaker.state is State.HALF_OPEN
    return _is_refused(after) and not _is_refused(before)


def is_paused(standing: Standing) -> bool:
    """Tell whether the endpoint's credential is rejected, beyond doubt: it is seldom shown then."""
    last = standing.last
    return (
        last is not None
        and last.category is Category.CREDENTIAL
        and last.effect is Effect.NEUTRAL
        and standing.streak >= CONFIRMED
        and standing.breaker.state is State.CLOSED
    )


def too_slow(breaker: Snapshot, policy: Policy, detail: str) -> str:
    """Say how much is slow, in the window's numbers."""
    counted = share(breaker.recent, policy.slow_rate, SLOW, breaker.taken_mono)
    return words(of_share(counted, SLOW), detail)


def _is_refused(standing: Standing) -> bool:
    last = standing.last
    if last is None or last.category is Category.BLOCKED:
        return False
    return last.effect is Effect.NEUTRAL


def is_stale(standing: Standing, endpoint: Endpoint, now: datetime) -> bool:
    """Tell whether the evidence is too old to be believed.

    Three rounds may go wrong before we say that we do not know. While the breaker is open nobody
    asks before the open time is over, so it counts from there.
    """
    if standing.evidence_at is None:
        return True
    patience = 3 * endpoint.every + endpoint.request.timeout
    if standing.breaker.state is not State.CLOSED:
        patience += standing.breaker.open_for
    return (now - standing.evidence_at).total_seconds() > patience


def health_now(standing: Standing, endpoint: Endpoint, now: datetime) -> Health:
    """Return the health to show at `now`: unknown when what we knew has grown old.

    A blocked or misconfigured endpoint stays so: its evidence is old because we are refused.
    """
    believed = (Health.OPERATIONAL, Health.DEGRADED, Health.THROTTLED, Health.DOWN)
    if standing.health in believed and is_stale(standing, endpoint, now):
        return Health.UNKNOWN
    return standing.health


def _reason(outcome: Outcome, breaker: Snapshot, health: Health, policy: Policy) -> str:
    """Say in one line why the endpoint has this health."""
    if outcome.effect is Effect.SUCCESS:
        if breaker.state is State.OPEN:
            return breaker.reason  # a good outcome can complete the evidence against it
        if breaker.state is State.HALF_OPEN and outcome.category is Category.OK:
            return f"trial {breaker.successes} succeeded"
        return too_slow(breaker, policy, outcome.detail) if breaker.slow else outcome.detail
    if outcome.effect is Effect.FAILURE and breaker.state is State.CLOSED:
        seen = f"{breaker.failures} of {policy.fail_max} failures"
        return f"{outcome.detail} ({seen}, still {health})"
    return outcome.detail
