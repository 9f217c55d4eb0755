"""Reports: what services that really call Omilia say came of it, judged by the probes' table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.breaker import Sample
from monitor.core.category import EFFECTS, Category, Effect
from monitor.core.endpoint import Endpoint
from monitor.core.exchange import Reply
from monitor.core.outcome import Expectation, judge

SKEW = timedelta(seconds=5)
"""How far another machine's clock may be ahead."""

_GOOD = frozenset(range(200, 300))
"""What a caller takes for an answer: it knows better than a probe what it asked for."""


@dataclass(frozen=True, slots=True)
class Report:
    """Calls of one endpoint that went alike, about `at`. `latency` is their mean in seconds."""

    endpoint: str
    at: datetime
    count: int = 1
    category: Category | None = None
    status: int | None = None
    latency: float | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A report, judged. `at` is never in the future."""

    at: datetime
    count: int
    category: Category
    effect: Effect
    status: int | None
    latency: float | None

    def sample(self, by: str) -> Sample:
        """Return what is kept of it as evidence."""
        what = self.category if self.status is None else f"HTTP {self.status}"
        return Sample(self.at, self.category, self.status, f"{what}, reported by {by}")


def judged(report: Report, endpoint: Endpoint, now: datetime) -> Judged:
    """Judge a report: 5xx, 429 and silence are about Omilia, other 4xx about the caller."""
    at = min(report.at, now)
    if report.status is None:
        category = report.category or Category.OK
        return Judged(at, report.count, category, EFFECTS[category], None, report.latency)
    hoped = Expectation(status=_GOOD, count=endpoint.expectation.count)
    found = judge(Reply(report.status), hoped, now=now)
    return Judged(at, report.count, found.category, found.effect, report.status, report.latency)


def complaint(report: Report, endpoint: Endpoint | None, now: datetime) -> tuple[str, str] | None:
    """Say which key of a report cannot be used, and why; None when all can."""
    if endpoint is None:
        return "endpoint", f"there is no endpoint {report.endpoint[:64]!r}"
    if report.at > now + SKEW:
        return "at", "it is in the future"
    if (now - report.at).total_seconds() > endpoint.traffic.within:
        return "at", f"it is older than {endpoint.traffic.within:g} s, the window of the endpoint"
    return None


def lower_median(shares: Iterable[float]) -> float:
    """Return the middle of some shares, of two middles the lower: half of them reach it."""
    ordered = sorted(shares)
    return ordered[(len(ordered) - 1) // 2]
