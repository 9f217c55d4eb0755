"""A 202 that is followed to its end: asked about until it is done, has failed, or time is up."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from yarl import URL

from monitor.core.category import Category
from monitor.core.endpoint import Request
from monitor.core.exchange import Complaint, Exchange, NotSent, Reply, Step
from monitor.core.outcome import Check
from monitor.ports import Prober

ACCEPTED = 202
_GOOD = range(200, 300)


@dataclass(frozen=True, slots=True)
class PolledRequest(Request):
    """A request whose 202 is followed. `timeout` bounds all of it; times are in seconds.

    `at` finds where to ask in the 202; its Location header when there is none. It is done when all
    of `done` hold, and has failed when all of `failed` do.
    """

    at: Callable[[Reply], str | None] | None = None
    done: tuple[Check, ...] = ()
    failed: tuple[Check, ...] = ()
    every: float = 2.0


class PollProber:
    """Follows what was accepted, through a prober that knows nothing of it."""

    def __init__(self, prober: Prober, measure: Callable[[], float] = time.perf_counter) -> None:
        self._prober = prober
        self._measure = measure

    async def fetch(self, request: PolledRequest) -> Exchange:
        """Ask, and follow a 202. Anything else is the answer. Raises like the prober's `fetch`."""
        began = self._measure()
        first = await self._prober.fetch(request)
        if not isinstance(first, Reply) or first.status != ACCEPTED:
            return first
        accepted = Step("accepted", self._measure() - began)
        last, complaint = await self._follow(request, first, began + request.timeout)
        if isinstance(last, NotSent):
            return last
        whole = self._measure() - began
        steps = (accepted, Step("polling", whole - accepted.seconds))
        last = replace(last, latency=whole, phases=first.phases, steps=steps)
        return replace(last, complaint=complaint) if isinstance(last, Reply) else last

    async def _follow(
        self, request: PolledRequest, last: Reply, ends: float
    ) -> tuple[Exchange, Complaint | None]:
        """Ask until there is something to say. Returns the last answer, and what is wrong."""
        where = _where(request, last)
        if where is None:
            return last, _unexpected("the 202 does not say where to ask, on the same server")
        looks, missing = 0, "nothing yet"
        while ends - self._measure() > request.every:
            await asyncio.sleep(request.every)
            left = max(ends - self._measure(), 0.001)
            look = replace(request, url=where, method="GET", body=None, timeout=left)
            exchange = await self._prober.fetch(look)
            looks += 1
            if not isinstance(exchange, Reply) or exchange.status not in _GOOD:
                return exchange, None
            last = exchange
            if request.failed and _wrong(request.failed, last) is None:
                return last, _unexpected(f"it failed: {_wrong(request.done, last) or 'and ended'}")
            wrong = _wrong(request.done, last)
            if wrong is None:
                return last, None
            missing = wrong
        took = f"not done after {request.timeout:g} s, asked {looks} times: {missing}"
        return last, _unexpected(took)


def _where(request: PolledRequest, accepted: Reply) -> str | None:
    """Return the address to ask: on the same server, because the credential goes there too."""
    found = request.at(accepted) if request.at is not None else accepted.headers.get("location")
    if not found:
        return None
    try:
        base = URL(request.url)
        url = base.join(URL(found)).with_fragment(None)
        same = url.origin() == base.origin()
    except ValueError:
        return None
    return str(url) if same else None


def _wrong(checks: tuple[Check, ...], reply: Reply) -> str | None:
    return next(filter(None, (check(reply) for check in checks)), None)


def _unexpected(detail: str) -> Complaint:
    return Complaint(Category.UNEXPECTED, detail)
