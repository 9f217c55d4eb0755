"""The reconciler: keeps what everybody was told in step with how things stand.

    stands(alert) -> every courier it concerns looks at the key -> due or silent -> sent -> journal

Two facts are compared at the start, on every change and on a slow beat. Nothing is queued.
"""

import asyncio
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence

from alerts import self_alert
from alerts.alert import Alert, Status
from alerts.channel_state import ChannelState, Condition
from alerts.channels import Channel
from alerts.courier import Courier
from alerts.entry import Entry
from alerts.journal import Journal
from alerts.moment import Clock, Uniform
from alerts.numbers import Numbers, Tally
from alerts.orders import Orders
from alerts.overview import Overview
from alerts.standing import Standing
from alerts.told import Told, told_of
from alerts.world import World

BEAT = 15.0
"""Seconds between two looks at everything, should a change have been missed."""

_log = logging.getLogger("omilia_monitor.alerts.delivery")


class Reconciler:
    """Delivers alerts. Whatever is not a coroutine is quick.

    `tell_self` names the channels that hear of trouble with other channels; None means all.
    """

    def __init__(
        self,
        channels: Iterable[Channel],
        journal: Journal,
        clock: Clock,
        uniform: Uniform,
        *,
        beat: float = BEAT,
        tell_self: Sequence[str] | None = None,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._beat = beat
        self._tell_self = tell_self
        self._tally = Tally()
        self._standing = Standing()
        self._world = World(
            self._standing, journal, clock, uniform, self._tally, self._changed, self._settled
        )
        self._couriers = {channel.name: Courier(channel, self._world) for channel in channels}
        self.orders = Orders(self._couriers, self._world)
        self.overview = Overview(self._couriers, self._world)
        self._gone: dict[str, Courier] = {}
        self._ready = False
        self._running: dict[str, asyncio.Task[None]] = {}
        self._retiring: set[asyncio.Task[None]] = set()

    # ------------------------------------------------------------ life

    async def start(self) -> None:
        """Load the journal and begin to work. Nothing is sent before `ready`."""
        await self.load()
        self._running[""] = asyncio.create_task(self._beats(), name="alerts-beat")
        for name in self._couriers:
            self._run(name)

    async def load(self) -> None:
        """Read the journal, and go on where it left off. When it cannot be read now: later."""
        if await self._journal.load():
            for courier in self._couriers.values():
                courier.restore()
            if self._ready:
                self._look_at_everything()

    def owed_incident_ids(self) -> set[str]:
        """Return incidents that somebody believes go on: say how they stand, then `ready`."""
        heard = self._journal.heard()
        ours = (e.incident_ids for e in heard if self_alert.channel_of(e.key) is None)
        return set().union(*ours)

    def believed_of(self, prefix: str) -> list[Alert]:
        """Return the alerts that somebody believes go on, of the keys that begin like this."""
        heard = (one.alert for one in self._journal.heard() if one.key.startswith(prefix))
        return [one for one in heard if one is not None and one.status is Status.FIRING]

    def ready(self) -> None:
        """Begin to send: how everything stands has been said.

        What somebody believes in and nobody spoke of is over, and told so.
        """
        self._ready = True
        for courier in self._couriers.values():
            courier.open = True
        self._look_at_everything()

    def stands(self, alert: Alert) -> None:
        """Say how an incident stands. Cheap when that is no news; never blocks, never raises."""
        if not self._standing.put(alert, self._believed):
            return
        for courier in self._couriers.values():
            entry = self._journal.entry(courier.name, alert.key)
            if courier.name in alert.channels or (entry is not None and entry.heard):
                courier.notice(alert.key)
        self._settled(alert.key)

    async def adopt(
        self, channels: Iterable[Channel], tell_self: Sequence[str] | None = None
    ) -> None:
        """Go on with other channels. Those of a known name keep what they were told.

        A channel that was removed is told nothing more. What was misconfigured is asked again.
        Channels that are no longer used are closed when their last send has ended.
        """
        self._tell_self = tell_self
        wanted = {channel.name: channel for channel in channels}
        for name in self._couriers.keys() - wanted.keys():
            courier = self._gone[name] = self._couriers.pop(name)
            courier.open = False
            self._retire(courier, courier.channel)
            self._end_self_alert(name, "it is no longer configured")
        for name, channel in wanted.items():
            known = self._couriers.get(name) or self._gone.pop(name, None)
            if known is None:
                known = Courier(channel, self._world)
                known.restore()
            elif known.channel is not channel:
                if name in self._couriers:
                    self._retire(known, known.channel)
                known.replace(channel)
            self._couriers[name] = known
            known.open = self._ready
            if self._running and name not in self._running:
                self._run(name)
        self._look_at_everything()

    async def stop(self, within: float) -> None:
        """Let sends under way end, for at most `within` seconds; write the journal; close."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._running.clear()
        couriers = [*self._couriers.values(), *self._gone.values()]
        for courier in couriers:
            courier.open = False
        await asyncio.gather(*(courier.finish(within=0.8 * within) for courier in couriers))
        await self._journal.close(0.2 * within)
        for task in self._retiring:
            task.cancel()
        await asyncio.gather(*self._retiring, return_exceptions=True)
        for courier in couriers:
            await courier.channel.close()

    async def round(self) -> None:
        """Look at everything once, and send what is due, until nothing is (drives tests)."""
        await self._look()
        while any(courier.next_wake() == 0 for courier in self._couriers.values()):
            await asyncio.gather(*(courier.round() for courier in self._couriers.values()))
        await self._journal.durable()

    def next_wake(self) -> float | None:
        """Return in how many seconds something may be due, None when only news can change that."""
        wakes = [courier.next_wake() for courier in self._couriers.values()]
        return min((wake for wake in wakes if wake is not None), default=None)

    # ------------------------------------------------------------ reading

    async def told(self, incident_ids: Collection[str]) -> dict[str, list[Told]]:
        """Return what was told to whom about each incident, ordered by time. Never raises.

        One query for all of them. When the database cannot be read: what memory knows.
        """
        lanes = {incident: self._journal.about(incident) for incident in incident_ids}
        tellings = await self._journal.told(incident_ids)
        owed: dict[str, list[Told]] = {one: [] for one in lanes}
        for courier in self._couriers.values():
            for due in courier.untold():
                error = courier.watch.state.last_error
                waiting = Told(courier.name, None, 0, due.alert.updated_at, None, error=error)
                for one in owed.keys() & {due.alert.id, *(m.id for m in due.alert.members)}:
                    owed[one].append(waiting)
        return {one: told_of(tellings.get(one, ()), lanes[one], owed[one]) for one in lanes}

    def numbers(self) -> Numbers:
        """Return the numbers that watch the watcher."""
        return self.overview.numbers()

    # ------------------------------------------------------------ inside

    async def _beats(self) -> None:
        """Look at everything now and then, whatever happens."""
        while True:
            await asyncio.sleep(self._beat)
            try:
                await self._look()
            except Exception:  # noqa: BLE001  a bug must not end the beat
                _log.exception("reconciler.bug")

    async def _look(self) -> None:
        """Catch up with what was missed: the journal first, then every key."""
        if not self._journal.loaded:
            await self.load()
        await self._journal.durable()
        for _ in self._looks():
            await asyncio.sleep(0)

    def _look_at_everything(self) -> None:
        """Look at it all in one go."""
        for _ in self._looks():
            pass

    def _looks(self) -> Iterator[None]:
        """Let every courier look at every key that may concern it.

        Yields now and then, for others to have their turn: there may be many keys.
        """
        if not self._ready:
            return
        for entry in self._journal.heard():
            self._take_up_self_alert(entry)
            courier = self._couriers.get(entry.channel)
            if courier is not None:
                courier.notice(entry.key)
        for courier in list(self._couriers.values()):
            self._changed(courier.watch.state)  # others than before may have to hear of it
        for alert in self._standing.all():
            for name in alert.channels:
                if name in self._couriers:
                    self._couriers[name].notice(alert.key)
        for courier in list(self._couriers.values()):
            yield from courier.sweep()

    def _settled(self, key: str) -> None:
        """Forget a key that is over, when nobody has to hear of it any more.

        Somebody whose channel is not configured now may have to hear of it later.
        """
        newest = self._standing.newest(key)
        if newest is None or newest.status is Status.FIRING:
            return
        if any(self._believed(incident) for incident in self._standing.incidents(key)):
            return
        if not any(courier.owes(key) for courier in self._couriers.values()):
            self._standing.forget(key)

    def _believed(self, incident_id: str) -> bool:
        return any(entry.heard for entry in self._journal.about(incident_id))

    def _run(self, name: str) -> None:
        run = self._couriers[name].run()
        self._running[name] = asyncio.create_task(run, name=f"alerts-{name}")

    def _retire(self, courier: Courier, channel: Channel) -> None:
        """Close a channel when nothing is under way on it any more."""

        async def retire() -> None:
            try:
                await courier.finish(channel)
            finally:
                await channel.close()

        task = asyncio.create_task(retire(), name=f"alerts-retire {channel.name}")
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    # ------------------------------------------------------------ alerts about channels

    def _changed(self, state: ChannelState) -> None:
        known = self._standing.newest(self_alert.key_of(state.name))
        names = [courier.name for courier in self._couriers.values()]
        tell = names if self._tell_self is None else self._tell_self
        alert = self_alert.revised(known, state, tell, self._clock.now())
        if alert is not None and alert.channels:
            self.stands(alert)

    def _take_up_self_alert(self, entry: Entry) -> None:
        """Go on with an alert about a channel that was raised before a restart."""
        name = self_alert.channel_of(entry.key)
        if name is None or entry.alert is None or self._standing.newest(entry.key) is not None:
            return
        courier = self._couriers.get(name)
        self.stands(entry.alert)
        if courier is None:
            self._end_self_alert(name, "it is no longer configured")
        elif courier.watch.state.condition is Condition.OK:
            self._end_self_alert(name, "it works again")

    def _end_self_alert(self, name: str, because: str) -> None:
        known = self._standing.newest(self_alert.key_of(name))
        if known is not None and known.status is Status.FIRING:
            self.stands(self_alert.ended(known, because, self._clock.now()))
