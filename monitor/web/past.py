"""What happened: incidents and histories. The store may fail; what is in memory still stands."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from aiohttp import web

from monitor.core.incident import Incident
from monitor.ports import StoreUnavailableError
from monitor.web.asked import asked
from monitor.web.context import Context
from monitor.web.encoding import answer, encode
from monitor.web.incident_views import incident_view
from monitor.web.moves import Moves
from monitor.web.problems import bad_parameter, not_found, store_unavailable
from monitor.web.query import flag, moment, step_of, whole
from monitor.web.timeline import Timeline
from monitor.web.views import history_view

MOST_INCIDENTS = 500
MOST_STEPS = 2000
_ROUNDS = 10
"""How often the store is asked again for incidents that are closed."""


class Past:
    """Handlers of what was."""

    def __init__(self, context: Context, timeline: Timeline, moves: Moves) -> None:
        self._context = context
        self._moves = moves
        self._timeline = timeline

    async def history(self, request: web.Request) -> web.Response:
        """Answer with the rollups of one endpoint."""
        name = request.match_info["id"]
        if self._context.board.entry(name) is None:
            raise not_found("endpoint", name)
        end = moment(request.query, "to") or self._context.clock.now()
        start = moment(request.query, "from")
        if start is None:
            start = end - min(timedelta(hours=24), end - datetime.min.replace(tzinfo=end.tzinfo))
        if start >= end:
            raise bad_parameter("from", "must be before the end")
        step = step_of(request.query, (end - start).total_seconds(), most=MOST_STEPS)
        try:
            buckets = await asked(
                self._context.history.buckets(name, start=start, end=end, step=step),
                self._context.patience,
            )
        except StoreUnavailableError:
            raise store_unavailable() from None
        view = history_view(name, buckets, start=start, end=end, step=step)
        return answer(await asyncio.to_thread(encode, view))

    async def incidents(self, request: web.Request) -> web.Response:
        """Answer with incidents, the newest first."""
        wanted = flag(request.query, "open")
        limit = whole(request.query, "limit", default=50, low=1, high=MOST_INCIDENTS)
        before = moment(request.query, "before")
        found, complete = await self._find(wanted, limit, before)
        told = await self._context.told([incident.id for incident in found])
        now, held = self._context.clock.now(), self._context.held
        views = [incident_view(one, told.get(one.id, ()), now, held(one.id)) for one in found]
        return answer(await asyncio.to_thread(encode, {"incidents": views, "complete": complete}))

    async def incident(self, request: web.Request) -> web.Response:
        """Answer with one incident."""
        name = request.match_info["id"]
        found = next((i for i in self._context.board.open_incidents() if i.id == name), None)
        if found is None:
            try:
                found = await asked(self._context.history.incident(name), self._context.patience)
            except StoreUnavailableError:
                raise store_unavailable() from None
        if found is None:
            raise not_found("incident", name)
        told = (await self._context.told([found.id])).get(found.id, ())
        now, held = self._context.clock.now(), self._context.held(found.id)
        view = incident_view(found, told, now, held)
        moves, around = await self._moves.during(found), await self._timeline.around(found)
        return answer({**view, "moves": moves, "around": around})

    # ------------------------------------------------------------ finding

    async def _find(
        self,
        wanted: bool | None,  # noqa: FBT001  three answers: open, closed, both
        limit: int,
        before: datetime | None,
    ) -> tuple[list[Incident], bool]:
        """Return incidents, and whether nothing can be missing.

        The board knows the open ones, and knows them better than the store.
        """
        ongoing = {
            incident.id: incident
            for incident in self._context.board.open_incidents()
            if before is None or incident.opened_at < before
        }
        found = {} if wanted is False else dict(ongoing)
        complete = True
        if wanted is not True:
            complete = self._context.history.health().failing_since is None
            try:
                stored = await self._stored(limit, before, closed_only=wanted is False)
                found = {i.id: i for i in stored} | found
            except StoreUnavailableError:
                complete = False
        newest = sorted(found.values(), key=lambda i: (i.opened_at, i.id), reverse=True)
        return newest[:limit], complete

    async def _stored(
        self, limit: int, before: datetime | None, *, closed_only: bool
    ) -> Sequence[Incident]:
        """Return what the store has, asking on until there are enough of the kind wanted."""
        found: list[Incident] = []
        for _ in range(_ROUNDS):
            page = await asked(
                self._context.history.incidents(limit=limit, before=before),
                self._context.patience,
            )
            found += [i for i in page if not (closed_only and i.is_open)]
            if len(page) < limit or len(found) >= limit:
                break
            before = page[-1].opened_at
        return found
