"""Alerts about our own channels: what is broken is told through the others."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alerts.alert import Alert, Severity, Status
from alerts.channel_state import ChannelState, Condition
from alerts.moment import ms_of

PREFIX = "self:channel:"
"""How the keys of these alerts begin."""
BROKEN = (Condition.MISCONFIGURED, Condition.DISABLED)
"""Conditions that do not pass by themselves."""

_SAYS = {
    Condition.MISCONFIGURED: "its receiver does not accept us; alerts wait until that is fixed",
    Condition.DISABLED: "its receiver wants no more alerts; they wait until it is configured anew",
}


def key_of(channel: str) -> str:
    """Return the key of the alert about a channel."""
    return PREFIX + channel


def channel_of(key: str) -> str | None:
    """Return the channel that a key is about, None when it is about something else."""
    return key.removeprefix(PREFIX) if key.startswith(PREFIX) else None


def revised(
    known: Alert | None, state: ChannelState, tell: Sequence[str], now: datetime
) -> Alert | None:
    """Return the alert about a channel as it must stand now, None when there is nothing to say.

    It is raised when the channel breaks and ends when a message gets through: being unreachable
    proves neither. `known` is how it stood before; `tell` may be others than then.
    """
    goes_on = known is not None and known.status is Status.FIRING
    if state.condition is Condition.OK:
        return ended(known, "it works again", now) if known and goes_on else None
    if state.condition not in BROKEN:
        return None
    others = tuple(name for name in tell if name != state.name)
    reason = f"{_SAYS[state.condition]} ({state.last_error})"
    if known is not None and goes_on:
        if known.facts.get("condition") != state.condition.value:
            return _again(replace(known, channels=others), state, reason, now)
        return None if known.channels == others else replace(known, channels=others)
    return Alert(
        id=f"{key_of(state.name).replace(':', '-')}-{ms_of(now)}",
        revision=1,
        key=key_of(state.name),
        status=Status.FIRING,
        severity=Severity.ERROR,
        title=f"Alerts cannot be sent to {state.name}",
        reason=reason,
        started_at=now,
        updated_at=now,
        channels=others,
        facts={"channel": state.name, "condition": state.condition.value},
    )


def ended(known: Alert, because: str, now: datetime) -> Alert:
    """Return the alert as it stands when it is over."""
    return replace(
        known,
        revision=known.revision + 1,
        status=Status.RESOLVED,
        reason=because,
        updated_at=now,
        ended_at=now,
    )


def _again(known: Alert, state: ChannelState, reason: str, now: datetime) -> Alert:
    facts = dict(known.facts) | {"condition": state.condition.value}
    return replace(known, revision=known.revision + 1, reason=reason, updated_at=now, facts=facts)
