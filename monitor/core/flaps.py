"""The incidents of what flaps: opened by one outage too many, closed when it has been quiet."""

from collections.abc import Callable, Iterable, Mapping, MutableMapping
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.ack import kept
from monitor.core.around import Watched
from monitor.core.flapping import (
    Flapping,
    Tally,
    Turn,
    began,
    ended,
    found,
    is_flapping,
    key_of,
    so_far,
    summed,
    thing_of,
    turn,
)
from monitor.core.incident import Incident, Severity, close, id_of
from monitor.core.network import NETWORK
from monitor.core.standing import is_over
from monitor.core.together import is_platform

REMEMBERED = 100
"""So many of its latest outages are named as the children of a flap; counted are all."""

_WORST = (Severity.CRITICAL, Severity.ERROR, Severity.WARNING)
Changed = tuple[Incident, ...]


class Flaps:
    """Folds the outages of a thing that flaps into one, in the book whose `ongoing` it shares.

    Counted is what stands alone: neither the parts of a platform's incident, nor those of one that
    is needed, nor what began during maintenance (`excused`). An outage that may yet turn out to be
    a platform's (`awaits`) is not judged before that is known.
    """

    def __init__(
        self,
        ongoing: MutableMapping[str, Incident],
        location: str,
        awaits: Callable[[Incident, Iterable[Watched], datetime], bool],
    ) -> None:
        self.policy: Flapping | None = Flapping()
        """None while nobody asks for it."""
        self.excused: Callable[[Incident], bool] = lambda _: False
        self._ongoing = ongoing
        self._location = location
        self._awaits = awaits
        self._over: dict[str, list[Incident]] = {}

    def recall(self, incidents: Iterable[Incident]) -> None:
        """Go on after a restart, with the incidents of the last `within`; a flap begins anew."""
        over = [one for one in incidents if not one.is_open]
        for one in sorted(over, key=lambda one: one.opened_at):
            if is_flapping(one.key):
                self._over.pop(thing_of(one.key), None)
            elif _may_flap(one) and not one.parent and not self.excused(one):
                self._remember(one)

    def settle(self, changed: Changed, watched: Iterable[Watched], now: datetime) -> Changed:
        """Look at incidents that changed; return those, of flaps and parts, that this changes."""
        further: Changed = ()
        for incident in changed:
            if self.policy is not None and _may_flap(incident):
                further += self._look(incident, self.policy, watched, now)
        return further

    def review(self, watched: Mapping[str, Watched], now: datetime) -> Changed:
        """See to what follows from time alone."""
        changed: Changed = ()
        for flap in [one for one in self._ongoing.values() if is_flapping(one.key)]:
            changed += self._review(flap, watched, now)
        alone = tuple(one for one in self._ongoing.values() if not one.parent)
        return changed + self.settle(alone, watched.values(), now)

    def claims(self, incident: Incident) -> bool:
        """Tell whether an outage that stands alone is about to become part of a flap."""
        if self.policy is None or incident.parent or not _may_flap(incident):
            return False
        if self.excused(incident):
            return False
        is_known = key_of(incident.key) in self._ongoing
        return is_known or bool(self._too_many(incident, self.policy))

    # ------------------------------------------------------------ what happens

    def _look(
        self, incident: Incident, policy: Flapping, watched: Iterable[Watched], now: datetime
    ) -> Changed:
        flap = self._ongoing.get(key_of(incident.key))
        if incident.is_open:
            if incident.parent or self._awaits(incident, watched, now) or self.excused(incident):
                return ()
            return self._fold(flap, incident, policy, now)
        if flap is not None and flap.id == incident.parent:
            return self._up(flap, incident, now, began_at=incident.opened_at)
        if incident.parent or self.excused(incident):
            return () if flap is None else self._up(flap, incident, now, began_at=None)
        folded = self._fold(flap, incident, policy, now)
        if not folded:
            self._remember(incident)
        return folded

    def _fold(
        self, flap: Incident | None, outage: Incident, policy: Flapping, now: datetime
    ) -> Changed:
        """Make an outage part of the flap of its key; open that when it is one too many."""
        if flap is None:
            outages = self._too_many(outage, policy)
            if not outages:
                return ()
            flap = self._opened(outages, policy, now)
        else:
            flap = self._counted(flap, outage, now)
        part = replace(outage, parent=flap.id)
        self._ongoing[flap.key] = flap
        if part.is_open:
            self._ongoing[part.key] = part
            return part, flap
        if flap.tally is not None and flap.tally.up_since is None:
            return part, *self._up(flap, part, now, began_at=part.opened_at)
        return part, flap

    def _too_many(self, outage: Incident, policy: Flapping) -> list[Incident]:
        """Return the outages that make a flap with this one, none when there are too few."""
        outages = [*self._over.get(outage.key, ()), outage][-policy.opens :]
        span = (outage.opened_at - outages[0].opened_at).total_seconds()
        return outages if len(outages) == policy.opens and span <= policy.within else []

    def _opened(self, outages: list[Incident], policy: Flapping, now: datetime) -> Incident:
        """Open the incident that something flaps: as bad as the worst of its outages."""
        *over, newest = outages
        tally = Tally(outages[0].opened_at, outages[0].opened_at, summed_at=now)
        for one in over:
            tally = ended(tally, one.closed_at or now, began_at=one.opened_at)
        tally = replace(tally, last=newest.opened_at, outages=len(outages), up_since=None)
        key = key_of(newest.key)
        return replace(
            newest,
            id=id_of(key, self._location, now),
            key=key,
            opened_at=now,
            closed_at=None,
            closed_because="",
            revision=1,
            severity=min((one.severity for one in outages), key=_WORST.index),
            reason=found(tally, policy, newest.health, now),
            notice=True,
            children=tuple(one.id for one in outages),
            order=None,
            ack=None,
            tally=tally,
        )

    def _counted(self, flap: Incident, outage: Incident, now: datetime) -> Incident:
        """Return a flap with another outage, or the same when it is one that had been taken out."""
        if flap.tally is None or outage.id in flap.children:
            return flap
        severity = min(flap.severity, outage.severity, key=_WORST.index)
        tally = began(flap.tally, outage.opened_at)
        return replace(
            flap,
            severity=severity,
            ack=kept(flap.ack, flap.severity, severity),
            revision=flap.revision + (severity is not flap.severity),
            health=outage.health,
            category=outage.category,
            http_status=outage.http_status,
            samples=outage.samples,
            grounds=outage.grounds,
            blame=outage.blame,
            sentence=outage.sentence,
            last_good_at=outage.last_good_at,
            children=(*flap.children, outage.id)[-REMEMBERED:],
            reason=so_far(tally, outage.health, now),
            tally=tally,
        )

    def _up(
        self, flap: Incident, outage: Incident, now: datetime, *, began_at: datetime | None
    ) -> Changed:
        """Note that it is up again."""
        if flap.tally is None:
            return ()
        tally = ended(flap.tally, outage.closed_at or now, began_at=began_at)
        self._ongoing[flap.key] = flap = replace(
            flap, tally=tally, reason=so_far(tally, flap.health, now)
        )
        return (flap,)

    # ------------------------------------------------------------ what time brings

    def _review(self, flap: Incident, watched: Mapping[str, Watched], now: datetime) -> Changed:
        """Close a flap, or give people the sum of it, when it is time."""
        thing, tally, policy = thing_of(flap.key), flap.tally, self.policy
        outage, shown = self._ongoing.get(thing), watched.get(thing)
        if tally is None or policy is None:
            return self._close(flap, outage, "nobody asks for it any more", now)
        if shown is None and thing == flap.endpoint:
            return self._close(flap, outage, "no longer watched", now)
        if outage is None and tally.up_since is None:
            tally = ended(tally, now, began_at=tally.last)  # it ended without our seeing it
        well = outage is None and (shown is None or is_over(shown.standing))
        turned = turn(tally, policy, now, well=well)
        if turned is None:
            return ()
        if turned is Turn.QUIET:
            return self._close(flap, outage, summed(tally, flap.health, now), now)
        revision = flap.revision + 1
        tally = replace(
            tally,
            summed_at=now,
            digest=revision if turned is Turn.DIGEST else tally.digest,
            stays_down=tally.up_since is None and (tally.stays_down or turned is Turn.STAYS_DOWN),
        )
        self._ongoing[flap.key] = flap = replace(
            flap, revision=revision, tally=tally, reason=so_far(tally, flap.health, now)
        )
        return (flap,)

    def _close(
        self, flap: Incident, outage: Incident | None, because: str, now: datetime
    ) -> Changed:
        """Close a flap; an outage that goes on stands alone again."""
        closed = close(self._ongoing.pop(flap.key), now=now, because=because)
        self._over.pop(thing_of(flap.key), None)
        if outage is None or outage.parent != flap.id:
            return (closed,)
        self._ongoing[outage.key] = alone = replace(outage, parent="")
        return (closed, alone)

    def _remember(self, outage: Incident) -> None:
        """Keep an outage that is over for as long as it may count."""
        if self.policy is None:
            return
        since = outage.opened_at - timedelta(seconds=self.policy.within)
        known = self._over.get(outage.key, ())
        kept_ones = [one for one in known if one.opened_at >= since and one.id != outage.id]
        self._over[outage.key] = [*kept_ones, outage][-self.policy.opens :]


def _may_flap(incident: Incident) -> bool:
    """Tell whether an incident is an outage: a notice is none, and we ourselves are told in sum."""
    if incident.key == NETWORK or is_flapping(incident.key):
        return False
    return not incident.notice or is_platform(incident.key)
