"""The engine's ports without a world: what they are told is what they do, and all is remembered."""

import asyncio
from collections import deque

from monitor.core.endpoint import Request
from monitor.core.exchange import Exchange
from monitor.core.outcome import Outcome
from monitor.ports import Facts, News


class Held:
    """A probe in flight: it has begun, and ends when it is told how."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.answer: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()

    async def play(self) -> Exchange:
        self.begun.set()
        return await self.answer


Scripted = Exchange | BaseException | Held


class FakeProber:
    """Fits `monitor.ports.Prober`. Plays a script; its last line goes on and on."""

    def __init__(self, *script: Scripted) -> None:
        self._script = deque(script)
        self.asked: list[Request] = []

    def will(self, *script: Scripted) -> None:
        """Do this from now on."""
        self._script = deque(script)

    async def fetch(self, request: Request) -> Exchange:
        self.asked.append(request)
        line = self._script.popleft() if len(self._script) > 1 else self._script[0]
        if isinstance(line, BaseException):
            raise line
        if isinstance(line, Held):
            return await line.play()
        return line


class MemoryStore:
    """Fits `monitor.ports.Store`. Durable as long as nobody looks away."""

    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []
        self.facts: list[Facts] = []
        self.slow: asyncio.Event | None = None
        """While set and not yet happened, commits wait for it."""
        self.waiting = asyncio.Event()

    def note(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)

    async def commit(self, facts: Facts) -> None:
        self.facts.append(facts)
        if self.slow is not None:
            self.waiting.set()
            await self.slow.wait()


class Listener:
    """Fits `monitor.ports.Sink`. Remembers what it heard."""

    def __init__(self) -> None:
        self.news: list[News] = []

    def publish(self, news: News) -> None:
        self.news.append(news)
