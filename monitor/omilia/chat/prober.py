"""The prober of conversations: one at a time with a credential, and no key blamed too soon."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace

from monitor.core.category import Category, Effect
from monitor.core.exchange import Exchange, NotSent, Reply, Step
from monitor.core.outcome import Outcome
from monitor.omilia.chat.line import Network
from monitor.omilia.chat.partings import PARTING, Partings
from monitor.omilia.chat.rest import RestChat
from monitor.omilia.chat.script import ChatRequest, Kind
from monitor.omilia.chat.socket import SocketChat

REJECTED = 401
SETTLING = "settling"

Look = Callable[[str], Awaitable[Outcome | None]]
"""Looks at an endpoint now; None when there is no such."""


class ChatProber:
    """Holds conversations. Close it before the network that it uses.

    `look` tells how an endpoint is now. `parting` is how long a farewell may take, in seconds.
    """

    def __init__(
        self,
        network: Network,
        look: Look,
        *,
        measure: Callable[[], float] = time.perf_counter,
        parting: float = PARTING,
    ) -> None:
        self._look = look
        self._partings = Partings(parting)
        self._rest = RestChat(network, self._partings, measure)
        self._socket = SocketChat(network, self._partings, measure)
        self._turns: defaultdict[str | None, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def fetch(self, request: ChatRequest) -> Exchange:
        """Hold one conversation when it is its turn. Raises like the network's `fetch`."""
        # The time that it waits for its turn is nobody's latency, and in nobody's timeout.
        async with self._turns[request.credential]:
            exchange = await self._talk(request)
            if not _unauthorized(exchange):
                return exchange
            return await self._look_again(request, exchange)

    async def _talk(self, request: ChatRequest) -> Exchange:
        chat = self._rest if request.kind is Kind.REST else self._socket
        return await chat.talk(request)

    async def _look_again(self, request: ChatRequest, exchange: Exchange) -> Exchange:
        """Tell a fresh deployment from a bad key: both are UNAUTHORIZED.

        An app takes 5 to 10 seconds to settle after a deployment.
        """
        if request.app_status is not None:
            app = await self._look(request.app_status)
            if app is not None and app.effect is not Effect.SUCCESS:
                why = f"UNAUTHORIZED says nothing about the key: {app.detail}"
                return NotSent(request.app_status, why)
        if not request.settle:
            return exchange
        await asyncio.sleep(request.settle)
        again = await self._talk(request)
        if isinstance(again, NotSent):
            return again
        return replace(again, steps=(Step(SETTLING, request.settle), *again.steps))

    async def close(self) -> None:
        """Finish the farewells under way."""
        await self._partings.close()


def _unauthorized(exchange: Exchange) -> bool:
    if not isinstance(exchange, Reply):
        return False
    complaint = exchange.complaint
    if complaint is not None:
        return complaint.category is Category.CREDENTIAL
    return exchange.status == REJECTED
