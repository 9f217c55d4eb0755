"""The book of open incidents: one per key, and which endpoints are in it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from monitor.core.ack import Ack, counted, is_news
from monitor.core.around import Watched, look_around
from monitor.core.blame import Blamed, blamed
from monitor.core.credential_use import narrowed
from monitor.core.endpoint import Endpoint
from monitor.core.flapping import is_flapping, thing_of
from monitor.core.flaps import Flaps
from monitor.core.incident import (
    Incident,
    Trouble,
    close,
    credential_key,
    open_incident,
    revise,
    shared_key,
    trouble_of,
)
from monitor.core.network import NETWORK, digest, trouble_offline
from monitor.core.outcome import About
from monitor.core.platforms import Platforms
from monitor.core.sight import Sight
from monitor.core.standing import Standing, is_in_trouble, is_over, order_over
from monitor.core.together import is_platform, key_of


class IncidentBook:
    """Opens, revises and closes incidents as endpoints stand. Pure: it only remembers values.

    An endpoint is in one incident at a time; an incident closes when the last endpoint left it.
    """

    def __init__(self, location: str) -> None:
        self._location = location
        self._open: dict[str, Incident] = {}
        self._in: dict[str, set[str]] = {}
        self._key_of: dict[str, str] = {}
        self.platforms = Platforms(self._open, location)
        self.flaps = Flaps(self._open, location, self.platforms.awaits)
        self._noticed: set[str] = set()

    def restore(self, incidents: Iterable[Incident]) -> tuple[Incident, ...]:
        """Go on with incidents that were open; the endpoints in them `rejoin` one by one.

        Of two with one key only the later goes on. Returns the others: they are to be ended.
        """
        superseded = []
        for incident in sorted(incidents, key=lambda one: one.opened_at):
            if incident.key in self._open:
                superseded.append(self._open[incident.key])
            self._open[incident.key] = incident
        self._noticed = {incident.key for incident in self._open.values() if incident.notice}
        return tuple(superseded)

    def rejoin(self, standing: Standing, endpoint: Endpoint) -> None:
        """Let an endpoint that was restored be counted in its incident again.

        Its own incident, if that is open; else its credential's, unless all was well with it.
        """
        shared = shared_key(standing, endpoint)
        if endpoint.id in self._open:
            self._join(endpoint.id, endpoint.id)
        elif shared in self._open and standing.last is not None and not is_over(standing):
            self._join(shared, endpoint.id)

    def close_abandoned(self, now: datetime) -> tuple[Incident, ...]:
        """Close what was restored and nobody rejoined: its endpoints are no longer watched."""
        abandoned = [
            key for key, one in self._open.items() if not (one.notice or self._in.get(key))
        ]
        return tuple(
            close(self._open.pop(key), now=now, because="no longer watched") for key in abandoned
        )

    def open_incidents(self) -> tuple[Incident, ...]:
        """Return what goes on."""
        return tuple(self._open.values())

    def of(self, endpoint: str) -> Incident | None:
        """Return the incident that an endpoint is in."""
        return self._open.get(self._key_of.get(endpoint, ""))

    def is_current(self, incident: Incident) -> bool:
        """Tell whether nobody has changed an open incident since; a closed one never changes."""
        return not incident.is_open or self._open.get(incident.key) is incident

    def members(self, key: str) -> frozenset[str]:
        """Return the endpoints that are in the incident of a key; none in a notice's.

        In a platform's are those whose incidents are part of it, in a flap's those of what flaps.
        """
        if is_flapping(key):
            return self.members(thing_of(key))
        if is_platform(key) and key in self._open:
            parent = self._open[key].id
            return frozenset(one.endpoint for one in self._open.values() if one.parent == parent)
        return frozenset(self._in.get(key, ()))

    def settle(
        self,
        standing: Standing,
        endpoint: Endpoint,
        now: datetime,
        watched: Iterable[Watched] = (),
        *,
        blocker: str | None = None,
    ) -> tuple[Incident, ...]:
        """Bring the book up to date with one endpoint; return the incidents that changed.

        `watched` is everything there is: in trouble it is looked at to find whose fault it is.
        `blocker` is the endpoint without which this one was not asked.
        """
        changed = self._settle(standing, endpoint, now, watched) + self._fold(standing, blocker)
        if not changed:
            return ()
        if endpoint.about is About.PLATFORM:
            changed += self.platforms.settle(key_of(endpoint.region), watched, now)
        return _latest(changed + self.flaps.settle(_latest(changed), watched, now))

    def review(self, watched: Mapping[str, Watched], now: datetime) -> tuple[Incident, ...]:
        """Look at what goes on, for what follows from time alone."""
        changed = self.platforms.review(watched.values(), now)
        changed += self.flaps.settle(changed, watched.values(), now)
        return _latest(changed + self.flaps.review(watched, now))

    def _settle(
        self, standing: Standing, endpoint: Endpoint, now: datetime, watched: Iterable[Watched]
    ) -> tuple[Incident, ...]:
        """Open, revise or close what one endpoint is in."""
        trouble = trouble_of(standing, endpoint)
        if trouble is not None and trouble.key == credential_key(endpoint):
            alone = {name for name, key in self._key_of.items() if name == key}
            trouble = narrowed(trouble, standing, endpoint, watched, alone)
        key = self._key_of.get(endpoint.id)
        if trouble is None:
            if key is None or not is_over(standing):
                return ()  # nothing wrong, or no proof that it is over
            return self._leave(endpoint.id, now, "answers as expected")
        left = () if key in (None, trouble.key) else self._leave(endpoint.id, now, trouble.reason)
        self._join(trouble.key, endpoint.id)
        known = self._open.get(trouble.key)
        whose = self._whose(trouble, endpoint, now, watched)
        if known is None:
            current = open_incident(
                trouble,
                standing,
                endpoint,
                whose,
                location=self._location,
                now=now,
                order=order_over(trouble.key, standing, endpoint, now),
            )
        else:
            current = revise(known, trouble, standing, whose)
        self._open[trouble.key] = current
        return left if current is known else (*left, current)

    def _fold(self, standing: Standing, blocker: str | None) -> tuple[Incident, ...]:
        """Make an endpoint's incident part of its blocker's, or let it stand alone again.

        It stays a part until an outcome shows that it is in trouble of its own.
        """
        own = self._open.get(standing.endpoint)
        if own is None:
            return ()
        if any(one.id == own.parent for one in self._open.values()):
            return ()
        if blocker is not None:
            parent = self._open.get(blocker)
            return () if parent is None else self._join_to(parent, own)
        if own.parent and is_in_trouble(standing):
            self._open[own.key] = alone = replace(own, parent="")
            return (alone,)
        return ()

    def _join_to(self, parent: Incident, child: Incident) -> tuple[Incident, ...]:
        self._open[child.key] = child = replace(child, parent=parent.id)
        if child.id not in parent.children:
            parent = replace(parent, children=(*parent.children, child.id))
            self._open[parent.key] = parent
        return child, parent

    def ordered(
        self, standing: Standing, endpoint: Endpoint, now: datetime
    ) -> tuple[Incident, ...]:
        """Take note that another order is in force: services do something else now."""
        own = self._open.get(endpoint.id)
        order = order_over(endpoint.id, standing, endpoint, now)
        if own is None or own.order == order:
            return ()
        self._open[own.key] = changed = replace(own, order=order, revision=own.revision + 1)
        return (changed,)

    def notice(
        self, key: str, trouble: Trouble | None, endpoint: Endpoint, now: datetime, because: str
    ) -> tuple[Incident, ...]:
        """Open, revise or close an incident that no endpoint need be in: a certificate runs out.

        None as trouble closes it, `because` of what is said, unless endpoints are in it too.
        Whoever gives a notice also ends it, after a restart too: `open_incidents` says which go on.
        """
        known = self._open.get(key)
        if trouble is None:
            if known is None or key not in self._noticed:
                return ()
            self._noticed.discard(key)
            if self._in.get(key):
                self._open[key] = handed_over = replace(known, notice=False)
                return (handed_over,)
            return (close(self._open.pop(key), now=now, because=because),)
        self._noticed.add(key)
        standing, whose = Standing(endpoint.id), self._whose(trouble, endpoint, now, ())
        if known is None:
            current = open_incident(
                trouble, standing, endpoint, whose, location=self._location, now=now, notice=True
            )
        else:
            current = revise(known, trouble, standing, whose)
            if not current.notice:
                current = replace(current, notice=True)
        self._open[key] = current
        return () if current is known else (current,)

    def _whose(
        self, trouble: Trouble, endpoint: Endpoint, now: datetime, watched: Iterable[Watched]
    ) -> Blamed:
        """Say whose fault a trouble is, from what was seen since its first sample."""
        if trouble.blamed is not None:
            return trouble.blamed
        since = trouble.samples[0].at if trouble.samples else now
        return blamed(
            trouble.seen(endpoint),
            look_around(endpoint, since, watched, online=self.platforms.online),
        )

    def see(
        self, sight: Sight, missed: int, endpoint: Endpoint, now: datetime
    ) -> tuple[Incident, ...]:
        """Open or close the incident that we are offline; `missed` probes said nothing so far."""
        known = self._open.get(NETWORK)
        if sight.offline and known is None:
            since = sight.since or now
            (opened,) = self.notice(NETWORK, trouble_offline(sight), endpoint, since, "")
            return (self._keep(replace(opened, inconclusive=missed)),)
        if known is not None and not sight.offline:
            return self.notice(NETWORK, None, endpoint, now, digest(known, now))
        return ()

    def miss(self) -> tuple[Incident, ...]:
        """Count a probe that said nothing because we are offline."""
        known = self._open.get(NETWORK)
        if known is None:
            return ()
        return (self._keep(replace(known, inconclusive=known.inconclusive + 1)),)

    def _keep(self, incident: Incident) -> Incident:
        self._open[incident.key] = incident
        return incident

    def acknowledge(self, incident_id: str, ack: Ack | None, ref: str = "") -> Incident | None:
        """Note who has taken an open incident; None when there is no such. `ref` counts by that."""
        for key, one in self._open.items():
            if one.id == incident_id:
                revision, heard = one.revision + is_news(one.ack, ack), counted(one.heard, ref)
                changed = replace(one, ack=ack, heard=heard, revision=revision)
                self._open[key] = changed
                return changed
        return None

    def forget(self, endpoint: str, now: datetime) -> tuple[Incident, ...]:
        """Take an endpoint out that is no longer watched; return the incident this closed."""
        return self._leave(endpoint, now, "no longer watched")

    def _join(self, key: str, endpoint: str) -> None:
        self._in.setdefault(key, set()).add(endpoint)
        self._key_of[endpoint] = key

    def _leave(self, endpoint: str, now: datetime, because: str) -> tuple[Incident, ...]:
        key = self._key_of.pop(endpoint, None)
        if key is None:
            return ()
        others = self._in[key]
        others.discard(endpoint)
        if others:
            return ()
        del self._in[key]
        if key in self._noticed:
            return ()
        return (close(self._open.pop(key), now=now, because=because),)


def _latest(changed: tuple[Incident, ...]) -> tuple[Incident, ...]:
    """Return of each incident how it stands after all that changed it."""
    return tuple({one.id: one for one in changed}.values())
