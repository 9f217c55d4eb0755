"""One prober for all kinds of endpoints: it looks at the request, and hands it on."""

from collections.abc import Callable, Iterable

from monitor.adapters.prober import AiohttpProber, PolledRequest, PollProber
from monitor.core.endpoint import Endpoint, Request
from monitor.core.exchange import Exchange
from monitor.core.outcome import Outcome, judged
from monitor.omilia.chat import PARTING, ChatProber, ChatRequest
from monitor.ports import Clock


class Asking:
    """Asks every kind of endpoint. Close it before the prober that it uses."""

    def __init__(
        self,
        plain: AiohttpProber,
        clock: Clock,
        endpoints: Callable[[], Iterable[Endpoint]],
        farewell: float = PARTING,
    ) -> None:
        self._plain = plain
        self._clock = clock
        self._endpoints = endpoints
        self._polls = PollProber(plain)
        self._chats = ChatProber(plain, self._look, parting=farewell)

    async def fetch(self, request: Request) -> Exchange:
        """Make one request, or whatever an endpoint has in its place."""
        if isinstance(request, ChatRequest):
            return await self._chats.fetch(request)
        if isinstance(request, PolledRequest):
            return await self._polls.fetch(request)
        return await self._plain.fetch(request)

    async def _look(self, endpoint_id: str) -> Outcome | None:
        """Look at an endpoint now, for a conversation that wants to know."""
        found = [endpoint for endpoint in self._endpoints() if endpoint.id == endpoint_id]
        if not found:
            return None
        now, endpoint = self._clock.now(), found[0]
        exchange = await self._plain.fetch(endpoint.request)
        return judged(endpoint.id, exchange, endpoint.expectation, due=now, now=now)

    async def close(self) -> None:
        """Finish what conversations owe."""
        await self._chats.close()
