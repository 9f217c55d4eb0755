"""An exchange, judged: which category it is, and what the breaker makes of it.

The table is section 5 of the house and Omilia's own "HTTP code responses" page: 5xx, 408, 429 and
silence are about Omilia, other 4xx are about us.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from monitor.core.breaker import Sample
from monitor.core.category import EFFECTS, About, Category, Effect
from monitor.core.detail import explain, mentions_licences, one_line
from monitor.core.exchange import (
    Complaint,
    Exchange,
    Fault,
    NoReply,
    NotSent,
    Phase,
    Phases,
    Reply,
    Step,
)
from monitor.core.retry_after import seconds_until
from monitor.core.signals import Otherwise, Signals

__all__ = [
    "EFFECTS",
    "About",
    "Category",
    "Check",
    "Effect",
    "Expectation",
    "Finding",
    "Outcome",
    "blocked",
    "judge",
    "judged",
]

Check = Callable[[Reply], str | None]
"""An assertion about a reply: None when it holds, else a short complaint for people."""


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a healthy reply looks like.

    `within` is in seconds: a good reply that took longer is slow, not failed. `count` are further
    statuses that count as failures of the breaker (402 is the usual one). When a check fails and
    all of `application` hold, the reply says that an application is at fault and not the platform
    (`stopped`, `not-deployed`); None: no reply ever says so. `signals` reads what a good reply
    tells of the platform itself.
    """

    status: frozenset[int] = frozenset({200, 201, 202, 204})
    within: float | None = None
    checks: tuple[Check, ...] = ()
    count: frozenset[int] = frozenset()
    application: tuple[Check, ...] | None = None
    signals: Callable[[Reply], Signals | None] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """One probe, judged. Immutable; this is what is stored, published and shown.

    `due` is when the probe was to run (its key, with endpoint and location); `at` when it was
    judged. `latency` and `retry_after` are seconds. `detail` is bounded and safe to show.
    `application`: the reply itself says that an application is at fault, not the platform.
    """

    endpoint: str
    due: datetime
    at: datetime
    category: Category
    effect: Effect
    status: int | None = None
    fault: Fault | None = None
    phase: Phase | None = None
    detail: str = ""
    latency: float | None = None
    phases: Phases = field(default_factory=Phases)
    retry_after: float | None = None
    certificate_expiry: float | None = None
    steps: tuple[Step, ...] = ()
    application: bool = False
    signals: Signals | None = None

    @property
    def is_inconclusive(self) -> bool:
        """Whether it would have counted, had we been able to see."""
        return self.effect is Effect.NEUTRAL and EFFECTS[self.category] is not Effect.NEUTRAL

    def sample(self) -> Sample:
        """Return what is kept of it as evidence."""
        return Sample(
            self.at, self.category, self.status, self.detail, self.fault, self.application
        )


@dataclass(frozen=True, slots=True)
class Finding:
    """The judge's words about one exchange."""

    category: Category
    effect: Effect
    detail: str = ""
    retry_after: float | None = None
    application: bool = False
    signals: Signals | None = None


def judged(
    endpoint: str, exchange: Exchange, expectation: Expectation, *, due: datetime, now: datetime
) -> Outcome:
    """Judge an exchange, and keep what is worth keeping of it."""
    if isinstance(exchange, NotSent):
        return blocked(endpoint, exchange.by, due, now, because=exchange.detail)
    finding = judge(exchange, expectation, now=now)
    detail = finding.detail
    if exchange.steps and detail:
        detail = one_line(f"{exchange.steps[-1].name}: {detail}")
    reply = exchange if isinstance(exchange, Reply) else None
    silence = exchange if isinstance(exchange, NoReply) else None
    return Outcome(
        endpoint=endpoint,
        due=due,
        at=now,
        category=finding.category,
        effect=finding.effect,
        status=reply.status if reply else None,
        fault=silence.fault if silence else None,
        phase=silence.phase if silence else None,
        detail=detail,
        latency=exchange.latency,
        phases=exchange.phases,
        retry_after=finding.retry_after,
        certificate_expiry=reply.certificate_expiry if reply else None,
        steps=exchange.steps,
        application=finding.application,
        signals=finding.signals,
    )


def blocked(
    endpoint: str, blocker: str, due: datetime, now: datetime, *, because: str = ""
) -> Outcome:
    """Return the outcome of a probe that was not sent, because what it needs is down."""
    why = f"blocked by {blocker}"
    return Outcome(
        endpoint=endpoint,
        due=due,
        at=now,
        category=Category.BLOCKED,
        effect=Effect.NEUTRAL,
        detail=one_line(f"{why}: {because}") if because else why,
    )


def judge(exchange: Reply | NoReply, expectation: Expectation, *, now: datetime) -> Finding:
    """Judge an exchange by its HTTP status; the body only adds detail.

    `now` is needed for a Retry-After that is a date (RFC 9110, 10.2.3).
    """
    if isinstance(exchange, NoReply):
        detail = one_line(exchange.detail)
        return Finding(Category.UNREACHABLE, Effect.FAILURE, detail)
    if exchange.complaint is not None:
        return _complained(exchange.complaint)
    if exchange.status in expectation.status:
        return _judge_expected(exchange, expectation)
    retry_after = seconds_until(exchange.headers.get("retry-after"), now=now)
    category = _category_of(exchange, retry_after)
    effect = EFFECTS[category]
    if exchange.status in expectation.count:
        effect = Effect.FAILURE
    return Finding(category, effect, _describe(exchange), retry_after)


def _complained(complaint: Complaint) -> Finding:
    """Take over what a conversation itself found wrong."""
    category, detail = complaint.category, one_line(complaint.detail)
    return Finding(
        category, EFFECTS[category], detail, complaint.retry_after, complaint.application
    )


def _judge_expected(reply: Reply, expectation: Expectation) -> Finding:
    """Judge a reply whose status is one that was hoped for."""
    for check in expectation.checks:
        complaint = check(reply)
        if complaint is not None:
            detail, its_own = one_line(complaint), _says_application(reply, expectation)
            return Finding(Category.UNEXPECTED, Effect.FAILURE, detail, application=its_own)
    told = None if expectation.signals is None else expectation.signals(reply)
    if expectation.within is not None and reply.latency > expectation.within:
        took = f"took {reply.latency:.3g} s, more than {expectation.within:g} s"
        return Finding(Category.SLOW, Effect.SUCCESS, took, signals=told)
    if told is None:
        return Finding(Category.OK, Effect.SUCCESS)
    impaired = bool(told.doubt) and told.otherwise is Otherwise.DEGRADED
    category = Category.IMPAIRED if impaired else Category.OK
    return Finding(category, Effect.SUCCESS, told.doubt, signals=told)


def _says_application(reply: Reply, expectation: Expectation) -> bool:
    """Tell whether an unexpected reply speaks of an application that is not well."""
    marks = expectation.application
    return marks is not None and all(mark(reply) is None for mark in marks)


_BY_STATUS: Mapping[int, Category] = MappingProxyType(
    {
        401: Category.CREDENTIAL,
        402: Category.REQUEST_FAILED,
        408: Category.SERVER_ERROR,
        429: Category.THROTTLED,
    }
)


def _category_of(reply: Reply, retry_after: float | None) -> Category:
    """Name the category of a status that was not expected."""
    status = reply.status
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status == 403:  # noqa: PLR2004  the one status whose body decides
        return Category.LICENCE if mentions_licences(reply.body) else Category.PERMISSION
    if status == 503 and retry_after is not None:  # noqa: PLR2004  "503 with Retry-After" of the table
        return Category.THROTTLED
    match status // 100:
        case 2:
            return Category.UNEXPECTED
        case 1 | 3 | 4:
            return Category.MISCONFIGURED
        case _:
            # 5xx, and by RFC 9110 section 15 every status outside 100..599 too.
            return Category.SERVER_ERROR


def _describe(reply: Reply) -> str:
    """Say what came, with what the body explains."""
    location = reply.headers.get("location", "").partition("?")[0]  # a query may carry a secret
    if 300 <= reply.status < 400 and location:  # noqa: PLR2004  a redirect that was not asked for
        return one_line(f"HTTP {reply.status} to {location}")
    said = explain(reply.body)
    return one_line(f"HTTP {reply.status}: {said}") if said else f"HTTP {reply.status}"
