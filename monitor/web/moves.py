"""How a breaker moved, and why: read from the store."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

from monitor.core.incident import Incident
from monitor.ports import StoreUnavailableError
from monitor.web.asked import asked
from monitor.web.breaker_views import move_view
from monitor.web.context import Context
from monitor.web.encoding import answer, encode
from monitor.web.problems import not_found, store_unavailable
from monitor.web.query import moment, whole

MOST_MOVES = 500
MOST_DURING = 100
"""Moves that are shown beside an incident: those at its beginning."""
_INCLUDED = timedelta(milliseconds=1)


class Moves:
    """Handlers of moves."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def moves(self, request: web.Request) -> web.Response:
        """Answer with the moves of one endpoint's breaker, the newest first."""
        name = request.match_info["id"]
        if self._context.board.entry(name) is None:
            raise not_found("endpoint", name)
        limit = whole(request.query, "limit", default=50, low=1, high=MOST_MOVES)
        before = moment(request.query, "before")
        question = self._context.history.moves(name, limit=limit, end=before)
        try:
            found = await asked(question, self._context.patience)
        except StoreUnavailableError:
            raise store_unavailable() from None
        view = {"endpoint": name, "moves": [move_view(one) for one in found]}
        return answer(await asyncio.to_thread(encode, view))

    async def during(self, incident: Incident) -> list[dict[str, Any]] | None:
        """Return the moves from an incident's begin to its end, in order.

        None when the store cannot be read: the incident itself may still be known.
        """
        question = self._context.history.moves(
            incident.endpoint,
            limit=MOST_DURING,
            start=incident.opened_at,
            end=incident.closed_at and incident.closed_at + _INCLUDED,
            newest_first=False,
        )
        try:
            found = await asked(question, self._context.patience)
        except StoreUnavailableError:
            return None
        return [move_view(one) for one in found]
