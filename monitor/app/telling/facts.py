"""What a message says beside how bad it is: on what evidence, what ends it, and what to read."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from alerts.moment import rfc3339
from monitor.board import Entry
from monitor.core.breaker import Sample, State
from monitor.core.endpoint import Endpoint
from monitor.core.expiry import age_key, certificate_key
from monitor.core.grounds import Rule, lasting
from monitor.core.incident import Incident
from monitor.core.network import NETWORK
from monitor.core.outcome import Category
from monitor.core.sight import ROUNDS
from monitor.core.together import is_platform
from monitor.core.traffic import NOTHING_SAID, Says, Word

_KINDS = 8
"""So many of the last samples are named."""


def facts_of(
    incident: Incident,
    entry: Entry | None,
    *,
    next_at: datetime | None,
    word: Word = NOTHING_SAID,
    runbook: str = "",
) -> dict[str, Any]:
    """Return `evidence`, `next`, `next_probe_at` and `runbook` of an incident, as JSON values.

    `entry` is the endpoint that shows it, `next_at` when that is probed next, `word` what real
    traffic says of it. The texts hold at any time: what passes is a moment of its own.
    """
    coming = None if _is_noticed(incident) or not incident.is_open else next_at
    ends = _ends(incident, entry) if incident.is_open else ""
    return {
        "evidence": evidence(incident, word),
        "next": ends,
        "next_probe_at": None if coming is None else rfc3339(coming),
        "runbook": runbook,
    }


def evidence(incident: Incident, word: Word = NOTHING_SAID) -> str:
    """Say how many saw it, in how long, and what each saw; and what real traffic says."""
    return "; ".join(part for part in (_seen(incident), _traffic(word)) if part)


def _seen(incident: Incident) -> str:
    if incident.key == NETWORK:
        missed = incident.inconclusive
        return f"{missed} probe{_s(missed)} said nothing since" if missed else ""
    samples = incident.samples
    if not samples or incident.key.startswith("traffic:"):
        return ""  # its reason has both figures
    span = (samples[-1].at - samples[0].at).total_seconds()
    within = f" in {lasting(max(round(span), 1))}" if len(samples) > 1 else ""
    return f"{len(samples)} {_noun(incident)}{_s(len(samples))}{within}: {_kinds(samples)}"


def _noun(incident: Incident) -> str:
    """Name what the samples are of."""
    if is_platform(incident.key):
        return "endpoint"
    reported = incident.grounds is not None and incident.grounds.rule in (Rule.TRAFFIC, Rule.VETO)
    return "reported failure" if reported else "probe"


def _kinds(samples: tuple[Sample, ...]) -> str:
    """Name what was seen, in order; the same in a row once: `2 x 503, timeout`."""
    runs = ((kind, len(list(run))) for kind, run in groupby(map(_kind, samples[-_KINDS:])))
    return ", ".join(kind if count == 1 else f"{count} x {kind}" for kind, count in runs)


def _kind(sample: Sample) -> str:
    if sample.category == Category.SLOW:
        return sample.detail.partition(",")[0] or "slow"
    if sample.status is None:
        return (sample.fault or sample.category).replace("_", " ")
    return f"{sample.status}{', unexpected' * (sample.category == Category.UNEXPECTED)}"


def _traffic(word: Word) -> str:
    """Say what services report of their own calls; nothing when too few do."""
    if word.says is Says.TOO_LITTLE:
        return ""
    counted = f"{word.failed} of {word.calls} calls failed in {lasting(word.within)}"
    return f"real traffic: {counted}, as {word.names} report{_s(3 - len(word.voices))}"


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _is_noticed(incident: Incident) -> bool:
    """Tell whether nobody's next probe ends it."""
    return incident.notice or incident.key == NETWORK or is_platform(incident.key)


_NOTICED = {
    NETWORK: f"It ends when enough witnesses answer, {ROUNDS} rounds in a row.",
    certificate_key("").rstrip(":"): "It ends when a probe sees a new certificate.",
    age_key("").rstrip(":"): "It ends when the configuration says when a new one ends.",
    "traffic": "It ends when probes and real traffic agree.",
    "platform": "It ends when all of them work again.",
}


def _ends(incident: Incident, entry: Entry | None) -> str:
    """Say in one sentence what ends it."""
    said = _NOTICED.get(incident.key.partition(":")[0])
    if said is not None:
        return said
    if entry is None:
        return ""
    if entry.standing.breaker.state is not State.CLOSED:
        good = entry.endpoint.policy.success_threshold
        return "The first good trial ends it." if good == 1 else f"{good} good trials end it."
    if incident.category is Category.SLOW:
        return f"It ends when at most {_calm(entry.endpoint):g} % are slow."
    return "The first good answer ends it."


def _calm(endpoint: Endpoint) -> float:
    return endpoint.policy.slow_rate.over / 2


def runbook_of(own: str, others: Iterable[str]) -> str:
    """Choose what to read: of the endpoint that shows it, else the first that there is."""
    return own or next(filter(None, others), "")
