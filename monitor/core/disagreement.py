"""Probes and real traffic that say different things: shown and told, because nobody knows why."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from monitor.core.blame import Blame, Blamed
from monitor.core.breaker import State
from monitor.core.endpoint import Endpoint
from monitor.core.grounds import lasting
from monitor.core.health import Health
from monitor.core.incident import Severity, Trouble
from monitor.core.outcome import Category, Effect
from monitor.core.outlook import failed_share
from monitor.core.standing import Standing
from monitor.core.traffic import Says, Word
from monitor.core.traffic_policy import TrafficPolicy


class Disagreement(StrEnum):
    """Who fails while the other works. Bounded: it is part of the HTTP contract."""

    TRAFFIC_FAILS = "traffic_fails"
    PROBES_FAIL = "probes_fail"


def key_of(endpoint: str) -> str:
    """Name the incident of a disagreement."""
    return f"traffic:{endpoint}"


def begins(word: Word, standing: Standing, turned_at: datetime | None) -> Disagreement | None:
    """Say whether they disagree: a probe came after traffic had turned, and saw the opposite."""
    last = standing.last
    if last is None or turned_at is None or last.at <= turned_at:
        return None
    closed = standing.breaker.state is State.CLOSED
    if word.says is Says.FAILING and closed and last.effect is Effect.SUCCESS:
        return Disagreement.TRAFFIC_FAILS
    if word.says is Says.FINE and not closed and last.effect is Effect.FAILURE:
        return Disagreement.PROBES_FAIL
    return None


def goes_on(known: Disagreement, word: Word, standing: Standing, policy: TrafficPolicy) -> bool:
    """Tell whether they still do: it ends later than it begins, so that it does not flicker."""
    if word.says is Says.TOO_LITTLE or word.share is None:
        return False
    closed = standing.breaker.state is State.CLOSED
    if known is Disagreement.TRAFFIC_FAILS:
        return closed and word.share > policy.over / 2
    return not closed and word.share <= policy.over


_SENTENCES: Mapping[Disagreement, str] = MappingProxyType(
    {
        Disagreement.TRAFFIC_FAILS: "Not clear: our probes succeed, but real calls fail; what is"
        " probed may not be what is called.",
        Disagreement.PROBES_FAIL: "Not clear: our probes fail, but real calls succeed; the probe,"
        " its credential or its way there may be at fault.",
    }
)


def trouble_of(kind: Disagreement, word: Word, standing: Standing, endpoint: Endpoint) -> Trouble:
    """Say what is wrong, with both figures."""
    samples = word.samples if kind is Disagreement.TRAFFIC_FAILS else standing.breaker.samples
    seen = Category(samples[-1].category) if samples else Category.SERVER_ERROR
    return Trouble(
        key=key_of(endpoint.id),
        health=Health.DEGRADED,
        severity=Severity.WARNING,
        category=seen,
        reason=f"probes: {_probes(standing, endpoint)}; traffic: {_traffic(word)}",
        http_status=samples[-1].status if samples else None,
        samples=samples,
        blamed=Blamed(Blame.UNCLEAR, _SENTENCES[kind]),
    )


def _probes(standing: Standing, endpoint: Endpoint) -> str:
    if standing.breaker.state is not State.CLOSED:
        return standing.breaker.reason
    failed = failed_share(standing.breaker, endpoint)
    return f"{failed.hits} of {failed.seen} failed in {lasting(failed.rate.within)}"


def _traffic(word: Word) -> str:
    each = ", ".join(f"{voice.name} {voice.share:.0f} %" for voice in word.voices[:5])
    return f"{word.failed} of {word.calls} calls failed in {lasting(word.within)} ({each})"
