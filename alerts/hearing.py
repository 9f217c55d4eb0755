"""Asks the systems that were told who has taken what there: slowly, and never in the way of alerts.

A system that does not answer is asked more and more rarely, one that throttles when it says so.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from alerts.alert import Status
from alerts.attempt import Attempt, Reason, Result
from alerts.channels import Channel
from alerts.journal import Journal
from alerts.moment import Clock, Uniform
from alerts.retry import channel_wait
from alerts.taken import Asked, Heard, Hears, Taken

EVERY = 60.0
"""Seconds between two questions about the same alert."""
MOST = 60
"""So many alerts are asked about at a time; of more, the others come next."""
LONGEST = 50.0
"""Seconds after which a round is given up."""
LOOK = 1.0
"""Seconds between two looks at whether it is time to ask."""

_log = logging.getLogger("omilia_monitor.alerts.hearing")

Say = Callable[[str, str, Taken | None], Awaitable[None]]
"""Hears of a channel's name, an incident's id, and who has it there."""


@dataclass
class _Round:
    """Where asking one channel has come to; times are measured, in seconds."""

    due: float = 0.0
    failures: int = 0
    asked_last: str = ""


class Hearing:
    """Asks each channel that can be asked. `concerns` says which incidents go on."""

    def __init__(
        self,
        channels: Callable[[], Iterable[Channel]],
        journal: Journal,
        clock: Clock,
        uniform: Uniform,
        *,
        concerns: Callable[[str], bool],
        say: Say,
    ) -> None:
        self._channels = channels
        self._journal = journal
        self._clock = clock
        self._uniform = uniform
        self._concerns = concerns
        self._say = say
        self._rounds: dict[str, _Round] = {}
        self._one_at_a_time = asyncio.Lock()

    async def look(self) -> None:
        """Ask every channel whose time has come."""
        async with self._one_at_a_time:
            asking = {one.name: one for one in self._channels() if _hears(one)}
            self._rounds = {name: self._rounds.get(name, _Round()) for name in asking}
            await asyncio.gather(*(self._ask(one) for one in asking.values()))

    async def _ask(self, channel: Channel) -> None:
        round_, now = self._rounds[channel.name], self._clock.monotonic()
        asked = self._asked(channel.name, round_.asked_last) if now >= round_.due else []
        if not asked or not isinstance(channel, Hears):
            return
        round_.asked_last = asked[-1].incident_id
        try:
            async with asyncio.timeout(LONGEST):
                heard = await channel.taken(asked)
        except TimeoutError:
            slow = Attempt(Result.UNREACHABLE, Reason.TIMEOUT, "no answer in time")
            heard = Heard({}, slow)
        round_.due = now + self._pause(channel.name, round_, heard.trouble)
        for incident, taken in heard.found.items():
            await self._say(channel.name, incident, taken)

    def _asked(self, channel: str, last: str) -> list[Asked]:
        """Choose what to ask about: what the channel was told of, and goes on."""
        told = sorted(
            (
                Asked(entry.incident_id, entry.remote or {})
                for entry in self._journal.heard()
                if entry.channel == channel
                and entry.told_status is Status.FIRING
                and self._concerns(entry.incident_id)
            ),
            key=lambda one: one.incident_id,
        )
        if len(told) <= MOST:
            return told
        after = [one for one in told if one.incident_id > last]
        return [*after, *told][:MOST]

    def _pause(self, channel: str, round_: _Round, trouble: Attempt) -> float:
        """Return how long to wait before asking again."""
        if trouble.result is Result.TOLD:
            if round_.failures:
                _log.info("hearing.works", extra={"channel": channel})
            round_.failures = 0
            return EVERY
        if not round_.failures:
            _log.warning("hearing.trouble", extra={"channel": channel, "error": trouble.error})
        round_.failures += 1
        return EVERY + channel_wait(trouble, round_.failures, self._uniform)


def _hears(channel: Channel) -> bool:
    return isinstance(channel, Hears) and channel.hears
