"""Modes: what somebody orders about a verdict, and how an order ends."""

from aiohttp import web

from monitor.core.detail import one_line
from monitor.core.order import Order
from monitor.web.access import CALLER
from monitor.web.body import read_body
from monitor.web.context import Context
from monitor.web.models.order import OrderedModel
from monitor.web.present import Present
from monitor.web.problems import not_found
from monitor.web.until import end_of


class Modes:
    """Handlers of orders. They answer with the endpoint, as it is then."""

    def __init__(self, context: Context, present: Present) -> None:
        self._context = context
        self._present = present

    async def order(self, request: web.Request) -> web.Response:
        """Put a mode in force. It holds when this has been answered."""
        said = await read_body(request, OrderedModel)
        by, now = request[CALLER], self._context.clock.now()
        until = end_of(said.ends, now, if_longer="leave it out to order for good")
        order = Order(said.mode, by, now, one_line(said.reason), until)
        return await self._give(request, order, by)

    async def end(self, request: web.Request) -> web.Response:
        """End the order that is in force, if one is."""
        return await self._give(request, None, request[CALLER])

    async def _give(self, request: web.Request, order: Order | None, by: str) -> web.Response:
        name = request.match_info["id"]
        if not await self._context.order(name, order, by):
            raise not_found("endpoint", name)
        return await self._present.endpoint(request)
