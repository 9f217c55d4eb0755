"""What the tests of alerts share: a builder of alerts, a channel with a mind, a shelf in memory."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from alerts.alert import Alert, Severity, Status
from alerts.attempt import TOLD, Attempt, Reason, Result
from alerts.channels import Channel
from alerts.channels.lifecycle import Lifecycle
from alerts.journal import Journal
from alerts.message import Notification
from alerts.reconciler import Reconciler
from alerts.shelf import Rows
from alerts.telling import Telling
from tests.clock import START, FakeClock

if TYPE_CHECKING:
    from alerts.channel_state import ChannelState
    from alerts.entry import Entry, Lane
    from alerts.telling import TellingKey

DOWN = Attempt(Result.UNREACHABLE, Reason.SERVER, "HTTP 500")
LOST = Attempt(Result.UNKNOWN, Reason.TIMEOUT, "no answer in time")
REFUSED = Attempt(Result.REFUSED, Reason.CLIENT, "HTTP 400")
DENIED = Attempt(Result.MISCONFIGURED, Reason.AUTH, "HTTP 401")
GONE = Attempt(Result.DISABLED, Reason.GONE, "HTTP 410")


def throttled(hint: float | None) -> Attempt:
    return Attempt(Result.THROTTLED, Reason.RATE_LIMITED, "HTTP 429", hint)


def alert(
    incident: str = "A",
    revision: int = 1,
    status: Status = Status.FIRING,
    *,
    key: str = "chat",
    severity: Severity = Severity.ERROR,
    channels: Sequence[str] = ("ops",),
    started_at: datetime = START,
    at: datetime | None = None,
    facts: dict[str, Any] | None = None,
) -> Alert:
    moment = started_at if at is None else at
    return Alert(
        id=incident,
        revision=revision,
        key=key,
        status=status,
        severity=severity,
        title=f"{key} is down",
        reason="HTTP 503",
        started_at=started_at,
        updated_at=moment,
        ended_at=moment if status is Status.RESOLVED else None,
        channels=tuple(channels),
        facts=facts or {},
    )


def resolved(firing: Alert, after: float = 60.0) -> Alert:
    end = firing.updated_at + timedelta(seconds=after)
    return replace(
        firing,
        revision=firing.revision + 1,
        status=Status.RESOLVED,
        updated_at=end,
        ended_at=end,
    )


def worst(_low: float, high: float) -> float:
    """Dice that always give the longest wait."""
    return high


class FakeChannel:
    """Does as it is told: by key, else `answers` one by one, else `answer`."""

    kind = "fake"
    lifecycle = Lifecycle()

    def __init__(self, name: str, answer: Attempt = TOLD) -> None:
        self.name = name
        self.answer = answer
        self.answers: list[Attempt] = []
        self.by_key: dict[str, Attempt] = {}
        self.got: list[Notification] = []
        self.closed = False
        self.most_at_once = 0
        self.hangs: asyncio.Event | None = None
        self.sending: set[str] = set()
        self.began = asyncio.Event()

    async def send(self, notification: Notification) -> Attempt:
        key = notification.alert.key
        assert key not in self.sending, "two sends at a time for one key"
        self.sending.add(key)
        self.most_at_once = max(self.most_at_once, len(self.sending))
        try:
            self.got.append(notification)
            self.began.set()
            await asyncio.sleep(0)
            if self.hangs is not None:
                await self.hangs.wait()
            if key in self.by_key:
                return self.by_key[key]
            return self.answers.pop(0) if self.answers else self.answer
        finally:
            self.sending.discard(key)

    async def close(self) -> None:
        self.closed = True

    @property
    def ids(self) -> list[str]:
        return [f"{one.why} {one.id}" for one in self.got]


class MemoryShelf:
    """Keeps rows as a database would, and fails when told to."""

    def __init__(self) -> None:
        self.entries: dict[Lane, Entry] = {}
        self.channels: dict[str, ChannelState] = {}
        self.told: dict[TellingKey, Telling] = {}
        self.broken = False
        self.hangs: asyncio.Event | None = None
        self.saves = 0

    async def load(self) -> Rows:
        self._check()
        return Rows(list(self.entries.values()), list(self.channels.values()))

    async def save(self, rows: Rows) -> None:
        if self.hangs is not None:
            await self.hangs.wait()
        self._check()
        self.saves += 1
        self.entries |= {entry.lane: entry for entry in rows.entries}
        self.channels |= {state.name: state for state in rows.channels}
        self.told |= {telling.key: telling for telling in rows.tellings}

    async def tellings(self, incident_ids: Collection[str]) -> Sequence[Telling]:
        if self.hangs is not None:
            await self.hangs.wait()
        self._check()
        return [one for one in self.told.values() if one.incident_id in incident_ids]

    async def forget_before(self, at_ms: int, most: int) -> int:
        self._check()
        old = [one.key for one in self.told.values() if one.at_ms < at_ms][:most]
        for key in old:
            del self.told[key]
        return len(old)

    def _check(self) -> None:
        if self.broken:
            raise OSError("disk full")


class SlowShelf(MemoryShelf):
    """A database that takes a moment before and after it has written: a crash may fall between."""

    async def save(self, rows: Rows) -> None:
        await asyncio.sleep(0)
        await super().save(rows)
        await asyncio.sleep(0)


class House:
    """A reconciler with its world, and a way to crash and restart it."""

    def __init__(
        self, *channels: Channel, uniform: Callable[[float, float], float] = worst
    ) -> None:
        self.clock = FakeClock()
        self.shelf = MemoryShelf()
        self.channels = channels
        self.uniform = uniform
        self.reconciler = self.made()

    def made(self) -> Reconciler:
        self.journal = Journal(self.shelf, self.clock)
        return Reconciler(self.channels, self.journal, self.clock, self.uniform)

    async def begin(self, *standing: Alert) -> None:
        await self.reconciler.load()
        for one in standing:
            self.reconciler.stands(one)
        self.reconciler.ready()
        await self.reconciler.round()

    async def restart(self, *standing: Alert) -> None:
        """Lose all memory, keep the shelf, go on with what the app says stands."""
        self.reconciler = self.made()
        await self.begin(*standing)

    async def say(self, *alerts: Alert) -> None:
        for one in alerts:
            self.reconciler.stands(one)
        await self.reconciler.round()

    async def wait(self, seconds: float) -> None:
        """Let time pass, waking as the background loop would."""
        end = self.clock.mono + seconds
        while self.clock.mono < end:
            wake = self.reconciler.next_wake()
            self.clock.advance(min(end - self.clock.mono, 600.0 if wake is None else wake + 0.001))
            await self.reconciler.round()
