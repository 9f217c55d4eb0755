"""Values for the tests of what reads the board: endpoints, outcomes, and news of them."""

from datetime import datetime, timedelta

from monitor.core.blame import Blame
from monitor.core.breaker import Move, Moved, Sample, Snapshot, State
from monitor.core.endpoint import Endpoint, Request
from monitor.core.exchange import Fault, Phase, Phases
from monitor.core.grounds import Grounds, Rule
from monitor.core.health import Health
from monitor.core.incident import Incident, Severity
from monitor.core.outcome import EFFECTS, Category, Outcome
from monitor.core.standing import Standing
from monitor.ports import News
from tests.clock import START

PHASES = Phases(resolve=0.01, connect=0.02, tls=0.03, first_byte=0.04, transfer=0.05)
SAMPLE = Sample(START, "server_error", 503, "HTTP 503: no healthy upstream")


def endpoint(name: str = "chat", url: str = "https://example.test/v1?page=1") -> Endpoint:
    return Endpoint(name, Request(url, timeout=5.0), every=60.0, group="platform")


def outcome(
    name: str = "chat",
    category: Category = Category.OK,
    *,
    at: datetime = START,
    status: int | None = 200,
    detail: str = "",
    latency: float | None = 0.15,
    certificate_expiry: float | None = None,
) -> Outcome:
    unreachable = category is Category.UNREACHABLE
    return Outcome(
        endpoint=name,
        due=at,
        at=at,
        category=category,
        effect=EFFECTS[category],
        status=None if unreachable else status,
        fault=Fault.TIMEOUT if unreachable else None,
        phase=Phase.FIRST_BYTE if unreachable else None,
        detail=detail,
        latency=latency,
        phases=PHASES,
        certificate_expiry=certificate_expiry,
    )


def healthy(name: str = "chat", *, at: datetime = START) -> News:
    last = outcome(name, at=at)
    standing = Standing(
        name, Snapshot(), Health.OPERATIONAL, at, "", last, last_good_at=at, evidence_at=at
    )
    return News(endpoint(name), standing, last)


def tripped(name: str = "chat", *, at: datetime = START, open_for: float = 10.0) -> News:
    last = outcome(name, Category.SERVER_ERROR, at=at, status=503, detail=SAMPLE.detail)
    breaker = Snapshot(
        state=State.OPEN,
        trips=1,
        epoch=7,
        reason="3 consecutive failures",
        opened_at=at,
        open_for=open_for,
        retry_after=open_for,
        taken_at=at,
        samples=(SAMPLE,),
        grounds=Grounds(Rule.FAILURES, 3, threshold=3),
    )
    standing = Standing(
        name, breaker, Health.DOWN, at, SAMPLE.detail, last, streak=3, evidence_at=at
    )
    move = Moved(Move.TRIP, State.CLOSED, State.OPEN, 7, at, breaker.reason, (SAMPLE,), open_for)
    opened = incident(f"i-{name}", name, opened_at=at)
    return News(endpoint(name), standing, last, (move,), (opened,))


def incident(
    incident_id: str = "i-chat",
    name: str = "chat",
    *,
    opened_at: datetime = START,
    closed_after: float | None = None,
) -> Incident:
    closed = None if closed_after is None else opened_at + timedelta(seconds=closed_after)
    return Incident(
        id=incident_id,
        key=name,
        endpoint=name,
        location="default",
        group="platform",
        opened_at=opened_at,
        revision=1 if closed is None else 2,
        severity=Severity.CRITICAL,
        health=Health.DOWN,
        category=Category.SERVER_ERROR,
        reason="3 consecutive failures",
        http_status=503,
        closed_at=closed,
        closed_because="" if closed is None else "answers as expected",
        last_good_at=opened_at - timedelta(seconds=60),
        trips=1,
        samples=(SAMPLE,),
        blame=Blame.OMILIA,
        sentence="It is Omilia: it answers 503.",
    )
