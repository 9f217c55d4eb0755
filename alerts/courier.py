"""A courier: tells one channel what it does not know yet, one send at a time per alert key."""

import asyncio
import contextlib
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass

from alerts import entry as entries
from alerts.attempt import Attempt, Result
from alerts.channel_state import Condition
from alerts.channels import Channel
from alerts.entry import Entry
from alerts.message import Notification
from alerts.moment import ms_of
from alerts.outlook import outlook
from alerts.policy import Due, NotDue, Quiet
from alerts.retry import CAP, backoff, left_of
from alerts.send import log_of, sent
from alerts.telling import Telling, tellings_of
from alerts.watch import Watch
from alerts.world import World

_log = logging.getLogger("omilia_monitor.alerts.delivery")


AT_A_TIME = 100
"""So many keys are looked at before others have their turn."""


@dataclass(frozen=True, slots=True)
class _Send:
    """One send that is under way."""

    channel: Channel
    generation: int
    due: Due
    before: Entry | None
    trying: Entry
    plain: bool


class Courier:
    """Serves one channel. `begin` starts what is due; `run` is a thin loop around it."""

    def __init__(self, channel: Channel, world: World) -> None:
        self.channel = channel
        self.name = channel.name
        self.open = False
        """Whether anything may be sent."""
        self.watch = Watch(channel.name, world.journal, world.clock, world.uniform, world.changed)
        self._world = world
        self._owed: dict[str, None] = {}
        self._in_flight: dict[str, tuple[Channel, asyncio.Task[None]]] = {}
        self._waits: dict[str, float] = {}
        self._later: dict[str, float] = {}
        self._refused: dict[str, str] = {}
        self._wake = asyncio.Event()

    # ------------------------------------------------------------ what is due

    def restore(self) -> None:
        """Go on where the journal left off."""
        now, now_ms = self._world.clock.monotonic(), ms_of(self._world.clock.now())
        for one in self._world.journal.entries.values():
            if one.channel == self.name and one.key not in self._in_flight:
                self._waits[one.key] = now + left_of(one.not_before_ms, one.updated_ms, now_ms)
        self.watch.restore()
        self._wake.set()

    def replace(self, channel: Channel) -> None:
        """Go on with a channel that was configured anew; what is owed stays owed."""
        self.channel = channel
        self.watch.ask_again()
        self._wake.set()

    def notice(self, key: str) -> None:
        """Look at a key: something may have to be told."""
        self._owed[key] = None
        self._wake.set()

    def looked_at(self) -> list[str]:
        """Return the keys that are to be looked at: all that may be owed is about these."""
        return list(self._owed)

    def owes(self, key: str) -> bool:
        """Tell whether a key is still to be looked at."""
        return key in self._owed

    @property
    def under_way(self) -> int:
        """How many sends are under way."""
        return len(self._in_flight)

    def is_telling(self, key: str) -> bool:
        """Tell whether a send about a key is under way."""
        return key in self._in_flight

    def hurry(self, key: str | None = None) -> None:
        """Forget what the messages of a key (or of all) wait for; the channel may still wait."""
        for one in list(self._waits) if key is None else [key]:
            self._waits.pop(one, None)
        self._wake.set()

    def untold(self) -> Iterator[Due]:
        """Yield what this channel does not know yet."""
        for key in self._owed:
            found = self.outlook(key)
            if isinstance(found, Due):
                yield found

    def sweep(self) -> Iterator[None]:
        """Drop what needs no telling any more, also while the channel waits. Yields at times."""
        for number, key in enumerate(list(self._owed), 1):
            if key in self._owed and key not in self._in_flight:
                self._look(key)
            if number % AT_A_TIME == 0:
                yield
        self._wake.set()

    def next_wake(self) -> float | None:
        """Return in how many seconds something may be due, None when only news can change that."""
        now = self._world.clock.monotonic()
        idle = [key for key in self._owed if key not in self._in_flight]
        if not self.open or not idle:
            return None
        if self.watch.state.condition is not Condition.OK:
            left = max(self.watch.left(), min(self._later.get(key, now) for key in idle) - now)
            left = max(left, self.watch.pace.left())
            return None if self._in_flight or left == math.inf else left
        if self.watch.hold(0.0, len(self._in_flight)) is not None:
            return None
        first = min(max(self.wait_of(key), now) for key in idle)
        return max(first - now, self.watch.pace.left())

    # ------------------------------------------------------------ sending

    def begin(self) -> None:
        """Start every send that is due and may go out now."""
        if not self.open:
            return
        now = self._world.clock.monotonic()
        for key in self._order():
            if key in self._in_flight:
                continue
            if self.watch.pace.left():
                break
            found = self._look(key)
            if found is None:
                continue
            waits = self._waits.get(key, now) - now
            held = self.watch.hold(waits, len(self._in_flight))
            if held is None:
                self._send(key, found)
            elif held.why is not Quiet.NOT_YET:
                break  # it is the channel that waits, not this message

    async def round(self) -> None:
        """Send all that is due now, and what becomes due by that. Returns when nothing is."""
        self.begin()
        while self._in_flight:
            tasks = [task for _, task in self._in_flight.values()]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            self.begin()

    async def run(self) -> None:
        """Do so for ever, waking when something changes or a wait is over."""
        while True:
            self._wake.clear()
            try:
                self.begin()
                pause = self.next_wake()
            except Exception:  # noqa: BLE001  a bug must not end the telling: the beat wakes us again
                _log.exception("courier.bug", extra={"channel": self.name})
                pause = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def finish(self, channel: Channel | None = None, within: float | None = None) -> None:
        """Wait for sends under way (on one channel, or all); cancel those that take too long."""
        mine = [t for c, t in self._in_flight.values() if channel is None or c is channel]
        if not mine:
            return
        _, late = await asyncio.wait(mine, timeout=within)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)

    def outlook(self, key: str) -> Due | NotDue:
        """Return what this channel must be told about a key, or why it must not."""
        world = self._world
        return outlook(key, self.channel, world.standing, world.journal, world.clock.now())

    def _look(self, key: str) -> Due | None:
        """Return what is due about a key. When nothing is: forget it, or look at it again later."""
        found = self.outlook(key)
        self._later.pop(key, None)
        if isinstance(found, Due):
            return found
        if found.until is None:
            self._settle(key)
        else:
            left = (found.until - self._world.clock.now()).total_seconds()
            self._later[key] = self._world.clock.monotonic() + max(left, 0.0)
        return None

    def wait_of(self, key: str) -> float:
        """Return when a key may be worth a look, in measured time."""
        return max(self._waits.get(key, 0.0), self._later.get(key, 0.0))

    def _order(self) -> list[str]:
        """Put first what has failed least: one message that always fails must not block others."""
        if self.watch.state.condition is Condition.OK:
            return list(self._owed)
        return sorted(self._owed, key=self._tries)

    def _tries(self, key: str) -> int:
        entry = self._world.journal.entry(self.name, key)
        return entry.attempts if entry else 0

    def _settle(self, key: str) -> None:
        self._owed.pop(key, None)
        self._refused.pop(key, None)
        self._world.settled(key)

    def _send(self, key: str, due: Due) -> None:
        world = self._world
        before = world.journal.entry(self.name, key)
        trying = entries.begun(before, self.name, due.alert, ms_of(world.clock.now()))
        world.journal.note(trying)
        self.watch.pace.take(self.channel.lifecycle.pace)
        plain = self._refused.get(key) == due.alert.idempotency_id
        send = _Send(self.channel, self.watch.generation, due, before, trying, plain)
        task = asyncio.create_task(self._deliver(send), name=f"alert {self.name} {key}")
        self._in_flight[key] = (self.channel, task)

    async def _deliver(self, send: _Send) -> None:
        """Make one attempt: durable before, durable after."""
        journal, key = self._world.journal, send.trying.key
        try:
            await journal.durable()
            notification = Notification(
                send.due.why,
                send.due.alert,
                self._world.clock.now(),
                plain=send.plain,
                remote=send.trying.remote or {},
                number=send.due.number,
                before=send.trying.told_as,
                since=send.due.since,
                to=self.name,
            )
            self._conclude(send, await sent(send.channel, notification))
            await journal.durable()
        except Exception:  # noqa: BLE001  a bug of ours must not send the same again and again
            _log.exception("courier.bug", extra={"channel": self.name})
            self._waits[key] = self._world.clock.monotonic() + CAP
        finally:
            del self._in_flight[key]
            self._wake.set()

    def _conclude(self, send: _Send, attempt: Attempt) -> None:
        """Write down what came of an attempt, for this message and for the channel."""
        world, alert, key = self._world, send.due.alert, send.trying.key
        now = world.clock.now()
        at = ms_of(now)
        told: Iterator[Telling] = iter(())
        world.tally.count(self.name, attempt)
        self._waits.pop(key, None)
        ours = send.channel is self.channel  # else it was configured anew meanwhile
        if ours and self.watch.judge(attempt, send.generation):
            self._waits.clear()  # what kept the others waiting is over, too
        if attempt.result is Result.TOLD:
            after = entries.told(send.trying, alert, attempt, at, send.due.number)
            if not send.due.number:  # a reminder is no news: the row counts them
                told = tellings_of(self.name, alert, send.trying.told_as, send.due.why, at)
            world.tally.told_after(Notification(send.due.why, alert, now, since=send.due.since).age)
        elif attempt.result is Result.REFUSED and send.plain:
            after = entries.given_up(
                send.trying, send.before, alert, attempt, at, reminded=send.due.number
            )
            world.tally.given_up[self.name] += 1
        else:
            wait = self._lane_wait(send.trying, attempt)
            if attempt.result is Result.REFUSED:
                self._refused[key] = alert.idempotency_id
            after = entries.failed(send.trying, send.before, attempt, wait_ms=wait, now_ms=at)
        world.journal.note(after, told)
        log_of(self.name, send.due, attempt)

    def _lane_wait(self, trying: Entry, attempt: Attempt) -> int | None:
        """Set the message's own wait; milliseconds, None when only the channel waits."""
        if attempt.result not in (Result.UNREACHABLE, Result.UNKNOWN):
            return None
        wait = backoff(trying.attempts + 1, self._world.uniform)
        self._waits[trying.key] = self._world.clock.monotonic() + wait
        return math.ceil(wait * 1000)
