"""What is true in the model of the delivery, as the app would find it in its store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alerts.alert import Alert, Flap, Severity, Status
from alerts.self_alert import PREFIX
from alerts.terms import AT_ONCE, Terms
from tests.clock import FakeClock

Meaning = tuple[str, int, Status, Severity]


@dataclass(frozen=True, slots=True)
class Plan:
    """Whom a key's incidents are told to, and on what terms; `digest` and `flap` as in Alert."""

    terms: Mapping[str, Terms]
    digest: bool = False
    flap: Flap = Flap.NO


PLANS = {
    "chat": Plan(
        {
            "ops": Terms(remind=300.0),
            "mail": Terms(after=120.0, unless_told="ops"),
            "page": Terms(after=300.0, unless_acked=True, remind=600.0),
        }
    ),
    "voice": Plan({"ops": Terms(remind=300.0), "level": AT_ONCE}, flap=Flap.YES),
    "network": Plan({"page": AT_ONCE, "mail": Terms(after=60.0)}, digest=True),
}
KEYS = tuple(PLANS)
NAMES = ("ops", "mail", "page", "level")


def meaning(one: Alert) -> Meaning:
    """What somebody who was told of an alert should have understood."""
    return (one.id, one.revision, one.status, one.severity)


def is_over(since: datetime, seconds: float, now: datetime) -> bool:
    """Whether so many seconds have passed; a clock that was set back by more is not waited for."""
    passed = (now - since) / timedelta(seconds=1)
    return not -seconds <= passed < seconds


class World:
    """What is true, and the promises that were broken."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.revisions: dict[str, list[Alert]] = {}
        self.open: dict[str, Alert] = {}
        self.held: set[str] = set()
        self.broken: list[tuple[str, Alert]] = []

    def claim(self, holds: bool, what: str, one: Alert) -> None:
        """Remember a promise that was broken: an exception would look like a channel's bug."""
        if not holds:
            self.broken.append((what, one))

    def note(self, one: Alert) -> Alert:
        """Say how an incident stands from now on."""
        self.revisions.setdefault(one.id, []).append(one)
        if one.status is Status.FIRING:
            self.open[one.key] = one
        else:
            self.open.pop(one.key, None)
        return one

    def stands(self, one: Alert) -> bool:
        """Whether an alert says how its incident stands now."""
        return one.key.startswith(PREFIX) or one == self.revisions[one.id][-1]

    def turn_has_come(self, one: Alert, channel: str) -> bool:
        """Whether the step of a channel is due: counted from the beginning, and from a release."""
        after = one.terms_of(channel).after
        moments = (one.started_at, one.released_at or one.started_at)
        return not after or all(is_over(at, after, self.clock.now()) for at in moments)
