"""Breakers as the interface shows them: the state, why it is so, and what happens next."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from monitor.board import Entry
from monitor.core.breaker import Moved, Sample, Snapshot, State
from monitor.core.disagreement import Disagreement
from monitor.core.grounds import Grounds
from monitor.core.order import OVERRIDING, Mode, Order, in_force
from monitor.core.outlook import failed_share, outlook, slow_share
from monitor.core.shadow import NONE_YET, Shadow, today, words
from monitor.core.shadow import in_all as of_all
from monitor.core.traffic import Word
from monitor.core.traffic_policy import TrafficPolicy
from monitor.core.verdict import Verdict
from monitor.core.window import Share
from monitor.web.encoding import stamp, stamp_or_none

View = dict[str, Any]
Said = tuple[Word, Disagreement | None] | None
"""What is reported of real traffic, and where it disagrees with the probes."""


def breaker_view(entry: Entry, verdict: Verdict, next_in: float | None, now: datetime) -> View:
    """Show the breaker of an endpoint. `next_in`: seconds until the next probe."""
    breaker, shadow = entry.standing.breaker, entry.standing.shadow
    order = in_force(entry.standing.order, entry.endpoint.order, now)
    if order.mode in OVERRIDING and shadow is None:
        shadow = NONE_YET
    return {
        "state": breaker.state,
        "mode": verdict.mode,
        "order": None if order.mode is Mode.AUTO else order_view(order),
        "shadow": None if shadow is None else _shadow_view(shadow, now),
        "epoch": breaker.epoch,
        "trips": breaker.trips,
        "reason": breaker.reason,
        "opened_at": stamp_or_none(breaker.opened_at),
        "retry_after": verdict.retry_after,
        "why": None if breaker.grounds is None else _cause_view(breaker, breaker.grounds),
        "next": outlook(breaker, entry.endpoint, next_in),
    }


def order_view(order: Order) -> View:
    """Show what somebody ordered."""
    return {
        "mode": order.mode,
        "by": order.by,
        "since": stamp_or_none(order.since),
        "until": stamp_or_none(order.until),
        "reason": order.reason,
    }


def _shadow_view(shadow: Shadow, now: datetime) -> View:
    """Show what the breaker would have done."""
    in_all, day = of_all(shadow, now), today(shadow, now)
    return {
        "open": shadow.is_open,
        "count": in_all.count,
        "seconds": round(in_all.seconds, 3),
        "today": {"count": day.count, "seconds": round(day.seconds, 3)},
        "says": words(shadow, now),
    }


def _cause_view(breaker: Snapshot, grounds: Grounds) -> View:
    samples = () if breaker.state is State.CLOSED else breaker.samples
    return grounds_view(grounds) | {"samples": samples_view(samples)}


def grounds_view(grounds: Grounds) -> View:
    """Show the rule of a move, with the numbers that were in force."""
    return {
        "rule": grounds.rule,
        "count": grounds.count,
        "of": grounds.of,
        "threshold": grounds.threshold,
        "within": grounds.within,
        "by": grounds.by or None,
    }


def samples_view(samples: Iterable[Sample]) -> list[View]:
    """Show the outcomes that something rests on."""
    return [
        {
            "at": stamp(one.at),
            "category": one.category,
            "status": one.status,
            "fault": one.fault,
            "detail": one.detail,
        }
        for one in samples
    ]


def evidence_view(entry: Entry, verdict: Verdict, said: Said) -> View | None:
    """Show what a closed breaker's windows hold, and what is reported of real traffic.

    About a breaker that is not closed trials decide: None when nobody reports anything, too.
    """
    breaker = entry.standing.breaker
    closed = breaker.state is State.CLOSED
    if not closed and said is None:
        return None
    return {
        "state": verdict.evidence,
        "failed": _share_view(failed_share(breaker, entry.endpoint)) if closed else None,
        "slow": _share_view(slow_share(breaker, entry.endpoint)) if closed else None,
        "traffic": None if said is None else _traffic_view(*said, entry.endpoint.traffic),
    }


def _traffic_view(word: Word, disagreement: Disagreement | None, policy: TrafficPolicy) -> View:
    """Show what is reported of real traffic."""
    return {
        "says": word.says,
        "share": None if word.share is None else round(word.share, 2),
        "calls": word.calls,
        "failed": word.failed,
        "within": policy.within,
        "over": policy.over,
        "quorum": policy.quorum,
        "weight": policy.weight,
        "voices": [
            {
                "token": voice.name,
                "reporters": voice.reporters,
                "calls": voice.calls,
                "failed": voice.failed,
                "share": round(voice.share, 2),
                "latency": None if voice.latency is None else round(voice.latency, 6),
            }
            for voice in word.voices
        ],
        "disagreement": disagreement,
    }


def _share_view(counted: Share) -> View:
    rate = counted.rate
    return {
        "count": counted.hits,
        "of": counted.seen,
        "at_least": rate.at_least,
        "over": rate.over,
        "within": rate.within,
        "enough": counted.is_enough,
    }


def move_view(moved: Moved) -> View:
    """Show a move of a breaker, with everything that it rests on."""
    return {
        "move": moved.move,
        "before": moved.before,
        "after": moved.after,
        "epoch": moved.epoch,
        "at": stamp(moved.at),
        "reason": moved.reason,
        "why": None if moved.grounds is None else grounds_view(moved.grounds),
        "samples": samples_view(moved.samples),
        "open_for": moved.open_for,
    }
