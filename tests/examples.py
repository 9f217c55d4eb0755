"""Values to begin a test with, so that it says only what it is about."""

from datetime import datetime

from monitor.core.breaker import Policy, Sample, Snapshot, State
from monitor.core.endpoint import Endpoint, Request
from monitor.core.outcome import EFFECTS, Category, Effect, Expectation, Outcome
from monitor.core.standing import Standing, advance
from tests.clock import START

CLOSED = Snapshot()
OPEN = Snapshot(
    state=State.OPEN,
    failures=3,
    trips=1,
    epoch=1,
    reason="3 failures in a row",
    opened_at=START,
    open_for=10.0,
    retry_after=10.0,
    samples=(Sample(START, "server_error", 503, "HTTP 503"),),
)
THROTTLED = Snapshot(
    state=State.OPEN,
    trips=1,
    epoch=1,
    reason="throttled: HTTP 429",
    throttled=True,
    opened_at=START,
    open_for=30.0,
    retry_after=30.0,
    samples=(Sample(START, "throttled", 429, "HTTP 429"),),
)
HALF_OPEN = Snapshot(
    state=State.HALF_OPEN,
    successes=1,
    trips=1,
    epoch=2,
    reason="3 failures in a row",
    opened_at=START,
    open_for=10.0,
    samples=OPEN.samples,
)

_STATUS = {
    Category.OK: 200,
    Category.SLOW: 200,
    Category.UNEXPECTED: 200,
    Category.THROTTLED: 429,
    Category.SERVER_ERROR: 503,
    Category.REQUEST_FAILED: 402,
    Category.CREDENTIAL: 401,
    Category.LICENCE: 403,
    Category.PERMISSION: 403,
    Category.MISCONFIGURED: 404,
}


def an_endpoint(
    name: str = "chat",
    *,
    every: float = 60.0,
    credential: str | None = None,
    policy: Policy | None = None,
    expectation: Expectation | None = None,
    needs: tuple[str, ...] = (),
    critical: bool = True,
) -> Endpoint:
    return Endpoint(
        id=name,
        request=Request(f"https://omilia.example/{name}", credential=credential),
        every=every,
        policy=policy or Policy(),
        expectation=expectation or Expectation(),
        needs=needs,
        critical=critical,
    )


def an_outcome(
    category: Category = Category.OK,
    *,
    endpoint: str = "chat",
    at: datetime = START,
    effect: Effect | None = None,
) -> Outcome:
    """Make an outcome of a category, with the effect and a status that it usually has."""
    status = _STATUS.get(category)
    calm = category is Category.OK
    return Outcome(
        endpoint=endpoint,
        due=at,
        at=at,
        category=category,
        effect=effect or EFFECTS[category],
        status=status,
        detail="" if calm else f"HTTP {status}" if status else str(category),
        latency=0.1,
    )


def a_standing(
    category: Category,
    breaker: Snapshot = CLOSED,
    *,
    streak: int = 1,
    endpoint: Endpoint | None = None,
    at: datetime = START,
) -> Standing:
    """Tell how an endpoint stands after so many outcomes of one category."""
    endpoint = endpoint or an_endpoint()
    standing = Standing(endpoint.id)
    for _ in range(streak):
        outcome = an_outcome(category, endpoint=endpoint.id, at=at)
        standing = advance(standing, outcome, breaker, endpoint)
    return standing
