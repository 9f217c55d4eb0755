"""What a channel must be told now, and why, or why not. Pure.

What was told and how things stand are two durable facts; news is their difference. Nothing is
ever queued, so nothing can be lost, doubled or out of order.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from alerts.alert import RANK, Alert, Flap, Severity, Status
from alerts.entry import Entry
from alerts.moment import at_ms, waits_until
from alerts.terms import reminder_after


class Why(StrEnum):
    """Why something is told. It stands in every message."""

    FIRST = "first"
    FLAPPING = "flapping"
    """It goes up and down again and again: told as one, and once."""
    ESCALATED = "escalated"
    UPDATED = "updated"
    REMINDER = "reminder"
    RESENT = "resent"
    """It stands as it was told: for systems that forget what they do not hear again."""
    RESOLVED = "resolved"
    DIGEST = "digest"
    """What happened, in sum: since it flaps, or to who could not be told while it went on."""

    @property
    def begins(self) -> bool:
        """Whether the receiver hears of it for the first time."""
        return self in (Why.FIRST, Why.FLAPPING)


class Quiet(StrEnum):
    """Why nothing is told."""

    NOTHING_NEW = "nothing_new"
    NEVER_TOLD = "never_told"
    """It began and ended before anybody could be told: not announced."""
    NOT_ADDRESSED = "not_addressed"
    LATER = "later"
    """The time of this step, of the next reminder or of the next update has not come."""
    ACKED = "acked"
    """Somebody has taken it."""
    TOLD_ELSEWHERE = "told_elsewhere"
    """This channel is for when another does not take the news, and it did."""
    HELD = "held"
    """It goes on, and is told when nothing holds it any more (see Alert.held)."""
    GIVEN_UP = "given_up"
    """The receiver refused this revision."""
    NOT_YET = "not_yet"
    CHANNEL_WAITS = "channel_waits"
    PROBING = "probing"
    """Another message is finding out whether the channel works again."""
    FULL = "full"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True)
class Due:
    """Tell this, for this reason. `number` counts reminders, from 1; else it is 0.

    `since` is from when it might be told, where it had to wait: for so long it is not late.
    """

    why: Why
    alert: Alert
    number: int = 0
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class NotDue:
    """Tell nothing, for this reason; look again at `until`, if nothing changes before."""

    why: Quiet
    until: datetime | None = None


NO_LONGER_KNOWN = "it is over; how it ended is no longer known"
SUPERSEDED = "it is over: another incident of the same thing followed"

RESEND = 60.0
"""Seconds after which a level is told again: the resend delay of Prometheus."""
RESOLVED_FOR = 900.0
"""Seconds for which the end of something is told again: Prometheus' own retention of it."""


def news(
    entry: Entry | None,
    newest: Alert | None,
    told_of: Alert | None,
    *,
    channel: str,
    now: datetime,
    told: Collection[str] = (),
    level: bool = False,
) -> Due | NotDue:
    """Compare what a channel was told about a key with how things stand there.

    `newest` is the newest incident of the key, `told_of` how the incident stands that the entry
    is about; either is None when nothing is known of it any more. `told` are the other channels
    that know of the newest. `level` asks for the same again and again (see Lifecycle).
    """
    superseded = newest is None or entry is None or newest.id != entry.incident_id
    if entry is None or not entry.heard:
        found = _first(entry, newest, channel, now, told)
    elif superseded or told_of is None or told_of.status is Status.RESOLVED:
        return _resolve(entry, told_of, newest, now)
    else:
        found = _change(entry, told_of, channel, now)
        if not level and isinstance(found, Due) and found.why is Why.UPDATED:
            found = _apart(found, entry, channel, now)
    if level and entry is not None and not isinstance(found, Due):
        return _resent(entry, newest, now) or found
    return found


def _first(
    entry: Entry | None,
    newest: Alert | None,
    channel: str,
    now: datetime,
    told: Collection[str],
) -> Due | NotDue:
    """Say whether a channel that believes that all is well must hear of something."""
    if newest is None:
        return NotDue(Quiet.NOTHING_NEW)
    mine = entry if entry is not None and entry.incident_id == newest.id else None
    if mine is not None and newest.revision <= mine.told_revision:
        return NotDue(Quiet.GIVEN_UP if mine.given_up else Quiet.NOTHING_NEW)
    if newest.status is Status.RESOLVED:
        return _over(mine, newest, channel)
    if channel not in newest.channels:
        return NotDue(Quiet.NOT_ADDRESSED)
    if newest.held:
        return NotDue(Quiet.HELD)
    return _step(newest, channel, now, told)


def _over(mine: Entry | None, newest: Alert, channel: str) -> Due | NotDue:
    """Say whether a channel hears of what began and ended without it: of a digest only."""
    if mine is not None and mine.told_status is Status.RESOLVED:
        return NotDue(Quiet.NOTHING_NEW)
    if newest.digest and channel in newest.channels:
        return Due(Why.DIGEST, newest)
    return NotDue(Quiet.NEVER_TOLD)


def _step(alert: Alert, channel: str, now: datetime, told: Collection[str]) -> Due | NotDue:
    """Say whether a channel's turn has come."""
    terms = alert.terms_of(channel)
    began = (alert.started_at, alert.released_at or alert.started_at)
    turns = (waits_until(since, terms.after, now) for since in began)
    turn = max((one for one in turns if one is not None), default=None)
    if turn is not None:
        return NotDue(Quiet.LATER, turn)
    if terms.unless_acked and alert.is_acked(now):
        return NotDue(Quiet.ACKED, alert.acked_until)
    if terms.unless_told in told:
        return NotDue(Quiet.TOLD_ELSEWHERE)
    since = max(began) + timedelta(seconds=terms.after)
    return Due(_beginning(alert), alert, since=since if terms.after else None)


def _change(entry: Entry, alert: Alert, channel: str, now: datetime) -> Due | NotDue:
    """Say what is new about an incident that was heard of and goes on."""
    if channel not in alert.channels:
        return NotDue(Quiet.NOT_ADDRESSED)
    if alert.revision <= entry.told_revision:
        return NotDue(Quiet.GIVEN_UP) if entry.given_up else _reminder(entry, alert, channel, now)
    if alert.held:
        return NotDue(Quiet.HELD)
    return _revised(entry, alert, now)


def _revised(entry: Entry, alert: Alert, now: datetime) -> Due | NotDue:
    """Say why a newer revision is told."""
    if entry.told_severity is None or entry.told_status is None:
        return Due(_beginning(alert), alert)
    if RANK.index(alert.severity) > RANK.index(entry.told_severity):
        return Due(Why.ESCALATED, alert)
    if alert.flap is not Flap.DIGEST:
        return Due(Why.UPDATED, alert)
    # Like a reminder: who has taken it knows that it goes on.
    return NotDue(Quiet.ACKED, alert.acked_until) if alert.is_acked(now) else Due(Why.DIGEST, alert)


def _beginning(alert: Alert) -> Why:
    return Why.FIRST if alert.flap is Flap.NO else Why.FLAPPING


def _apart(due: Due, entry: Entry, channel: str, now: datetime) -> Due | NotDue:
    """Have an update wait, so that those who are many are not told one by one.

    That somebody has taken it is told at once.
    """
    alert, before = due.alert, entry.told_as
    apart = alert.terms_of(channel).apart
    if entry.told_ms is None or (before and before.acked_by != alert.acked_by):
        return due
    told = at_ms(entry.told_ms)
    until = waits_until(told, apart, now)
    if until is not None:
        return NotDue(Quiet.LATER, until)
    return replace(due, since=told + timedelta(seconds=apart) if apart else None)


def _reminder(entry: Entry, alert: Alert, channel: str, now: datetime) -> Due | NotDue:
    """Say whether it is time to repeat that it still goes on."""
    terms = alert.terms_of(channel)
    if not terms.remind or entry.told_ms is None:
        return NotDue(Quiet.NOTHING_NEW)
    if alert.held:
        return NotDue(Quiet.HELD)
    if alert.is_acked(now):
        return NotDue(Quiet.ACKED, alert.acked_until)
    until = waits_until(at_ms(entry.told_ms), reminder_after(terms, entry.reminded), now)
    if until is not None:
        return NotDue(Quiet.LATER, until)
    return Due(Why.REMINDER, alert, entry.reminded + 1)


def _resent(entry: Entry, newest: Alert | None, now: datetime) -> Due | NotDue | None:
    """Say when what was told is to be told again, to a system that wants levels.

    While it goes on, whatever holds it: silence would be taken for its end. And for a while after.
    As long as nobody may hear of what is new, that is how it was told.
    """
    if newest is None or newest.id != entry.incident_id or entry.told_ms is None:
        return None
    said = newest if newest.revision == entry.told_revision else entry.told_as
    if said is None or newest.status is not entry.told_status:
        return None
    ended = newest.ended_at or newest.updated_at
    if newest.status is Status.RESOLVED and (now - ended).total_seconds() > RESOLVED_FOR:
        return None
    until = waits_until(at_ms(entry.told_ms), RESEND, now)
    return NotDue(Quiet.LATER, until) if until else Due(Why.RESENT, said, entry.reminded + 1)


def _resolve(entry: Entry, told_of: Alert | None, newest: Alert | None, now: datetime) -> Due:
    """Return the resolve of an incident that was heard of, made up when nobody can say more.

    Its revision is one that this receiver has never seen under another meaning, so that it does
    not take it for a repetition.
    """
    last = told_of or entry.alert or _nameless(entry)
    if last.status is not Status.RESOLVED:
        another = newest is not None and newest.id != entry.incident_id
        because = SUPERSEDED if another else NO_LONGER_KNOWN
        last = replace(
            last,
            revision=last.revision + 1,
            status=Status.RESOLVED,
            reason=because,
            updated_at=now,
            ended_at=now,
        )
    seen = max(entry.told_revision, _firing_revision(entry))
    if last.revision <= seen:
        last = replace(last, revision=seen + 1)
    return Due(Why.RESOLVED, last)


def _nameless(entry: Entry) -> Alert:
    """Return what is known of an incident whose document cannot be read."""
    began = at_ms(entry.updated_ms)
    return Alert(
        id=entry.incident_id,
        revision=entry.told_revision,
        key=entry.key,
        status=Status.FIRING,
        severity=entry.told_severity or Severity.ERROR,
        title=entry.key,
        reason="",
        started_at=began,
        updated_at=began,
    )


def _firing_revision(entry: Entry) -> int:
    """Return the newest revision under which the receiver may have seen it firing."""
    if entry.alert is None or entry.alert.status is Status.RESOLVED:
        return entry.told_revision
    return max(entry.trying_revision or 0, entry.told_revision)
