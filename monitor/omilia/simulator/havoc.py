"""What the faults do to a request: wait, answer in Omilia's place, or break the connection."""

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from aiohttp import web

from monitor.omilia.simulator import wreck
from monitor.omilia.simulator.answer import Answer
from monitor.omilia.simulator.bell import Bell
from monitor.omilia.simulator.credentials import Credentials
from monitor.omilia.simulator.fault import Kind
from monitor.omilia.simulator.faults import Active, Faults
from monitor.omilia.simulator.services import service_of
from monitor.omilia.simulator.strike import altered, answer_to
from monitor.ports import Clock


class Struck(NamedTuple):
    """What hits one request: the delays of all slow faults, in seconds, and one other fault."""

    ids: str
    delay: float
    active: Active | None

    @property
    def holds(self) -> bool:
        """Whether what it hits is answered later, or not at all."""
        hangs = self.active is not None and self.active.fault.do is Kind.HANG
        return hangs or self.delay > 0


class Spoilt(NamedTuple):
    """What comes of it. `status` is None when no status was sent."""

    response: web.StreamResponse
    status: int | None


class Havoc:
    """Carries the faults out. `stop` ends everything that waits."""

    def __init__(self, faults: Faults, clock: Clock) -> None:
        self._faults = faults
        self._clock = clock
        self._stopping = False
        self._end = Bell()

    def stop(self) -> None:
        """Let go of every request that is held."""
        self._stopping = True
        self._end.ring()
        self._faults.bell.ring()

    def struck(self, path: str, headers: Mapping[str, str]) -> Struck | None:
        """Tell what hits a request; None when it goes unharmed. The first fault wins."""
        credential = Credentials.shown(headers)
        slow: list[Active] = []
        first: Active | None = None
        for active in self._faults.holding:
            is_slow = active.fault.do is Kind.SLOW
            if (first is not None and not is_slow) or not active.strikes(path, credential):
                continue
            if is_slow:
                slow.append(active)
            else:
                first = active
        if first is None and not slow:
            return None
        ids = ",".join(active.id for active in (*slow, first) if active is not None)
        return Struck(ids, sum(active.fault.delay for active in slow), first)

    async def spoil(
        self, request: web.BaseRequest, struck: Struck, answer: Callable[[], Awaitable[Answer]]
    ) -> Spoilt:
        """Carry it out. `answer` asks Omilia what it would have said."""
        if not await self.let_go(struck):
            return Spoilt(wreck.reset_by(request), None)
        if struck.active is None:
            return _sent(await answer())
        return await self._instead(request, struck.active, answer)

    async def let_go(self, struck: Struck) -> bool:
        """Hold what was struck as long as it is to be; False when there is nobody to answer."""
        if struck.delay and not self._stopping:
            await self._end.wait(struck.delay)
        if struck.active is not None and struck.active.fault.do is Kind.HANG:
            await self._hang(struck.active)
        return not self._stopping

    async def _instead(
        self, request: web.BaseRequest, active: Active, answer: Callable[[], Awaitable[Answer]]
    ) -> Spoilt:
        """Do what the fault does, now that there is nothing to wait for."""
        fault = active.fault
        match fault.do:
            case Kind.RESET | Kind.RESTART:
                return Spoilt(wreck.reset_by(request), None)
            case Kind.GARBAGE:
                return Spoilt(wreck.garbage(request), None)
            case Kind.TRUNCATE:
                usual = await answer()
                return Spoilt(await wreck.truncated(request, usual), usual.status)
            case Kind.MUTE | Kind.SERVICES:
                return _sent(altered(await answer(), fault))
            case Kind.APP_STATUS:
                usual = await answer()  # an app that is not there, or not shown, has no status
                if usual.status != 200:  # noqa: PLR2004  a good answer is 200
                    return _sent(usual)
        path = request.path
        return _sent(answer_to(fault, service_of(path), path, self._clock.now()) or await answer())

    async def _hang(self, active: Active) -> None:
        """Hold a request until the fault is over. A client that goes away cancels this."""
        while not self._stopping and self._faults.holds(active, self._clock.monotonic()):
            await self._faults.bell.wait()


def _sent(answer: Answer) -> Spoilt:
    """Send an answer as usual."""
    return Spoilt(answer.response(), answer.status)
