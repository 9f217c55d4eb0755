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
        "evidence": evidence(incident, word, _in_a_row(incident, entry)),
        "next": ends,
        "next_probe_at": None if coming is None else rfc3339(coming),
        "runbook": runbook,
    }


def evidence(incident: Incident, word: Word = NOTHING_SAID, in_a_row: int = 1) -> str:
    """Say how many saw it, in how long, and what each saw; and what real traffic says.

    Of refusals only the last is kept: there were so many `in_a_row`.
    """
    return "; ".join(part for part in (_seen(incident, in_a_row), _traffic(word)) if part)


def _in_a_row(incident: Incident, entry: Entry | None) -> int:
    last = None if entry is None else entry.standing.last
    if entry is None or last is None or last.category is not incident.category:
        return 1
    return entry.standing.streak


def _seen(incident: Incident, in_a_row: int) -> str:
    """Say what probes saw, or how else it is known."""
    kind = incident.key.partition(":")[0]
    if kind in _KNOWN_BY:
        return _KNOWN_BY[kind].format(endpoint=incident.endpoint)
    if incident.key == NETWORK:
        missed = incident.inconclusive
        return f"{missed} probe{_s(missed)} said nothing since" if missed else ""
    samples = incident.samples
    if not samples:
        return ""
    noun = _noun(incident)
    if len(samples) == 1:
        row = in_a_row if noun == "probe" else 1
        return f"{row} {noun}{_s(row)}{' in a row' * (row > 1)}: {_kinds(samples)}"
    span = round((samples[-1].at - samples[0].at).total_seconds())
    within = f"in {lasting(span)}" if span > 0 else "at once"
    return f"{len(samples)} {noun}s {within}: {_kinds(samples)}"


_KNOWN_BY = {
    "burn": "the time of {endpoint} as the ledger has it, in the reason",
    "certificate": "the probes of {endpoint} saw it",
    "credential-age": "the configuration says when it ends",
    "flapping": "its outages, counted one by one",
    "traffic": "the figures of both, in the reason",
}


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
    "burn": "It ends when it has burned slowly enough for two of the rule's short windows.",
    "traffic": "It ends when probes and real traffic agree.",
    "flapping": "It ends when it has worked for twice as long as it usually does.",
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
