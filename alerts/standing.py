"""How things stand now: the newest incident of every key, and those that somebody believes in."""

from collections.abc import Callable, Collection
from dataclasses import replace

from alerts.alert import Alert, Status


class Standing:
    """Holds levels, never edges. Bounded: what is over and told everywhere is forgotten."""

    def __init__(self) -> None:
        self._keys: dict[str, dict[str, Alert]] = {}
        self._newest: dict[str, Alert] = {}

    def put(self, alert: Alert, believed: Callable[[str], bool]) -> bool:
        """Take note of how an incident stands. Returns whether that is new.

        Of a key there is one newest incident; others are over, whatever they say, and are kept
        only while somebody still believes in them.
        """
        incidents = self._keys.setdefault(alert.key, {})
        known = incidents.get(alert.id)
        if known is not None and not _follows(alert, known):
            if alert.revision == known.revision and known.status is Status.FIRING:
                self._renew(replace(known, facts=alert.facts))
            return False
        newest = self._newest.get(alert.key)
        if newest is None or newest.id == alert.id or _newer(alert, newest):
            self._newest[alert.key] = newest = alert
        incidents[alert.id] = alert
        for incident in [one for one in incidents if one != newest.id and not believed(one)]:
            del incidents[incident]
        return alert.id in incidents

    def _renew(self, alert: Alert) -> None:
        """Keep what is said of an incident true, where that is no news: when its next trial is."""
        self._keys[alert.key][alert.id] = alert
        if self._newest[alert.key].id == alert.id:
            self._newest[alert.key] = alert

    def newest(self, key: str) -> Alert | None:
        """Return how the newest incident of a key stands."""
        return self._newest.get(key)

    def of(self, key: str, incident: str) -> Alert | None:
        """Return how one incident stands, None when that is not known any more."""
        return self._keys.get(key, {}).get(incident)

    def incidents(self, key: str) -> Collection[str]:
        """Return the ids of the incidents of a key of which it is known how they stand."""
        return self._keys.get(key, {}).keys()

    def all(self) -> list[Alert]:
        """Return how the newest incident of every key stands."""
        return list(self._newest.values())

    def forget(self, key: str) -> None:
        """Forget a key that is over and of which nobody needs to hear any more."""
        newest = self._newest.get(key)
        if newest is not None and newest.status is Status.RESOLVED:
            del self._newest[key], self._keys[key]


def _follows(alert: Alert, known: Alert) -> bool:
    """Tell news of an incident from a repetition, or from something older that comes late.

    Within one revision some things are news: that it ended, that others are to be told or on other
    terms, that somebody took it, and that it is held or no longer held.
    """
    if alert.revision != known.revision or known.status is Status.RESOLVED:
        return alert.revision > known.revision
    return alert.status is Status.RESOLVED or _told_how(alert) != _told_how(known)


def _told_how(alert: Alert) -> tuple[object, ...]:
    return (alert.channels, alert.terms, alert.acked_until, alert.held)


def _newer(alert: Alert, newest: Alert) -> bool:
    """Tell which of two incidents of a key is the one to speak of: one that goes on, if any.

    Only then is it the one that began later: clocks are set back now and then.
    """
    if alert.status is not newest.status:
        return alert.status is Status.FIRING
    return alert.started_at >= newest.started_at
