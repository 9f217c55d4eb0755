"""How things stand now, as metric families: read from the board when somebody scrapes."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from prometheus_client.core import GaugeMetricFamily, Metric

from monitor.adapters.metrics.tally import Tally
from monitor.board import Entry
from monitor.core.breaker import State
from monitor.core.exchange import Phases
from monitor.core.order import Mode
from monitor.core.outcome import Category, Effect
from monitor.core.verdict import verdict_of


def present(
    entries: Sequence[Entry], tallies: Mapping[str, Tally], now: datetime
) -> Iterator[Metric]:
    """Yield one family after another. Entries are frozen, so that any thread may do this."""
    yield from _breakers(entries, now)
    yield from _probes(entries, tallies)


def _breakers(entries: Sequence[Entry], now: datetime) -> Iterator[Metric]:
    """Yield what the breakers and verdicts are."""
    state = GaugeMetricFamily(
        "omilia_monitor_circuit_state",
        "1 for the state that the endpoint's breaker is in, 0 for the others.",
        labels=("endpoint", "state"),
    )
    allow = GaugeMetricFamily(
        "omilia_monitor_verdict_allow",
        "Whether services may call the endpoint.",
        labels=("endpoint",),
    )
    mode = GaugeMetricFamily(
        "omilia_monitor_verdict_mode",
        "1 for the mode that the endpoint's verdict is in, 0 for the others.",
        labels=("endpoint", "mode"),
    )
    age = GaugeMetricFamily(
        "omilia_monitor_evidence_age_seconds",
        "Time since an outcome last said something about Omilia.",
        labels=("endpoint",),
    )
    for entry in entries:
        verdict = verdict_of(entry.standing, entry.endpoint, now=now, next_in=None)
        label = (verdict.endpoint,)
        for each in State:
            state.add_metric((verdict.endpoint, each), float(each is verdict.state))
        allow.add_metric(label, float(verdict.allow))
        for one in Mode:
            mode.add_metric((verdict.endpoint, one), float(one is verdict.mode))
        if verdict.evidence_age is not None:
            age.add_metric(label, verdict.evidence_age)
    yield from (state, allow, mode, age)


def _probes(entries: Sequence[Entry], tallies: Mapping[str, Tally]) -> Iterator[Metric]:
    """Yield what the last probe saw, under blackbox_exporter's names.

    An endpoint whose last probe was not sent, because what it needs is down, has none of these.
    """
    success = GaugeMetricFamily(
        "probe_success", "Whether the last probe succeeded.", labels=("endpoint",)
    )
    duration = GaugeMetricFamily(
        "probe_duration_seconds", "How long the last probe took.", labels=("endpoint",)
    )
    status = GaugeMetricFamily(
        "probe_http_status_code", "HTTP status of the last probe, 0 without.", labels=("endpoint",)
    )
    phases = GaugeMetricFamily(
        "probe_http_duration_seconds",
        "How long each phase of the last probe took, 0 when it did not happen.",
        labels=("endpoint", "phase"),
    )
    expiry = GaugeMetricFamily(
        "probe_ssl_earliest_cert_expiry",
        "Earliest expiry of the certificates last seen, in Unix time.",
        labels=("endpoint",),
    )
    for entry in entries:
        label = (entry.endpoint.id,)
        tally, last = tallies.get(entry.endpoint.id), entry.standing.last
        if tally is not None and tally.certificate_expiry is not None:
            expiry.add_metric(label, tally.certificate_expiry)
        if last is None or last.category is Category.BLOCKED:
            continue
        success.add_metric(label, float(last.effect is Effect.SUCCESS))
        duration.add_metric(label, last.latency or 0.0)
        status.add_metric(label, last.status or 0)
        for phase, seconds in _named(last.phases):
            phases.add_metric((entry.endpoint.id, phase), seconds or 0.0)
    yield from (success, duration, status, phases, expiry)


def _named(phases: Phases) -> tuple[tuple[str, float | None], ...]:
    """Name our phases as blackbox_exporter does: waiting for the first byte is "processing"."""
    return (
        ("resolve", phases.resolve),
        ("connect", phases.connect),
        ("tls", phases.tls),
        ("processing", phases.first_byte),
        ("transfer", phases.transfer),
    )
