"""Groups: incidents of one cause, told as one alert. Pure: members in, the group's alert out."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alerts.alert import RANK, Alert, Flap, Member, Severity, Status
from alerts.entry import Entry
from alerts.moment import lasted, rfc3339
from alerts.terms import Terms
from alerts.words import counted

PREFIX = "group:"
"""How the keys of these alerts begin."""
MOST_OVER = 50
"""So many members that are over are still named, the last ones first."""
MOST_SHOWN = 16
"""So many members are spelled out in the facts."""
_SHARED = ("group", "location", "category", "blame", "sentence")
_LONGEST = 200
"""Characters of a member's title, and of its sentence."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """Which group something belongs to, and who hears of it on what terms.

    `key` stays the same as long as the route that groups does. `labels` are what all members share.
    """

    key: str
    labels: Mapping[str, str]
    channels: tuple[str, ...] = ()
    terms: Mapping[str, Terms] = field(default_factory=dict)


def key_of(matchers: Iterable[str], labels: Mapping[str, str]) -> str:
    """Name the group of these labels that a route with such matchers makes."""
    route = json.dumps([sorted(matchers), sorted(labels)]).encode()
    values = ",".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return f"{PREFIX}{hashlib.sha256(route).hexdigest()[:8]}:{values}"


def told_in(entries: Iterable[Entry]) -> frozenset[str]:
    """Return the incidents that somebody heard of, or may have, in the group of these entries."""
    told = [entry.told_as for entry in entries]
    tried = [entry.alert for entry in entries if entry.trying_revision is not None]
    return frozenset(one.id for alert in (*told, *tried) if alert for one in alert.members)


def taken_up(entries: Iterable[Entry]) -> list[Alert]:
    """Return how the groups stand of which somebody believes that they go on, after a restart.

    Each is the last that anybody may have been told, under the highest revision that was used: what
    is different from it gets the next one. One that is resolved is over, and only to be told so.
    """
    keys: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.key.startswith(PREFIX):
            keys.setdefault(entry.key, []).append(entry)
    believed = (lanes for lanes in keys.values() if any(entry.heard for entry in lanes))
    return [alert for alert in map(_last, believed) if alert is not None]


def _last(lanes: Sequence[Entry]) -> Alert | None:
    newest = max(entry.incident_id for entry in lanes)
    same = [entry for entry in lanes if entry.incident_id == newest]
    alerts = [entry.alert for entry in same if entry.alert is not None]
    if not alerts:
        return None
    used = max(max(e.told_revision, e.trying_revision or 0) for e in same)
    last = max(alerts, key=lambda alert: alert.revision)
    return replace(last, revision=max(last.revision, used))


def grouped(
    known: Alert | None,
    members: Iterable[Alert],
    grouping: Grouping,
    *,
    told: Collection[str],
    now: datetime,
    number: int = 1,
) -> Alert | None:
    """Return how a group stands, None when there is none.

    `known` is how it stood, while it went on; `told` are the members that somebody heard of in it.
    These stay in it until they are over, whatever holds them; others are in it while nothing does,
    and what was over before anybody heard of it never was. The revision grows with each change of a
    member, and with nothing else. `number` tells groups apart that begin at the same moment.
    """
    parts = list(members)
    firing = [one for one in parts if _goes_on(one) and (one.id in told or not one.held)]
    over = [one for one in parts if not _goes_on(one) and one.id in told]
    if known is None and not firing:
        return None
    firing.sort(key=lambda one: (one.started_at, one.id))
    over = sorted(over, key=_ended, reverse=True)[:MOST_OVER]
    named = tuple(Member(one.id, one.key, one.revision, one.status) for one in firing + over)
    alert = _begun(grouping, firing, now, number) if known is None else known
    changed = alert.members != named
    began = [one.started_at for one in firing + over] + ([alert.started_at] if told else [])
    alert = replace(
        alert,
        revision=alert.revision + changed,
        members=named,
        started_at=min(began, default=alert.started_at),
        updated_at=now if changed else alert.updated_at,
        channels=grouping.channels,
        terms=grouping.terms,
    )
    if not firing:
        return _resolved(alert, over, grouping, now, anew=not changed)
    return _firing(alert, firing, over, grouping)


def _begun(grouping: Grouping, firing: Sequence[Alert], now: datetime, number: int) -> Alert:
    """Return a group that begins. What joins it within the first wait is in the first news."""
    stamp = f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z"
    where = firing[0].facts.get("location") or "default"
    name = hashlib.sha256(grouping.key.encode()).hexdigest()[:12]
    return replace(
        firing[0],
        id=f"{stamp}-{where}-group-{name}-{number}",
        key=grouping.key,
        revision=0,
        flap=Flap.NO,
        released_at=now,
        members=(),
    )


def _firing(
    alert: Alert, firing: Sequence[Alert], over: Sequence[Alert], grouping: Grouping
) -> Alert:
    """Return the alert of a group that goes on; one that is alone in it has the word."""
    untils = [one.acked_until for one in firing if one.acked_until is not None]
    acked = len(untils) == len(firing)
    sources = {one.acked_from for one in firing}
    alert = replace(
        alert,
        status=Status.FIRING,
        flap=Flap.NO,
        severity=_worst(firing),
        ended_at=None,
        held=firing[0].held if all(one.held for one in firing) else "",
        acked_until=min(untils) if acked else None,
        acked_by=", ".join(dict.fromkeys(one.acked_by for one in firing)) if acked else "",
        acked_from=sources.pop() if acked and len(sources) == 1 else "",
    )
    if len(firing) + len(over) == 1:
        return _alone(alert, firing[0], grouping)
    names = counted([one.key for one in firing])
    count, what = len(firing), _what(grouping.labels)
    facts = _facts(firing, [*firing, *over], grouping)
    said = [facts["sentence"], _one_by_one(firing, facts["sentence"])]
    said += [f"{len(over)} {'is' if len(over) == 1 else 'are'} over"] if over else []
    return replace(
        alert,
        title=f"{count} of {what} {_state(firing)}: {names}",
        reason=" ".join(filter(None, said)),
        facts=facts,
    )


def _resolved(
    alert: Alert, over: Sequence[Alert], grouping: Grouping, now: datetime, *, anew: bool
) -> Alert:
    """Return the alert of a group that is over, with how long each of it took."""
    alert = replace(
        alert,
        revision=alert.revision + anew,  # one that ends is told under a revision of its own
        status=Status.RESOLVED,
        ended_at=max(map(_ended, over), default=now),
        held="",
        acked_until=None,
        acked_by="",
        acked_from="",
    )
    if len(over) == 1:
        return _alone(alert, over[0], grouping)
    what = _what(grouping.labels)
    if not over:
        title, reason = (
            f"resolved: {what}",
            "it is no longer told as one; what goes on of it is told by itself",
        )
    else:
        over = sorted(over, key=lambda one: (one.started_at, one.id))
        title = f"resolved: {len(over)} of {what}: {counted([one.key for one in over])}"
        lengths = [
            f"{one.key} for {lasted((_ended(one) - one.started_at).total_seconds())}"
            for one in over
        ]
        reason = f"all are over: {counted(lengths)}"
    return replace(alert, title=title, reason=reason, facts=_facts(over, over, grouping))


def _alone(alert: Alert, only: Alert, grouping: Grouping) -> Alert:
    """Let the only member speak."""
    facts = {**only.facts, "group_labels": dict(grouping.labels)}
    alert = replace(alert, title=only.title, reason=only.reason, facts=facts)
    return replace(alert, severity=only.severity, flap=only.flap)


def _facts(
    speaking: Sequence[Alert], listed: Sequence[Alert], grouping: Grouping
) -> dict[str, Any]:
    """Return what all share, and each by itself, up to a bound."""
    link = _link(listed[0]).rpartition("/")[0] if listed else ""
    shown = [_member(one) for one in listed[:MOST_SHOWN]]
    return {
        "endpoint": None,
        **{name: _shared(speaking, name) for name in _SHARED},
        "group_labels": dict(grouping.labels),
        "members": shown,
        "more_members": len(listed) - len(shown),
        "links": {"incident": f"{link}?open=true"} if link else {},
    }


def _member(one: Alert) -> dict[str, Any]:
    return {
        "incident": one.id,
        "name": one.key,
        "status": one.status.value,
        "severity": one.severity.value,
        "title": one.title[:_LONGEST],
        "started_at": rfc3339(one.started_at),
        "ended_at": rfc3339(_ended(one)) if one.status is Status.RESOLVED else None,
        "blame": one.facts.get("blame"),
        "sentence": str(one.facts.get("sentence") or "")[:_LONGEST],
        "acked_by": one.acked_by or None,
        "link": _link(one),
    }


def _goes_on(one: Alert) -> bool:
    return one.status is Status.FIRING


def _ended(one: Alert) -> datetime:
    return one.ended_at or one.updated_at


def _link(one: Alert) -> str:
    links = one.facts.get("links")
    return str(links.get("incident", "")) if isinstance(links, dict) else ""


def _shared(members: Iterable[Alert], fact: str) -> Any:
    """Return a fact that is the same for all of them; None when it is not."""
    values = {one.facts.get(fact) for one in members}
    return values.pop() if len(values) == 1 else None


def _worst(members: Iterable[Alert]) -> Severity:
    return max((one.severity for one in members), key=RANK.index)


def _state(firing: Sequence[Alert]) -> str:
    verb = "is" if len(firing) == 1 else "are"
    return f"{verb} {'down' if _all_down(firing) else 'not well'}"


def _all_down(firing: Sequence[Alert]) -> bool:
    return all(one.title == f"{one.key} is down" for one in firing)


def _one_by_one(firing: Sequence[Alert], shared: str | None) -> str:
    """Say of each what neither the title nor the sentence that they share says of all."""
    if not _all_down(firing):
        said = [one.title for one in firing]
    elif not shared:
        said = [f"{one.key}: {_own(one).rstrip('.')}" for one in firing]
    else:
        return ""
    return f"One by one: {counted(said, '; ')}."


def _own(one: Alert) -> str:
    return str(one.facts.get("sentence") or one.reason)


def _what(labels: Mapping[str, str]) -> str:
    """Name a group for people: by the group of its endpoints, and else by label and value."""
    said = [v if k == "group" else f"{k} {v or 'unknown'}" for k, v in sorted(labels.items())]
    return ", ".join(said)
