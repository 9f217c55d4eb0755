"""The daemon: the order in which its rooms live and die."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

from alerts import hearing
from alerts.moment import ms_of
from monitor.adapters import mirror
from monitor.adapters.clock import uniform as real_dice
from monitor.adapters.store import Retention
from monitor.app import bookkeeper, burn_watch, deadman, expiry_watch
from monitor.app.budgeting import allowances_of
from monitor.app.deadman import DeadManPing
from monitor.app.maintenance.almanac import KEY
from monitor.app.metric_sources import mirror_source, objective_source
from monitor.app.patience import Patience
from monitor.app.recalling import recent_outages
from monitor.app.rooms import DEFAULT_PATIENCE, MetronomeFactory, Rooms, metronome_on_the_loop
from monitor.app.self_watch import StoreWatch
from monitor.app.settings import Settings
from monitor.app.tending import Heartbeat, periodically
from monitor.app.wellness import unwell
from monitor.app.wiring import (
    credentials_of,
    endpoints_of,
    flapping_of,
    grants_of,
    place_of,
    together_of,
    witnesses_of,
)
from monitor.core.cadence import phase_of
from monitor.core.endpoint import Endpoint
from monitor.core.incident import Incident
from monitor.core.network import NETWORK
from monitor.ports import Clock, StoreUnavailableError

SUMMED_UP = timedelta(days=1)
"""How long after we were offline that is worth telling after a restart."""
FIRST_LOOK = 5.0
"""Every endpoint is probed for the first time within so many seconds of the start."""


class Daemon(Rooms):
    """One monitor: made from settings, started, reloaded, stopped."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        metronome: MetronomeFactory = metronome_on_the_loop,
        patience: Patience = DEFAULT_PATIENCE,
        uniform: Callable[[float, float], float] = real_dice,
    ) -> None:
        super().__init__(
            settings, clock=clock, metronome=metronome, patience=patience, uniform=uniform
        )
        self.store_watch = StoreWatch(
            self.clock,
            self.store.health,
            self.reconciler.stands,
            self._own_channels,
            self._make_whole,
            whole=lambda: not self._began_blind,
            patience=self.patience.store_failing,
        )
        self.mirror = mirror.Mirror(self.board, self.clock, place_of(settings))
        self.metrics.add_source(mirror_source(self.mirror))
        self.metrics.add_source(objective_source(self.burn_watch.held))
        self.deadman = DeadManPing(self.clock, lambda: self.settings.deadman, self.unwell)
        self._tending: list[asyncio.Task[None]] = []
        self._began_blind = False

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Go on where the last run left off, then begin to probe.

        Nothing is told before everything that is known stands on the board. Raises OSError when
        the address to listen on cannot be had.
        """
        await self.web.start(*address(self.settings.listen))
        self.announcer.public_url = self.url
        await self.store.open()
        saved = await self.store.load()
        self._began_blind = not saved.complete
        self.upkeep.restore(saved.windows)
        await self.upkeep.almanac.adopt(self.settings.maintenance, saved.copies)
        self.upkeep.plan()
        self.newsroom.silences.restore(saved.silences)
        if saved.presence is not None:
            self.book.platforms.away = (saved.presence.seen, self.clock.now())
        superseded = self.book.restore(saved.incidents)
        for incident in self.book.open_incidents():
            if incident.key == NETWORK:
                self.lookout.resume(incident.opened_at)
        for endpoint in endpoints_of(self.settings):
            self.engine.watch(endpoint, saved.standings.get(endpoint.id))
        abandoned = await self.engine.close_abandoned(saved.standings)
        abandoned += await self.engine.end_unknown(superseded)
        self.board.restore(self.book.open_incidents())
        self.book.flaps.recall(await recent_outages(self.store, self.settings.location))
        self._known = True
        self.bookkeeper.open(saved)
        self.board.listen(self.bookkeeper.hear)
        self.board.listen(self.metrics.publish)
        self.board.listen(self.announcer.announce)
        self.board.listen(self.web.events.source.publish)
        self.board.listen(self.mirror.hear)
        await self.newsroom.start()
        self.upkeep.almanac.take_up(self.reconciler.believed_of(KEY))
        self.announcer.announce_all(self.book.open_incidents())
        self.announcer.announce_all(abandoned)
        self.announcer.announce_all(await self._owed())
        self.newsroom.begin()
        await self.desk.restore()
        for endpoint in self.engine.endpoints():
            self._begin(endpoint)
        self.metronome.start()
        self._tend()
        self.ready = True

    def unwell(self, untold: float) -> str:
        """Say what keeps the monitor from its work; something may be untold for so many seconds."""
        due = (self.metronome.next_at(one.id) for one in self.engine.endpoints())
        numbers, now = self.reconciler.numbers(), self.clock.now()
        return unwell(self.readiness(), due, numbers, untold=untold, now=now)

    def _begin(self, endpoint: Endpoint) -> None:
        """Give an endpoint its first due time: soon, but not all at once."""
        trial = self.engine.first_in(endpoint.id)
        soon = phase_of(endpoint.id, min(endpoint.every, FIRST_LOOK))
        self.metronome.set(endpoint.id, endpoint.every, first_in=soon if trial is None else trial)

    async def _owed(self) -> Sequence[Incident]:
        """Find the incidents that ended while somebody still believes that they go on.

        And the last time that we were offline, of which perhaps nobody could be told.
        """
        owed = self.reconciler.owed_incident_ids()
        owed -= {incident.id for incident in self.book.open_incidents()}
        try:
            found = list(await self.store.incidents_by_id(owed)) if owed else []
            blind = await self.store.last_of(NETWORK)
        except StoreUnavailableError:
            return ()  # then they are resolved as the journal remembers them
        if blind and blind.closed_at and self.clock.now() - blind.closed_at < SUMMED_UP:
            found.append(blind)
        return found

    def _tend(self) -> None:
        for every, what, do in (
            (Heartbeat.EVERY, "heartbeat", self.heartbeat.beat),
            (1.0, "store watch", self.store_watch.look),
            (bookkeeper.EVERY, "ledger", self.bookkeeper.beat),
            (1.0, "review", self.review),
            (1.0, "credentials", self.desk.beat),
            (self.patience.files, "secret files", self.secret_files.look),
            (expiry_watch.EVERY, "expiry", self.expiry_watch.look),
            (burn_watch.EVERY, "objectives", self.burn_watch.look),
            (60.0, "janitor", self._sweep),
            (1.0, "calendars", self.upkeep.renew),
            (mirror.EVERY, "mirror", self.mirror.beat),
            (deadman.LOOK, "dead man", self.deadman.look),
            (hearing.LOOK, "hearing", self.newsroom.hearing.look),
        ):
            task = asyncio.create_task(periodically(every, what, do), name=what)
            self._tending.append(task)
        for run, what in (
            (self.upkeep.run, "maintenance"),
            (self.order_watch.run, "orders"),
            (self.mirror.run, "mirror"),
        ):
            self._tending.append(asyncio.create_task(run(), name=what))

    async def review(self) -> None:
        """See to what follows from time alone: incidents of platforms, alerts that were held."""
        await self.engine.review()
        await self.engine.look_at_traffic()
        self.newsroom.look()

    async def _sweep(self) -> None:
        keep = self.settings.retention
        await self.store.sweep(Retention(keep.outcomes, keep.minutes, keep.hours))
        await self.journal.forget_before(ms_of(self.clock.now()) - round(keep.hours * 1000))

    async def _make_whole(self) -> bool:
        """Write how everything stands into a store that was away, and end what it thinks goes on.

        A daemon that began without its store knows nothing of the incidents that were open in it:
        what is still wrong has been opened anew by our own probes. Returns whether it is done.
        """
        await self.engine.save()
        if not self._began_blind:
            return True
        known = {incident.id for incident in self.book.open_incidents()}
        saved = await self.store.load()
        known |= {incident.id for incident in self.book.open_incidents()}
        if saved.complete:
            self._began_blind = False
            self.upkeep.restore(saved.windows)
            await self.upkeep.almanac.adopt(self.settings.maintenance, saved.copies)
            self.upkeep.plan()
            self.newsroom.silences.restore(saved.silences)
            self.bookkeeper.make_whole(saved)
            unknown = [incident for incident in saved.incidents if incident.id not in known]
            self.announcer.announce_all(await self.engine.end_unknown(unknown))
        return saved.complete

    async def stop(self) -> None:
        """End within ten seconds, owing nothing: the order is the reverse of a probe's way.

        The waits below add up to less, even when every one of them is used up.
        """
        self.ready = False
        await self.metronome.stop(within=self.patience.last_probes)
        for task in self._tending:
            task.cancel()
        await asyncio.gather(*self._tending, return_exceptions=True)
        await self.lookout.close()
        await self.bookkeeper.beat()
        await self.desk.keep(within=self.patience.last_writes)
        await self.engine.save()
        sends = self.reconciler.stop(within=self.patience.last_sends)
        await asyncio.gather(sends, self.web.stop(), self._hang_up(), self.mirror.close())
        await self.store.close(within=self.patience.last_writes)

    async def _hang_up(self) -> None:
        """Let go of Omilia: conversations are ended, then tokens, then connections."""
        await self.asking.close()
        await self.credentials.close()
        await self.prober.close()

    # ------------------------------------------------------------ reload

    async def reload(self, settings: Settings) -> list[str]:
        """Go on under other settings. Returns the keys that need a restart to take effect.

        The settings have been validated: nothing here can fail half-way. An endpoint that is still
        configured keeps its state, whatever else of it changed.
        """
        fixed = ("listen", "store", "location", "log")
        ignored = [k for k in fixed if getattr(settings, k) != getattr(self.settings, k)]
        kept = {key: getattr(self.settings, key) for key in fixed}
        known = {endpoint.id: endpoint.every for endpoint in self.engine.endpoints()}
        added = [e.id for e in settings.endpoints if e.id not in known]
        standings = (await self.store.load()).standings if added else {}
        before, self.settings = self.settings, settings.model_copy(update=kept)
        self.announcer.public_url = self.url
        self.book.platforms.policy = together_of(settings)
        self.book.flaps.policy = flapping_of(settings)
        self.lookout.witnesses = witnesses_of(settings)
        self.credentials.adopt(credentials_of(settings), grants_of(settings))
        self.prober.renew_trust()
        await self.newsroom.adopt()
        await self.upkeep.almanac.adopt(settings.maintenance)
        for gone in {e.id for e in before.endpoints} - {e.id for e in settings.endpoints}:
            self.metronome.remove(gone)
            await self.engine.unwatch(gone)
            self.board.forget(gone)
            self.bookkeeper.forget(gone)
        self.budgets.adopt(allowances_of(settings))
        self.mirror.adopt(place_of(settings))
        for endpoint in endpoints_of(settings):
            self.engine.watch(endpoint, standings.get(endpoint.id))
            if endpoint.id not in known:
                self._begin(endpoint)
            elif endpoint.every != known[endpoint.id]:
                self.metronome.set(endpoint.id, endpoint.every)
        for endpoint in self.engine.paused():
            self._begin(endpoint)  # its credential may be another one now
        self.upkeep.plan()
        for name in self.credentials.paused():
            self.desk.tried_again(name)
        self.desk.changed()
        await self.expiry_watch.look()
        self.announcer.announce_all(self.book.open_incidents())
        self.web.events.source.configured()
        return ignored


def address(listen: str) -> tuple[str, int]:
    """Split `HOST:PORT`."""
    host, _, port = listen.rpartition(":")
    return host.strip("[]"), int(port)
