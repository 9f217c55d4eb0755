"""Silences: what people do not want to be told of for a while, in Alertmanager's words. Pure.

A silence is written for a cause that somebody knows. It ends by itself, and what still goes on then
is told. It changes nothing else: probes, verdicts, incidents and availability go on.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.core.matchers import Matcher, all_hold

LONGEST = timedelta(days=31)
"""What would last longer would be forgotten, and the alerts with it."""
MOST_MATCHERS = 20


class SilenceState(StrEnum):
    """Alertmanager's words for how a silence stands."""

    PENDING = "pending"
    ACTIVE = "active"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Silence:
    """One silence: [starts_at, ends_at), aware UTC, of the incidents whose labels match all.

    `created_by` is who says so, `expired_by` who ended it early, which is another revision of it.
    """

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str
    expired_by: str = ""
    revision: int = 1

    def state(self, now: datetime) -> SilenceState:
        """Say how it stands."""
        if now >= self.ends_at:
            return SilenceState.EXPIRED
        return SilenceState.PENDING if now < self.starts_at else SilenceState.ACTIVE

    def is_active(self, now: datetime) -> bool:
        """Tell whether it silences at `now`."""
        return self.starts_at <= now < self.ends_at

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Tell whether it is about what has these labels."""
        return all_hold(self.matchers, labels)


def is_about_something(matchers: Iterable[Matcher]) -> bool:
    """Tell whether one of them asks for a label to be there (Alertmanager's rule).

    Without such a one a silence would also be about all that lacks the labels it names.
    """
    return any(not one.holds({}) for one in matchers)


def expired(silence: Silence, now: datetime, by: str) -> Silence:
    """Return a silence that somebody ends now, or takes back; as it is when it is over."""
    if silence.state(now) is SilenceState.EXPIRED:
        return silence
    return replace(
        silence,
        starts_at=min(silence.starts_at, now),
        ends_at=now,
        expired_by=by,
        revision=silence.revision + 1,
    )


def silenced_by(
    silences: Iterable[Silence], labels: Mapping[str, str], now: datetime
) -> Silence | None:
    """Return what silences these labels now: of those that do the one that ends last."""
    doing = (one for one in silences if one.is_active(now) and one.matches(labels))
    return max(doing, key=_end, default=None)


def silenced_at_last(
    silences: Iterable[Silence], labels: Mapping[str, str], since: datetime, now: datetime
) -> Silence | None:
    """Return what silenced these labels after `since`, and is over: the one that ended last."""
    over = (
        one
        for one in silences
        if one.starts_at < one.ends_at and since < one.ends_at <= now and one.matches(labels)
    )
    return max(over, key=_end, default=None)


def _end(silence: Silence) -> datetime:
    return silence.ends_at
