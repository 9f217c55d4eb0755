"""Raw outcomes and rollups as rows: small integers, and JSON only for what is rare.

A row keeps due and judged times to the millisecond, latencies to the microsecond, a certificate's
expiry to the second; what does not fit into four bytes is cut to what does.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from monitor.core.event import Event, Kind
from monitor.core.exchange import Fault, Phase, Phases, Step
from monitor.core.history import Rollup
from monitor.core.outcome import EFFECTS, Category, Effect, Outcome

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)
_US = timedelta(microseconds=1)
_MOST = 2**31 - 1
_WORDS = {category: category.value for category in Category}  # faster than asking each one
_write = json.JSONEncoder(separators=(",", ":")).encode

Row = dict[str, Any]


def ms(at: datetime) -> int:
    """Return Unix milliseconds, rounded down."""
    return (at - _EPOCH) // _MS


def us(at: datetime) -> int:
    """Return Unix microseconds."""
    return (at - _EPOCH) // _US


def from_ms(value: int) -> datetime:
    """Return the moment, aware UTC."""
    return _EPOCH + value * _MS


def from_us(value: int) -> datetime:
    """Return the moment, aware UTC."""
    return _EPOCH + value * _US


def from_seconds(value: int) -> datetime:
    """Return the moment, aware UTC."""
    return _EPOCH + timedelta(seconds=value)


def _short(seconds: float | None) -> int | None:
    """Return whole microseconds that fit into four bytes."""
    if seconds is None:
        return None
    value = round(seconds * 1e6)
    return value if -_MOST <= value <= _MOST else (_MOST if value > 0 else -_MOST)


def _seconds(value: int | None) -> float | None:
    return None if value is None else value / 1e6


def outcome_row(outcome: Outcome, endpoint_id: int, location_id: int) -> Row:
    """Return an outcome as a row of the table `outcome`."""
    due = outcome.due
    after_ms = (outcome.at - due) // _MS
    phases = outcome.phases
    expiry = outcome.certificate_expiry
    return {
        "endpoint_id": endpoint_id,
        "location_id": location_id,
        "due_ms": (due - _EPOCH) // _MS,
        "after_ms": after_ms if -_MOST <= after_ms <= _MOST else _MOST,
        "category": _WORDS[outcome.category],
        "status": outcome.status,
        "latency_us": _short(outcome.latency),
        "resolve_us": _short(phases.resolve),
        "connect_us": _short(phases.connect),
        "tls_us": _short(phases.tls),
        "first_byte_us": _short(phases.first_byte),
        "transfer_us": _short(phases.transfer),
        "certificate_s": None if expiry is None else int(expiry),
        "more": _more(outcome),
    }


def _more(outcome: Outcome) -> str | None:
    """Return what only some outcomes have."""
    if outcome.category is Category.OK and not outcome.steps:
        return None
    more: dict[str, Any] = {}
    if outcome.effect is not EFFECTS[outcome.category]:
        more["effect"] = outcome.effect
    if outcome.fault is not None:
        more["fault"] = outcome.fault
    if outcome.phase is not None:
        more["phase"] = outcome.phase
    if outcome.detail:
        more["detail"] = outcome.detail
    if outcome.retry_after is not None:
        more["retry_after"] = outcome.retry_after
    if outcome.steps:
        more["steps"] = [[step.name, round(step.seconds, 6)] for step in outcome.steps]
    if outcome.application:
        more["application"] = True
    return _write(more) if more else None


def outcome_of(endpoint: str, row: Mapping[str, Any]) -> Outcome:
    """Return the outcome of a row. Raises ValueError when it is not one of ours."""
    more = json.loads(row["more"]) if row["more"] else {}
    category = Category(row["category"])
    expiry = row["certificate_s"]
    return Outcome(
        endpoint=endpoint,
        due=from_ms(row["due_ms"]),
        at=from_ms(row["due_ms"] + row["after_ms"]),
        category=category,
        effect=Effect(more["effect"]) if "effect" in more else EFFECTS[category],
        status=row["status"],
        fault=Fault(more["fault"]) if "fault" in more else None,
        phase=Phase(more["phase"]) if "phase" in more else None,
        detail=more.get("detail", ""),
        latency=_seconds(row["latency_us"]),
        phases=Phases(
            resolve=_seconds(row["resolve_us"]),
            connect=_seconds(row["connect_us"]),
            tls=_seconds(row["tls_us"]),
            first_byte=_seconds(row["first_byte_us"]),
            transfer=_seconds(row["transfer_us"]),
        ),
        retry_after=more.get("retry_after"),
        certificate_expiry=None if expiry is None else float(expiry),
        steps=tuple(Step(name, seconds) for name, seconds in more.get("steps", ())),
        application=more.get("application", False),
    )


def effect_of(category: str, more: str | None) -> Effect:
    """Return the effect of a raw row, without reading all of it."""
    if more and '"effect"' in more:
        said = json.loads(more).get("effect")
        if said is not None:
            return Effect(said)
    return EFFECTS[Category(category)]


def event_row(event: Event, ids: Mapping[str, int], location_id: int) -> Row:
    """Return an event as a row of the table `event`."""
    data = _write(dict(sorted(event.data.items()))) if event.data else None
    about = _write([event.kind, event.endpoint, event.text, data]).encode()
    return {
        "location_id": location_id,
        "id": f"{us(event.at)}-{blake2b(about, digest_size=8).hexdigest()}",
        "endpoint_id": None if event.endpoint is None else ids[event.endpoint],
        "at_us": us(event.at),
        "kind": event.kind.value,
        "text": event.text,
        "data": data,
    }


def event_of(row: Mapping[str, Any]) -> Event:
    """Return the event of a row with its endpoint's name. Raises ValueError when it is none."""
    data = json.loads(row["data"]) if row["data"] else {}
    return Event(from_us(row["at_us"]), Kind(row["kind"]), row["text"], row["endpoint"], data)


def rollup_row(rollup: Rollup, endpoint_id: int, location_id: int, res: int, bucket: int) -> Row:
    """Return a rollup as a row of the table `rollup`."""
    return {
        "endpoint_id": endpoint_id,
        "location_id": location_id,
        "res": res,
        "bucket": bucket,
        "n": sum(rollup.counts.values()),
        "good": rollup.good,
        "bad": rollup.bad,
        "shortest_us": _short(rollup.shortest),
        "longest_us": _short(rollup.longest),
        "counts": _write(rollup.counts),
        "latencies": _write(rollup.latencies),
    }


ROLLUP_COLUMNS = ("good", "bad", "shortest_us", "longest_us", "counts", "latencies")
"""What `rollup_of` reads, in its order."""


def rollup_of(values: Sequence[Any]) -> Rollup:
    """Return the rollup of a row's ROLLUP_COLUMNS."""
    good, bad, shortest, longest, counts, latencies = values
    return Rollup(
        counts=json.loads(counts),
        good=good,
        bad=bad,
        latencies={int(bin_): n for bin_, n in json.loads(latencies).items()},
        shortest=_seconds(shortest),
        longest=_seconds(longest),
    )
