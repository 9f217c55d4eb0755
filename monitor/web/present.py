"""How things stand: status, endpoints, verdicts. Read from the board, never from the store."""

import math
from datetime import datetime

from aiohttp import ETag, web

from monitor.board import Entry
from monitor.core.answer import overall
from monitor.core.health import Health
from monitor.web.availability import Availability
from monitor.web.breaker_views import order_view
from monitor.web.conditional import unchanged, verdicts_tag
from monitor.web.context import Context
from monitor.web.encoding import answer, encode_list
from monitor.web.incident_views import short_view
from monitor.web.maintenance_views import window_view
from monitor.web.problems import not_found
from monitor.web.rendered import Rendered
from monitor.web.views import View, endpoint_view, status_view, verdict_view


class Present:
    """Handlers of what is true now."""

    def __init__(self, context: Context, availability: Availability) -> None:
        self._context = context
        self._availability = availability
        board, clock = context.board, context.clock
        self._endpoints = Rendered(board, clock, self._all_endpoints)
        self._verdicts = Rendered(board, clock, self._all_verdicts)

    async def status(self, request: web.Request) -> web.Response:
        """Answer with everything together."""
        del request
        context, now = self._context, self._context.clock.now()
        board = context.board
        status = board.platform(now)
        ongoing = board.open_incidents()
        healths = [(e.endpoint, board.health(e, now)) for e in board.entries()]
        announced = {one.id for one, health in healths if health is Health.MAINTENANCE}
        held = {one.id: context.held(one.id) for one in ongoing}
        heard = [one for one in ongoing if not (held[one.id] and one.endpoint in announced)]
        view = status_view(
            status,
            board.since or now,
            healths,
            [short_view(one, now, held[one.id]) for one in reversed(ongoing)],
            overall(status, heard),
            maintenance=[window_view(window, now) for window in board.plan.spell(now).windows],
            orders=[{"endpoint": name} | order_view(order) for name, order in board.orders(now)],
            location=context.location,
            version=context.version,
        )
        return answer(view)

    async def endpoints(self, request: web.Request) -> web.Response:
        """Answer with every endpoint."""
        del request
        self._availability.want(entry.endpoint.id for entry in self._context.board.entries())
        return answer(await self._endpoints.get())

    async def endpoint(self, request: web.Request) -> web.Response:
        """Answer with one endpoint."""
        entry = self._entry(request)
        self._availability.want((entry.endpoint.id,))
        return answer(self._endpoint_view(entry, self._context.clock.now()))

    async def verdicts(self, request: web.Request) -> web.Response:
        """Answer with every verdict, or say that nothing changed that matters."""
        body, tag = await self._verdicts.get()
        response = web.Response(status=304) if unchanged(request, tag) else answer(body)
        response.etag = tag
        response.headers["Cache-Control"] = "no-cache"
        return response

    async def verdict(self, request: web.Request) -> web.Response:
        """Answer with one verdict: 200 when allowed, 503 with Retry-After when not."""
        entry = self._entry(request)
        verdict = self._context.board.verdict(entry, self._context.clock.now())
        if verdict.allow:
            return answer(verdict_view(verdict))
        wait = max(1, math.ceil(verdict.retry_after or 0.0))
        return answer(verdict_view(verdict), 503, {"Retry-After": str(wait)})

    # ------------------------------------------------------------ making answers

    def _entry(self, request: web.Request) -> Entry:
        name = request.match_info["id"]
        entry = self._context.board.entry(name)
        if entry is None:
            raise not_found("endpoint", name)
        return entry

    def _endpoint_view(self, entry: Entry, now: datetime) -> View:
        board = self._context.board
        return endpoint_view(
            entry,
            board.verdict(entry, now),
            board.health(entry, now),
            board.maintenance(entry.endpoint, now),
            availability=self._availability.of(entry.endpoint.id),
            now=now,
            next_probe_at=board.next_probe_at(entry.endpoint.id),
            said=self._context.word(entry.endpoint.id),
            held=self._context.held_objectives().get(entry.endpoint.id),
        )

    def _all_endpoints(self) -> bytes:
        now = self._context.clock.now()
        entries = self._context.board.entries()
        return encode_list("endpoints", (self._endpoint_view(entry, now) for entry in entries))

    def _all_verdicts(self) -> tuple[bytes, ETag]:
        board, now = self._context.board, self._context.clock.now()
        verdicts = [board.verdict(entry, now) for entry in board.entries()]
        body = encode_list("verdicts", map(verdict_view, verdicts))
        return body, verdicts_tag(verdicts)
