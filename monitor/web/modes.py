"""Modes: what somebody orders about a verdict, and how an order ends."""

from datetime import datetime, timedelta

from aiohttp import web

from monitor.core.detail import one_line
from monitor.core.order import Order
from monitor.web.access import CALLER
from monitor.web.body import read_body
from monitor.web.context import Context
from monitor.web.models.order import OrderedModel
from monitor.web.present import Present
from monitor.web.problems import Problem, not_found

AHEAD = timedelta(days=366)
"""So far ahead an order may end."""


class Modes:
    """Handlers of orders. They answer with the endpoint, as it is then."""

    def __init__(self, context: Context, present: Present) -> None:
        self._context = context
        self._present = present

    async def order(self, request: web.Request) -> web.Response:
        """Put a mode in force. It holds when this has been answered."""
        said = await read_body(request, OrderedModel)
        by, now = request[CALLER], self._context.clock.now()
        order = Order(said.mode, by, now, one_line(said.reason), _end_of(said, now))
        return await self._give(request, order, by)

    async def end(self, request: web.Request) -> web.Response:
        """End the order that is in force, if one is."""
        return await self._give(request, None, request[CALLER])

    async def _give(self, request: web.Request, order: Order | None, by: str) -> web.Response:
        name = request.match_info["id"]
        if not await self._context.order(name, order, by):
            raise not_found("endpoint", name)
        return await self._present.endpoint(request)


def _end_of(said: OrderedModel, now: datetime) -> datetime | None:
    """Return when an order ends. Raises Problem for a time that makes no sense."""
    try:
        until = said.ends(now)
    except (OverflowError, ValueError):
        raise _no_end("it is no time that a calendar knows") from None
    if until is not None and until <= now:
        raise _no_end("it is over before it begins")
    if until is not None and until - now > AHEAD:
        raise _no_end(f"it is more than {AHEAD.days} days ahead; leave it out to order for good")
    return until


def _no_end(detail: str) -> Problem:
    errors = [{"pointer": "#/until", "detail": detail}]
    return Problem(422, "bad-body", f"until: {detail}; nothing was changed.", errors=errors)
