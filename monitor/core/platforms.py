"""The incidents of platforms: opened when most of a region falls together, closed with the last."""

from collections.abc import Iterable, MutableMapping
from dataclasses import replace
from datetime import datetime

from monitor.core.around import Watched, look_around
from monitor.core.blame import Blamed, blamed
from monitor.core.flapping import is_flapping
from monitor.core.health import Health
from monitor.core.incident import Incident, close, open_incident, revise
from monitor.core.outcome import About
from monitor.core.standing import Standing
from monitor.core.together import (
    ANSWERED,
    ASKED,
    AWAITED,
    Together,
    is_failing,
    is_fallen,
    is_platform,
    is_silent,
    key_of,
    members_of,
    trouble_together,
    worse,
)

Changed = tuple[Incident, ...]


class Platforms:
    """Folds the incidents of a region's endpoints into one, in the book whose `ongoing` it shares.

    Opens at a threshold and closes when all have recovered; also when no more than half of the
    threshold has been down for as long as `within`: what is left then stands alone.
    """

    def __init__(self, ongoing: MutableMapping[str, Incident], location: str) -> None:
        self.policy = Together()
        self.online: bool | None = None
        """What the witnesses say of our own network; None when nobody was asked."""
        self.away: tuple[datetime, datetime] | None = None
        """When the monitor was last away: what fell before and what falls after fell together."""
        self._ongoing = ongoing
        self._location = location
        self._few_since: dict[str, datetime] = {}

    def settle(self, key: str, watched: Iterable[Watched], now: datetime) -> Changed:
        """Bring a platform's incident up to date after one of its endpoints' changed."""
        members = members_of(key, watched)
        fallen = {
            one.endpoint.id: self._ongoing[one.endpoint.id]
            for one in members
            if is_fallen(self._ongoing.get(one.endpoint.id))
        }
        known = self._ongoing.get(key)
        if known is not None:
            return self._revise(known, members, fallen, now)
        fresh = [one for one in fallen.values() if self._is_fresh(one, now)]
        if len(fresh) < self.policy.enough(len(members)):
            return ()
        return self._open(key, members, fresh, watched, now)

    def review(self, watched: Iterable[Watched], now: datetime) -> Changed:
        """Look at what goes on, for what follows from time alone."""
        changed: Changed = ()
        for key in list(filter(is_platform, self._ongoing)):
            parts = self._parts(self._ongoing[key])
            if not parts or self._were_few_long_enough(key, len(parts), watched, now):
                changed += self._close(key, parts, now)
        return changed

    def awaits(self, incident: Incident, watched: Iterable[Watched], now: datetime) -> bool:
        """Tell whether an incident may yet turn out to be the platform's, and is not to be told."""
        age = self._between(incident.opened_at, now)
        if incident.parent or age >= AWAITED or not is_fallen(incident):
            return False
        ones = list(watched)
        own = next((one for one in ones if one.endpoint.id == incident.key), None)
        if own is None or own.endpoint.about is not About.PLATFORM:
            return False
        members = members_of(key_of(own.endpoint.region), ones)
        fallen = [self._ongoing.get(one.endpoint.id) for one in members]
        fresh = sum(is_fallen(one) and self._is_fresh(one, now) for one in fallen if one)
        open_ = sum(map(is_failing, members))
        if age < ANSWERED and len(incident.samples) <= 1 and incident.health is Health.DOWN:
            open_ += min(sum(is_silent(one, incident) for one in members), ASKED)
        return bool(open_) and fresh + open_ >= self.policy.enough(len(members))

    # ------------------------------------------------------------ what happens

    def _open(
        self,
        key: str,
        members: list[Watched],
        fresh: list[Incident],
        watched: Iterable[Watched],
        now: datetime,
    ) -> Changed:
        first = min(fresh, key=lambda one: one.opened_at)
        endpoint = next(one.endpoint for one in members if one.endpoint.id == first.endpoint)
        trouble = trouble_together(key, fresh, len(members))
        since = min(one.samples[0].at if one.samples else one.opened_at for one in fresh)
        around = look_around(replace(endpoint, id=""), since, watched, online=self.online)
        whose = blamed(trouble.seen(endpoint), around)
        opened = open_incident(
            trouble, Standing(""), endpoint, whose, location=self._location, now=now, notice=True
        )
        groups = {one.group for one in fresh}
        good = [one.last_good_at for one in fresh if one.last_good_at is not None]
        opened = replace(
            opened,
            group=groups.pop() if len(groups) == 1 else "default",
            last_good_at=max(good, default=None),
        )
        return self._fold(opened, fresh)

    def _revise(
        self,
        known: Incident,
        members: list[Watched],
        fallen: dict[str, Incident],
        now: datetime,
    ) -> Changed:
        joining = [one for one in fallen.values() if self._joins(one, known)]
        parts = self._parts(known) + joining
        if not parts:
            return self._close(known.key, parts, now)
        if not joining:
            return ()
        trouble = worse(trouble_together(known.key, parts, len(members)), known)
        whose = Blamed(known.blame, known.sentence)
        revised = revise(known, trouble, Standing(""), whose)
        return self._fold(replace(revised, reason=trouble.reason), joining)

    def _fold(self, parent: Incident, parts: Iterable[Incident]) -> Changed:
        """Make incidents part of a platform's."""
        folded = tuple(replace(one, parent=parent.id) for one in parts)
        further = tuple(one.id for one in folded if one.id not in parent.children)
        parent = replace(parent, children=parent.children + further)
        self._ongoing.update({one.key: one for one in (*folded, parent)})
        return (*folded, parent)

    def _close(self, key: str, left: list[Incident], now: datetime) -> Changed:
        self._few_since.pop(key, None)
        names = ", ".join(one.endpoint for one in left)
        because = f"most work again; still not: {names}" if left else "all work again"
        closed = close(self._ongoing.pop(key), now=now, because=because)
        alone = tuple(replace(one, parent="") for one in left)
        self._ongoing.update({one.key: one for one in alone})
        return (closed, *alone)

    # ------------------------------------------------------------ what is asked

    def _parts(self, parent: Incident) -> list[Incident]:
        return [one for one in self._ongoing.values() if one.parent == parent.id]

    def _between(self, start: datetime, end: datetime) -> float:
        """Return how many seconds of a time the monitor was there."""
        seconds = (end - start).total_seconds()
        if self.away is None:
            return seconds
        left, back = self.away
        return seconds - max((min(end, back) - max(start, left)).total_seconds(), 0.0)

    def _is_fresh(self, incident: Incident, now: datetime) -> bool:
        recent = self._between(incident.opened_at, now) <= self.policy.within
        return recent and not self._has_parent(incident)

    def _joins(self, incident: Incident, known: Incident) -> bool:
        before = self._between(incident.opened_at, known.opened_at)
        return before <= self.policy.within and not self._has_parent(incident)

    def _has_parent(self, incident: Incident) -> bool:
        """Tell whether it is part of another. What flaps may fall with all the others, too."""
        known = (one for one in self._ongoing.values() if one.id == incident.parent)
        return any(not is_flapping(one.key) for one in known)

    def _were_few_long_enough(
        self, key: str, left: int, watched: Iterable[Watched], now: datetime
    ) -> bool:
        if 2 * left > self.policy.enough(len(members_of(key, watched))):
            self._few_since.pop(key, None)
            return False
        since = self._few_since.setdefault(key, now)
        return (now - since).total_seconds() >= self.policy.within
