"""The newsroom: everything between an incident and a channel, wired to each other."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import asdict
from typing import Any

from alerts.channels import Channel, make
from alerts.hearing import Hearing
from alerts.journal import Journal, Shelf
from alerts.moment import Uniform
from alerts.reconciler import Reconciler
from monitor.app.settings import Settings
from monitor.app.telling.announcer import Announcer
from monitor.app.telling.door import watchdog
from monitor.app.telling.groups import Groups
from monitor.app.telling.hearing import Acknowledge, Listener
from monitor.app.telling.journal_desk import JournalDesk
from monitor.app.telling.silences import Silences
from monitor.board import Board
from monitor.core.ack import Ack
from monitor.core.incident import Incident
from monitor.core.silence import Silence
from monitor.core.traffic import Word
from monitor.ports import Clock, Timeline


class Newsroom:
    """Owns the journal, the reconciler and the announcer. `settings` are those in force.

    `members` names the endpoints in the incident of a key; `awaits` says whether an incident may
    yet turn out to be part of another, `word` what real traffic says of an endpoint;
    `acknowledge` notes who has taken one at PagerDuty, `keep` makes a silence durable.
    """

    def __init__(
        self,
        shelf: Shelf,
        board: Board,
        clock: Clock,
        uniform: Uniform,
        settings: Callable[[], Settings],
        *,
        members: Callable[[str], Collection[str]],
        awaits: Callable[[Incident], bool],
        word: Callable[[str], tuple[Word, object] | None],
        acknowledge: Acknowledge,
        patience: float,
        keep: Callable[[Silence], Awaitable[None]],
        timeline: Timeline,
    ) -> None:
        self._clock = clock
        self._settings = settings
        self._acknowledge = acknowledge
        self.journal = Journal(shelf, clock, patience=patience)
        self._made = self._channels()
        self.reconciler = Reconciler(
            self._made, self.journal, clock, uniform, tell_self=settings().self_alerts
        )
        self.groups = Groups(self.reconciler.stands, self.journal, clock, settings)
        listener = Listener(clock, board.open_incident, acknowledge, self.groups.parts)
        self.hearing = Hearing(
            lambda: self._made,
            self.journal,
            clock,
            uniform,
            concerns=listener.concerns,
            say=listener.hear,
        )
        self.journal_desk = JournalDesk(self.reconciler)
        self.silences = Silences(
            clock,
            keep=keep,
            timeline=timeline,
            held=lambda: self.announcer.look(),  # noqa: PLW0108  not made yet
        )
        self.announcer = Announcer(
            board,
            self.groups,
            clock,
            settings,
            members,
            awaits=awaits,
            word=word,
            silences=self.silences,
        )

    def look(self) -> None:
        """See to what follows from time alone: silences that begin or end, alerts that wait."""
        self.silences.look()
        self.announcer.look()

    async def start(self) -> None:
        """Go on where the journal left off. Nothing is sent before `begin`."""
        await self.reconciler.start()
        self.groups.take_up()
        self.announcer.begin(self.reconciler.owed_incident_ids())

    def begin(self) -> None:
        """Begin to send: how everything stands has been said."""
        self.groups.begin()
        self.stand_watch()
        self.reconciler.ready()

    async def adopt(self) -> None:
        """Go on under the settings that are in force now."""
        self._made = self._channels()
        await self.reconciler.adopt(self._made, self._settings().self_alerts)
        self.stand_watch()

    def stand_watch(self) -> None:
        """Have those hear of us who want to, for as long as we live; end it where nobody does."""
        self.reconciler.stands(watchdog(self._settings(), self._clock.now()))

    async def acknowledge(self, incident_id: str, ack: Ack | None) -> Incident | None:
        """Note who has an incident, or all that go on in a group; None when none such is open.

        Returns it, of a group one of them. All at once: else who is told hears of each by itself.
        """
        parts = self.groups.parts(incident_id)
        noted = await asyncio.gather(*(self._acknowledge(one, ack, "") for one in parts))
        return next((one for one in reversed(noted) if one is not None), None)

    async def told(self, incidents: Collection[str]) -> dict[str, list[dict[str, Any]]]:
        """Return for each incident what was told to whom, in order, as JSON values."""
        found = await self.reconciler.told(incidents)
        return {incident: [asdict(one) for one in told] for incident, told in found.items()}

    def _channels(self) -> list[Channel]:
        configured = self._settings().channels.root
        return [make(name, one, self._clock) for name, one in configured.items()]
