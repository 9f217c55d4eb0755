"""The room between the announcer and the reconciler: what belongs to a group is told in it.

How a group stands follows from its members, and who is in it from what was told: there are no
timers, and nothing to repair after a restart. `Terms` say how long news of a group waits.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from alerts.alert import Alert, Status
from alerts.grouping import Grouping, grouped, taken_up, told_in
from alerts.journal import Journal
from monitor.app.settings import Settings
from monitor.ports import Clock

Telling = tuple[Alert, tuple[Grouping, ...]]
"""An incident's alert, for those who hear of it by itself, and the groups that it belongs to."""


class Groups:
    """Remembers how incidents stand that are told in groups. Passes all others on.

    Nothing is told of a group before `begin`: until then its members may not have been spoken of.
    """

    def __init__(
        self,
        stands: Callable[[Alert], None],
        journal: Journal,
        clock: Clock,
        settings: Callable[[], Settings],
    ) -> None:
        self._stands = stands
        self._journal = journal
        self._clock = clock
        self._settings = settings
        self._groupings: dict[str, Grouping] = {}
        self._known: dict[str, Alert] = {}
        self._members: dict[str, dict[str, Alert | None]] = {}
        self._begun = False
        self._count = 0

    def parts(self, incident_id: str) -> tuple[str, ...]:
        """Return the incidents that go on in the group of this id; of no group's, the id."""
        for known in self._known.values():
            if known.id == incident_id:
                return tuple(one.id for one in known.members if one.status is Status.FIRING)
        return (incident_id,)

    def take_up(self) -> None:
        """Go on with groups that somebody was told of before a restart."""
        for known in taken_up(self._journal.entries.values()):
            if known.status is Status.RESOLVED:
                self._stands(known)
                continue
            labels = known.facts.get("group_labels")
            labels = labels if isinstance(labels, dict) else {}
            self._groupings[known.key] = Grouping(known.key, labels, known.channels)
            self._known[known.key] = known
            self._members[known.key] = dict.fromkeys(one.id for one in known.members)

    def begin(self) -> None:
        """Begin to tell. A member that nobody spoke of is no longer known: it is over."""
        self._begun = True
        for key in list(self._groupings):
            self._settle(key)

    def stand(self, tellings: Iterable[Telling]) -> None:
        """Say how incidents stand."""
        changed: dict[str, None] = {}
        for alert, groupings in tellings:
            alone = [one for one in groupings if self._was_told_alone(alert, one)]
            for one in alone:
                channels, terms = (*alert.channels, *one.channels), {**one.terms, **alert.terms}
                alert = replace(alert, channels=channels, terms=terms)  # noqa: PLW2901
            self._stands(alert)
            into = {one.key: one for one in groupings if one not in alone}
            changed |= dict.fromkeys(self._note(alert, into))
        if self._begun:
            for key in changed:
                self._settle(key)

    def _was_told_alone(self, alert: Alert, grouping: Grouping) -> bool:
        """Tell whether an incident was told before its route grouped: then so it goes on."""
        lanes = (self._journal.entry(name, alert.key) for name in grouping.channels)
        return any(one and one.incident_id == alert.id and one.heard for one in lanes)

    def _note(self, alert: Alert, into: dict[str, Grouping]) -> list[str]:
        """Put an incident into its groups, and take it out of others. Returns those concerned."""
        for key, grouping in into.items():
            self._groupings[key] = grouping
            self._members.setdefault(key, {})
        concerned = [k for k, known in self._members.items() if k in into or alert.id in known]
        for key in concerned:
            if key in into or not self._leaves(key, alert, into):
                self._members[key][alert.id] = alert
            else:
                del self._members[key][alert.id]
        return concerned

    def _leaves(self, key: str, alert: Alert, into: dict[str, Grouping]) -> bool:
        """Tell whether an incident that belongs elsewhere now is no longer told in a group.

        What was told in it stays until it is over, unless all who were told hear of it elsewhere.
        """
        if alert.status is Status.RESOLVED:
            return False
        elsewhere = {*alert.channels, *(name for one in into.values() for name in one.channels)}
        hear = set(self._groupings[key].channels) & self._settings().channels.root.keys()
        return hear <= elsewhere or alert.id not in self._told(key)

    def _told(self, key: str) -> frozenset[str]:
        known = self._known.get(key)
        return told_in(self._journal.about(known.id)) if known else frozenset()

    def _settle(self, key: str) -> None:
        """Say how a group stands, and forget what is over."""
        told, now = self._told(key), self._clock.now()
        members = [one for one in self._members[key].values() if one is not None]
        known, grouping = self._known.get(key), self._groupings[key]
        self._count += known is None
        alert = grouped(known, members, grouping, told=told, now=now, number=self._count)
        over = alert is None or alert.status is Status.RESOLVED
        kept = () if alert is None or over else [one.id for one in alert.members]
        self._members[key] = {
            one.id: one for one in members if one.status is Status.FIRING or one.id in kept
        }
        if alert is not None:
            self._known[key] = alert
            self._stands(alert)
        if over:
            self._known.pop(key, None)
            if not self._members[key]:
                del self._members[key], self._groupings[key]
