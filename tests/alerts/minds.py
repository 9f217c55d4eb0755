"""Minds at the other end, and what they make of what they hear. They outlive our crashes."""

from typing import Protocol

from alerts.alert import Alert, Status
from alerts.message import Notification
from tests.clock import FakeClock

FORGETS = 300.0
"""Seconds after which a mind that wants levels takes silence for the end."""


class Mind(Protocol):
    """Believes that some alerts go on, by key."""

    def hear(self, notification: Notification) -> str:
        """Take a message to heart; return what is wrong with hearing it now, "" when nothing is."""
        ...

    def close(self, one: Alert) -> None:
        """Learn from somebody else that it is over."""
        ...

    @property
    def believes(self) -> dict[str, Alert]:
        """What goes on, as far as it knows."""
        ...


class Person:
    """Reads messages in their order; one incident of a key at a time."""

    def __init__(self) -> None:
        self.believes: dict[str, Alert] = {}

    def hear(self, notification: Notification) -> str:
        """Firing: it goes on. Resolved: it is over, if it is the one that was known."""
        one, known = notification.alert, self.believes.get(notification.alert.key)
        if one.status is Status.FIRING:
            self.believes[one.key] = one
            alone = known is None or known.id == one.id
            return "" if alone else "a second incident before the first one ended"
        self.close(one)
        return ""

    def close(self, one: Alert) -> None:
        """Believe in it no longer."""
        if one.key in self.believes and self.believes[one.key].id == one.id:
            del self.believes[one.key]


class Pager:
    """PagerDuty: one alert per incident; an end of what it does not know is dropped."""

    def __init__(self) -> None:
        self._open: dict[str, Alert] = {}
        self._closed: set[str] = set()

    def hear(self, notification: Notification) -> str:
        """Trigger or resolve. A trigger after the resolve would open a second alert."""
        one = notification.alert
        if one.status is Status.RESOLVED:
            self.close(one)
            return ""
        self._open[one.id] = one
        return "a trigger after the resolve" if one.id in self._closed else ""

    def close(self, one: Alert) -> None:
        """Resolve it, if it is open."""
        if self._open.pop(one.id, None) is not None:
            self._closed.add(one.id)

    @property
    def believes(self) -> dict[str, Alert]:
        """The alerts that are open there."""
        return {one.key: one for one in self._open.values()}


class Level:
    """Alertmanager: keeps nothing for long; what it does not hear again is over."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._heard: dict[str, tuple[Alert, float]] = {}

    def hear(self, notification: Notification) -> str:
        """Believe it for a while."""
        one = notification.alert
        self._heard[one.key] = (one, self._clock.monotonic())
        return ""

    def close(self, one: Alert) -> None:
        """Forget it."""
        self._heard.pop(one.key, None)

    @property
    def believes(self) -> dict[str, Alert]:
        """What was heard to go on a short time ago."""
        least = self._clock.monotonic() - FORGETS
        return {
            key: one
            for key, (one, at) in self._heard.items()
            if one.status is Status.FIRING and at >= least
        }
