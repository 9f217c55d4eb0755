"""A conversation over REST: as many POSTs as it has steps, and one more to end it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace

from monitor.core.exchange import Exchange, NotSent, Reply
from monitor.omilia.chat.course import Course
from monitor.omilia.chat.dialog import Dialog
from monitor.omilia.chat.partings import Partings
from monitor.omilia.chat.script import ChatRequest
from monitor.ports import Prober

log = logging.getLogger(__name__)
_GOOD = range(200, 300)


class RestChat:
    """Talks over REST, through a prober that knows nothing of conversations."""

    def __init__(self, prober: Prober, partings: Partings, measure: Callable[[], float]) -> None:
        self._prober = prober
        self._partings = partings
        self._measure = measure

    async def talk(self, request: ChatRequest) -> Exchange:
        """Hold one conversation, and end it whatever became of it."""
        dialog = Dialog(request.script)
        try:
            return await self._converse(dialog, request)
        finally:
            await self._end(dialog, request)

    async def _converse(self, dialog: Dialog, request: ChatRequest) -> Exchange:
        course = Course(request, self._measure)
        while True:
            step = dialog.step
            assert step is not None  # noqa: S101  the last step returns
            asked = _post(request, dialog.body(), course.budget())
            exchange = await self._ask(dialog, asked)
            if isinstance(exchange, NotSent):
                return exchange
            course.add(step, exchange)
            if not isinstance(exchange, Reply) or exchange.status not in _GOOD:
                return course.concluded(exchange, None)
            complaint = dialog.hear(exchange)
            if complaint is not None or dialog.step is None:
                return course.concluded(exchange, complaint)

    async def _ask(self, dialog: Dialog, request: ChatRequest) -> Exchange:
        """Take one step. When it is cancelled, the answer may still name what has to be ended."""
        asking = asyncio.ensure_future(self._prober.fetch(request))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            if dialog.begun:
                asking.cancel()
            else:
                await self._partings.part(_overhear(asking, dialog))
            raise

    async def _end(self, dialog: Dialog, request: ChatRequest) -> None:
        farewell = dialog.farewell()
        if farewell is None:
            return
        ended = self._prober.fetch(_post(request, farewell, self._partings.within))
        if not await self._partings.part(ended):
            log.warning("chat.not_ended", extra={"credential": request.credential})


async def _overhear(asking: asyncio.Future[Exchange], dialog: Dialog) -> None:
    exchange = await asking
    if isinstance(exchange, Reply):
        dialog.hear(exchange)


def _post(request: ChatRequest, body: bytes, timeout: float) -> ChatRequest:
    headers = {**request.headers, "content-type": "application/json"}
    return replace(request, method="POST", headers=headers, body=body, timeout=timeout)
