"""Acknowledgements: who has taken an incident."""

from datetime import timedelta

from aiohttp import web

from monitor.core.ack import Ack
from monitor.core.detail import one_line
from monitor.web.access import CALLER
from monitor.web.body import read_body
from monitor.web.context import Context
from monitor.web.encoding import answer
from monitor.web.incident_views import ack_view
from monitor.web.models.ack import AckModel
from monitor.web.problems import not_found
from monitor.web.until import end_of

USUAL = timedelta(hours=4)
"""How long somebody has it who does not say."""


class Acks:
    """Handlers of acknowledgements. They answer with what is in force then."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def acknowledge(self, request: web.Request) -> web.Response:
        """Note that somebody has taken it."""
        said = await read_body(request, AckModel)
        now = self._context.clock.now()
        until = end_of(said.ends, now, if_longer="acknowledge it again then") or now + USUAL
        by = one_line(said.by or request[CALLER])
        return await self._give(request, Ack(by, now, until, one_line(said.comment)))

    async def end(self, request: web.Request) -> web.Response:
        """Note that nobody has it any more."""
        return await self._give(request, None)

    async def _give(self, request: web.Request, ack: Ack | None) -> web.Response:
        name = request.match_info["id"]
        incident = await self._context.acknowledge(name, ack)
        if incident is None:
            raise not_found("open-incident", name)
        shown = None if incident.ack is None else ack_view(incident.ack)
        return answer({"incident": name, "revision": incident.revision, "ack": shown})
