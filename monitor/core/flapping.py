"""Flapping: one thing that goes down again and again, counted in incidents and not in probes.

A flap is an incident of its own kind. While it goes on the single outages are part of it and are
not told; it is summed up now and then, and ends when the thing has been up for long enough.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.health import Health

_PREFIX = "flapping:"
_SHORTEST = 8
"""A period is no shorter than `within` divided by this ..."""
_LONGEST = 2
"""... and no longer than `within` divided by this."""
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Flapping:
    """When outages are flapping: `opens` of one thing `within` seconds.

    It is summed up every `digest` seconds, when something happened since.
    """

    opens: int = 4
    within: float = 3600.0
    digest: float = 1800.0


@dataclass(frozen=True, slots=True)
class Tally:
    """What happened while something flapped. Moments are aware UTC, spans are seconds.

    `first` and `last` are when the first and the latest outage began; `down` and `longest` count
    those that are over. `up_since` is None while it is down. `summed_at` is when people were last
    given the sum, `digest` the revision of the last digest (0 before the first), and `stays_down`
    whether they were told that it is down for longer than it usually is.
    """

    first: datetime
    last: datetime
    summed_at: datetime
    outages: int = 1
    down: float = 0.0
    longest: float = 0.0
    up_since: datetime | None = None
    digest: int = 0
    stays_down: bool = False


class Turn(StrEnum):
    """What follows from time alone."""

    DIGEST = "digest"
    STAYS_DOWN = "stays_down"
    """It has been down for a whole period: that is no flapping any more, and people must know."""
    UP_AGAIN = "up_again"
    QUIET = "quiet"


def key_of(key: str) -> str:
    """Name the incident that the thing of a key flaps."""
    return f"{_PREFIX}{key}"


def is_flapping(key: str) -> bool:
    """Tell whether an incident's key is that of a flap."""
    return key.startswith(_PREFIX)


def thing_of(key: str) -> str:
    """Return the key of what flaps; any other key as it is."""
    return key.removeprefix(_PREFIX)


def began(tally: Tally, at: datetime) -> Tally:
    """Count another outage."""
    return replace(tally, last=at, outages=tally.outages + 1, up_since=None)


def ended(tally: Tally, at: datetime, *, began_at: datetime | None) -> Tally:
    """Note that it is up again; `began_at` is None when the outage was not counted."""
    seconds = 0.0 if began_at is None else max((at - began_at).total_seconds(), 0.0)
    longest = max(tally.longest, seconds)
    return replace(tally, down=tally.down + seconds, longest=longest, up_since=at)


def period(tally: Tally, policy: Flapping) -> float:
    """Return the mean time from one outage to the next, within bounds, in seconds."""
    span = (tally.last - tally.first).total_seconds()
    mean = span / max(tally.outages - 1, 1)
    return min(max(mean, policy.within / _SHORTEST), policy.within / _LONGEST)


def turn(tally: Tally, policy: Flapping, now: datetime, *, well: bool) -> Turn | None:
    """Say what time has brought about. `well`: the last that was seen shows that it works."""
    up, usual = tally.up_since, period(tally, policy)
    if up is None and not tally.stays_down and now - tally.last >= timedelta(seconds=usual):
        return Turn.STAYS_DOWN
    if up is not None and tally.stays_down:
        return Turn.UP_AGAIN
    if up is not None and well and now - up >= timedelta(seconds=2 * usual):
        return Turn.QUIET
    happened = max(tally.last, up or tally.last)
    waited = now - tally.summed_at >= timedelta(seconds=policy.digest)
    return Turn.DIGEST if waited and happened > tally.summed_at else None


# ---------------------------------------------------------------- in words


def found(tally: Tally, policy: Flapping, health: Health, now: datetime) -> str:
    """Say why it is called flapping."""
    return f"{_outages(tally, health)} within {_span(policy.within)}, {_share(tally, health, now)}"


def so_far(tally: Tally, health: Health, now: datetime) -> str:
    """Sum up what goes on."""
    up = tally.up_since
    stands = f"{_down(health)} since {tally.last:%H:%M}" if up is None else f"up since {up:%H:%M}"
    began_at = f"{_outages(tally, health)} since {_at(tally.first, now)}"
    return f"{began_at} UTC, {_share(tally, health, now)}, {stands} UTC"


def summed(tally: Tally, health: Health, now: datetime) -> str:
    """Sum up what is over."""
    up = tally.up_since or now
    span = f"from {_at(tally.first, now)} to {_at(up, now)} UTC"
    total = f"{_down(health)} for {_span(tally.down)} in all, {_span(tally.longest)} at most"
    return f"{_outages(tally, health)} {span}, {total}; up for {_span(_seconds(up, now))}"


def _outages(tally: Tally, health: Health) -> str:
    return f"{tally.outages} {'outages' if health is Health.DOWN else 'times in trouble'}"


def _down(health: Health) -> str:
    return "down" if health is Health.DOWN else "in trouble"


def _share(tally: Tally, health: Health, now: datetime) -> str:
    """Say for which part of the time since the first outage it was down."""
    going_on = 0.0 if tally.up_since is not None else _seconds(tally.last, now)
    whole = _seconds(tally.first, now)
    share = min((tally.down + going_on) / whole, 1.0) if whole else 1.0
    return f"{_down(health)} {share:.0%} of the time".replace("%", " %")


def _seconds(since: datetime, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)


def _span(seconds: float) -> str:
    """Write a span for people: `40 s`, `60 min`, `3 h 5 min`."""
    minutes = round(seconds / 60)
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if minutes < 2 * _MINUTE:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min".replace(" 0 min", "")


def _at(at: datetime, now: datetime) -> str:
    return f"{at:%H:%M}" if at.date() == now.date() else f"{at:%Y-%m-%d %H:%M}"
