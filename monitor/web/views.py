"""From values to answers: pure, and quick enough for a thousand endpoints."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from monitor.board import Entry
from monitor.core.blame import Blame
from monitor.core.burn import Held
from monitor.core.endpoint import Endpoint
from monitor.core.exchange import Phases
from monitor.core.health import Health, Status, worst
from monitor.core.maintenance import Cover
from monitor.core.outcome import EFFECTS, Category, Effect, Outcome
from monitor.core.signals import Followed
from monitor.core.standing import Standing, health_now
from monitor.core.verdict import Verdict
from monitor.ports import Bucket
from monitor.web.breaker_views import Said, breaker_view, evidence_view
from monitor.web.encoding import stamp, stamp_or_none
from monitor.web.maintenance_views import cover_view
from monitor.web.objective_views import objective_view
from monitor.web.redact import safe_url

View = dict[str, Any]


def verdict_view(verdict: Verdict) -> View:
    """Show a verdict."""
    return {
        "endpoint": verdict.endpoint,
        "allow": verdict.allow,
        "state": verdict.state,
        "mode": verdict.mode,
        "unknown": verdict.unknown,
        "reason": verdict.reason,
        "retry_after": verdict.retry_after,
        "evidence_age": verdict.evidence_age,
        "valid_for": verdict.valid_for,
        "epoch": verdict.epoch,
        "evidence": verdict.evidence,
    }


def endpoint_view(
    entry: Entry,
    verdict: Verdict,
    health: Health,
    cover: Cover | None,
    *,
    availability: float | None,
    now: datetime,
    next_probe_at: datetime | None,
    said: Said = None,
    held: Held | None = None,
) -> View:
    """Show how an endpoint stands; `cover` is the maintenance that it is under.

    `said` is what is reported of real traffic, `held` how its objective is held.
    """
    endpoint, standing = entry.endpoint, entry.standing
    since, reason = since_of(standing, health, cover)
    next_in = None if next_probe_at is None else (next_probe_at - now).total_seconds()
    return {
        "id": endpoint.id,
        "group": endpoint.group,
        "region": endpoint.region,
        "about": endpoint.about,
        "url": safe_url(endpoint.request.url),
        "health": health,
        "since": stamp_or_none(since),
        "reason": reason,
        "maintenance": cover and cover_view(cover, health_now(standing, endpoint, now)),
        "breaker": breaker_view(entry, verdict, next_in, now),
        "evidence": evidence_view(entry, verdict, said),
        "last": None if standing.last is None else _last_view(standing.last),
        "signals": _signals_view(standing.signals),
        "availability": availability,
        "objective": objective_view(held),
        "next_probe_at": stamp_or_none(next_probe_at),
    }


def since_of(
    standing: Standing, health: Health, cover: Cover | None = None
) -> tuple[datetime | None, str]:
    """Say since when and why; what has grown old is unknown since the last evidence.

    In maintenance the reason is that of what it would look like otherwise.
    """
    if cover is not None:
        return cover.since, standing.reason
    if health is standing.health or standing.evidence_at is None:
        return standing.since, standing.reason
    return standing.evidence_at, f"no evidence since {stamp(standing.evidence_at)}"


def _last_view(last: Outcome) -> View:
    return {
        "at": stamp(last.at),
        "category": last.category,
        "status": last.status,
        "fault": last.fault,
        "phase": last.phase,
        "latency": last.latency,
        "phases": _phases_view(last.phases),
        "steps": [{"name": step.name, "seconds": step.seconds} for step in last.steps],
        "detail": last.detail,
    }


def _signals_view(signals: Followed) -> View | None:
    if not signals.source:
        return None
    return {
        "release": signals.release.current.value or None,
        "started": signals.started.current.value or None,
        "services": [
            {"name": one.name, "said": one.said, "well": one.well} for one in signals.services
        ],
    }


def _phases_view(phases: Phases) -> View:
    return {
        "resolve": phases.resolve,
        "connect": phases.connect,
        "tls": phases.tls,
        "first_byte": phases.first_byte,
        "transfer": phases.transfer,
    }


def status_view(
    status: Status,
    since: datetime,
    healths: Sequence[tuple[Endpoint, Health]],
    incidents: Sequence[View],
    answer: tuple[Blame | None, str],
    *,
    maintenance: Sequence[View],
    orders: Sequence[View],
    location: str,
    version: str,
) -> View:
    """Show everything together; `answer` is whose fault it is, as a word and a sentence.

    `maintenance` are the windows that are active, `orders` what somebody ordered.
    """
    counted = Counter(health for _, health in healths)
    return {
        "status": status,
        "since": stamp(since),
        "counts": {health: counted[health] for health in Health},
        "blame": answer[0],
        "sentence": answer[1],
        "groups": _folded((endpoint.group, health) for endpoint, health in healths),
        "regions": _folded((one.region, health) for one, health in healths if one.region),
        "incidents": incidents,
        "maintenance": maintenance,
        "orders": orders,
        "endpoints": counted.total(),
        "location": location,
        "version": version,
    }


def _folded(healths: Iterable[tuple[str, Health]]) -> dict[str, Health]:
    """Fold the healths of what bears one name."""
    named: dict[str, set[Health]] = {}
    for name, health in healths:
        named.setdefault(name, set()).add(health)
    return {name: worst(found) for name, found in named.items()}


def history_view(
    endpoint: str, buckets: Sequence[Bucket], *, start: datetime, end: datetime, step: float
) -> View:
    """Show the history of an endpoint."""
    return {
        "endpoint": endpoint,
        "from": stamp(start),
        "to": stamp(end),
        "step": step,
        "availability": availability_of(buckets),
        "buckets": [
            {
                "start": stamp(bucket.start),
                "counts": dict(bucket.counts),
                "availability": bucket.availability,
                "latency": {"p50": bucket.p50, "p95": bucket.p95, "p99": bucket.p99},
            }
            for bucket in buckets
        ],
    }


_DECIDING = frozenset(c for c in Category if EFFECTS[c] is not Effect.NEUTRAL)


def availability_of(buckets: Iterable[Bucket]) -> float | None:
    """Fold the availability of buckets, each weighed by its outcomes that say something."""
    good = weight = 0.0
    for bucket in buckets:
        if bucket.availability is None:
            continue
        decided = sum(bucket.counts.get(category, 0) for category in _DECIDING)
        good += bucket.availability * decided
        weight += decided
    return round(good / weight, 6) if weight else None
