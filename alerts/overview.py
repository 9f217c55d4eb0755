"""What every channel was told about everything, what it is owed, and why that waits. Only read."""

import asyncio
import math
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import TypeVar

from alerts.alert import Severity, Status
from alerts.channel_state import Condition
from alerts.channels.lifecycle import Lifecycle
from alerts.courier import Courier
from alerts.entry import Entry, Lane
from alerts.message import Notification
from alerts.moment import at_ms
from alerts.numbers import Numbers
from alerts.policy import Due, NotDue, Quiet, Why
from alerts.world import World

T = TypeVar("T")

BEING_TOLD = "being_told"
NOT_CONFIGURED = "not_configured"
"""Words beside those of Quiet: why what is owed waits, and why nothing is."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a channel was told last. `at` is when, or when it was last repeated, if known."""

    status: Status
    severity: Severity | None
    revision: int
    at: datetime | None
    reminded: int


@dataclass(frozen=True, slots=True)
class Owed:
    """What a channel must be told, and since when it might know.

    `id` is that of the message. `waits` says why it is not told yet, "" when it goes out now, and
    `until` when that ends.
    """

    why: Why
    id: str
    status: Status
    severity: Severity
    revision: int
    since: datetime
    waits: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class LaneNow:
    """How the telling of one thing to one channel stands.

    Without anything `owed`, `quiet` says why, and `until` when that may change. `trying` is the
    revision that is being told or may have been, `attempts` and `error` are those since the last
    one that told something.
    """

    channel: str
    key: str
    incident: str
    title: str
    told: Said | None
    trying: int | None
    attempts: int
    not_before: datetime | None
    error: str
    owed: Owed | None
    quiet: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class ChannelNow:
    """How a channel is. `until` is when it is tried again; None also when somebody must say so."""

    channel: str
    kind: str
    condition: Condition
    failures: int
    until: datetime | None
    error: str
    owed: int
    dropped: int
    lifecycle: Lifecycle


@dataclass(frozen=True, slots=True)
class Reading:
    """The channels, and a part of the lanes: what is owed first, the oldest first.

    `owed` and `matching` say how many there are, shown or not.
    """

    channels: list[ChannelNow]
    lanes: list[LaneNow]
    owed: int
    matching: int


class Overview:
    """Reads from memory. `couriers` are those in force, by the names of their channels."""

    def __init__(self, couriers: Mapping[str, Courier], world: World) -> None:
        self._couriers = couriers
        self._world = world

    def names(self) -> set[str]:
        """Return the channels that are configured, or were told something once."""
        return {*self._couriers, *(name for name, _ in self._world.journal.entries)}

    def serves(self, channel: str) -> bool:
        """Tell whether a channel is configured."""
        return channel in self._couriers

    def numbers(self) -> Numbers:
        """Return the numbers that watch the watcher."""
        world, now = self._world, self._world.clock.now()
        untold = [due for courier in self._couriers.values() for due in courier.untold()]
        ages = [Notification(due.why, due.alert, now, since=due.since).age for due in untold]
        return Numbers(
            notifications=dict(world.tally.notifications),
            given_up=dict(world.tally.given_up),
            template_failures=dict(world.tally.template_failures),
            untold=len(untold),
            oldest_untold=max(ages, default=0.0),
            told_within=world.tally.told_within,
            told_seconds=world.tally.told_seconds,
            channels={name: one.watch.state.condition for name, one in self._couriers.items()},
            journal_backlog=world.journal.backlog,
            dropped=dict(world.tally.dropped),
        )

    async def read(self, channel: str | None, *, owed: bool, limit: int) -> Reading:
        """Return how things stand with one channel or all; only what is `owed`, if asked so.

        Thousands of lanes take a while: others get their turn in between.
        """
        couriers = [one for name, one in self._couriers.items() if channel in (None, name)]
        since: dict[Lane, datetime] = {}
        looked_at = ((courier, courier.looked_at()) for courier in couriers)
        async for courier, key in in_pieces([(c, key) for c, keys in looked_at for key in keys]):
            found = courier.outlook(key)
            if isinstance(found, Due):
                since[courier.name, key] = self._since(found)
        first = sorted(since, key=lambda lane: (since[lane], lane))
        rest: set[Lane] = set()
        if not owed:
            rest = {one for one in self._known() if channel in (None, one[0])} - since.keys()
        newest = nsmallest(max(limit - len(first), 0), rest, key=self._newest_first)
        counts = Counter(name for name, _ in first)
        return Reading(
            channels=[self.channel(one.name, counts[one.name]) for one in couriers],
            lanes=[self.lane(*lane) async for lane in in_pieces([*first, *newest][:limit])],
            owed=len(first),
            matching=len(first) + len(rest),
        )

    def channel(self, name: str, owed: int | None = None) -> ChannelNow:
        """Return how a configured channel is; `owed` when somebody has counted."""
        courier = self._couriers[name]
        state = courier.watch.state
        return ChannelNow(
            channel=name,
            kind=courier.channel.kind,
            condition=state.condition,
            failures=state.failures,
            until=self._in(courier.watch.left()),
            error=state.last_error,
            owed=sum(1 for _ in courier.untold()) if owed is None else owed,
            dropped=self._world.tally.dropped[name],
            lifecycle=courier.channel.lifecycle,
        )

    def lane(self, channel: str, key: str) -> LaneNow:
        """Return how the telling of one thing to one channel stands."""
        journal, courier = self._world.journal, self._couriers.get(channel)
        entry, newest = journal.entry(channel, key), self._world.standing.newest(key)
        found = courier.outlook(key) if courier else None
        about = found.alert if isinstance(found, Due) else None
        about = about or (entry.alert if entry else None) or newest
        left = courier.wait_of(key) - self._world.clock.monotonic() if courier else 0.0
        return LaneNow(
            channel=channel,
            key=key,
            incident=about.id if about else entry.incident_id if entry else "",
            title=about.title if about else "",
            told=_said(entry),
            trying=entry.trying_revision if entry else None,
            attempts=entry.attempts if entry else 0,
            not_before=self._in(left) if isinstance(found, Due) else None,
            error=entry.last_error if entry else "",
            owed=self._owed(courier, found) if courier and isinstance(found, Due) else None,
            quiet="" if isinstance(found, Due) else found.why if found else NOT_CONFIGURED,
            until=found.until if isinstance(found, NotDue) else None,
        )

    def knows(self, channel: str, key: str) -> bool:
        """Tell whether there is anything to say about a thing and a channel."""
        newest = self._world.standing.newest(key)
        addressed = newest is not None and channel in newest.channels
        return addressed or self._world.journal.entry(channel, key) is not None

    # ------------------------------------------------------------ inside

    def _known(self) -> Iterator[Lane]:
        """Yield what was told or tried, and what goes on, with whom it is for."""
        yield from self._world.journal.entries
        for alert in self._world.standing.all():
            if alert.status is Status.FIRING:
                yield from ((name, alert.key) for name in alert.channels)

    def _newest_first(self, lane: Lane) -> tuple[int, Lane]:
        entry = self._world.journal.entry(*lane)
        return (-entry.updated_ms if entry else 0, lane)

    def _since(self, due: Due) -> datetime:
        now = self._world.clock.now()
        return now - timedelta(seconds=Notification(due.why, due.alert, now, since=due.since).age)

    def _owed(self, courier: Courier, due: Due) -> Owed:
        waits, left = self._waits(courier, due.alert.key)
        alert = due.alert
        since, until = self._since(due), self._in(left)
        return Owed(
            due.why,
            Notification(due.why, alert, self._world.clock.now(), number=due.number).id,
            alert.status,
            alert.severity,
            alert.revision,
            since,
            waits,
            until,
        )

    def _waits(self, courier: Courier, key: str) -> tuple[str, float]:
        """Say why something that is due does not go out at once, and for how many seconds."""
        if courier.is_telling(key):
            return BEING_TOLD, 0.0
        lane = courier.wait_of(key) - self._world.clock.monotonic()
        held = courier.watch.hold(lane, courier.under_way)
        if held is None:
            return "", 0.0
        return held.why, lane if held.why is Quiet.NOT_YET else courier.watch.left()

    def _in(self, seconds: float) -> datetime | None:
        """Return the moment in so many seconds, None for what is now or never."""
        if not 0 < seconds < math.inf:
            return None
        return self._world.clock.now() + timedelta(seconds=seconds)


def _said(entry: Entry | None) -> Said | None:
    if entry is None or entry.told_status is None:
        return None
    revision = entry.told_as.revision if entry.told_as else entry.told_revision
    at = None if entry.told_ms is None else at_ms(entry.told_ms)
    return Said(entry.told_status, entry.told_severity, revision, at, entry.reminded)


async def in_pieces(items: Iterable[T], each: int = 100) -> AsyncIterator[T]:
    """Yield one after the other, and let others have their turn now and then."""
    for number, item in enumerate(items):
        if number % each == each - 1:
            await asyncio.sleep(0)
        yield item
