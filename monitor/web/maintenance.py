"""Maintenance: what is announced, announcing it, and ending it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from aiohttp import web

from monitor.core.detail import one_line
from monitor.core.maintenance import LONGEST, Scope, Window
from monitor.web.access import CALLER
from monitor.web.body import read_body
from monitor.web.context import Context
from monitor.web.encoding import answer
from monitor.web.maintenance_views import calendar_view, window_view
from monitor.web.models import AnnouncementModel
from monitor.web.problems import Problem, not_found
from monitor.web.query import whole
from monitor.web.until import span_of

MOST_WINDOWS = 500
AHEAD = timedelta(days=366)
"""So far ahead a window may be announced."""


class MaintenanceHandlers:
    """Handlers of maintenance."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def windows(self, request: web.Request) -> web.Response:
        """Answer with the windows that go on or are to come."""
        limit = whole(request.query, "limit", default=50, low=1, high=MOST_WINDOWS)
        now, maintenance = self._context.clock.now(), self._context.maintenance
        return answer(
            {
                "maintenance": [window_view(one, now) for one in maintenance.windows()[:limit]],
                "calendars": [calendar_view(one) for one in maintenance.calendars()],
            }
        )

    async def announce(self, request: web.Request) -> web.Response:
        """Take a window. It holds when this has been answered."""
        said = await read_body(request, AnnouncementModel)
        by, now = request[CALLER], self._context.clock.now()
        start, end = span_of(said.within, now)
        wrong = [*self._nobody(said), *_bad_times(start, end, now)]
        if wrong:
            detail = f"{wrong[0]['detail']}; nothing was changed."
            raise Problem(422, "bad-body", detail, errors=wrong)
        window = Window(
            id="",
            name=one_line(said.name) or f"announced by {by}",
            start=start,
            end=end,
            scope=Scope(*(tuple(n or ()) for n in (said.endpoints, said.groups, said.regions))),
            reason=one_line(said.reason),
            by=by,
        )
        announced = await self._context.maintenance.announce(window)
        if announced is None:
            detail = "So many windows are announced already; end some of them first."
            raise Problem(409, "too-many-windows", detail)
        return answer(window_view(announced, self._context.clock.now()), 201)

    async def end(self, request: web.Request) -> web.Response:
        """End a window, whoever announced it."""
        name = request.match_info["id"]
        over = await self._context.maintenance.end(name, request[CALLER])
        if over is None:
            raise not_found("window", name)
        return answer(window_view(over, self._context.clock.now()))

    def _nobody(self, said: AnnouncementModel) -> Iterator[dict[str, str]]:
        """Find who is named and not there: a window about nobody would hold nothing."""
        watched = [entry.endpoint for entry in self._context.board.entries()]
        for key, names, known in (
            ("endpoint", said.endpoints, {one.id for one in watched}),
            ("group", said.groups, {one.group for one in watched}),
            ("region", said.regions, {one.region for one in watched}),
        ):
            for number, name in enumerate(names or ()):
                if name not in known:
                    detail = f"there is no {key} {name!r}"
                    yield {"pointer": f"#/{key}s/{number}", "detail": detail}


def _bad_times(start: datetime, end: datetime, now: datetime) -> Iterator[dict[str, str]]:
    if end <= start:
        yield {"pointer": "#", "detail": "it is over before it begins, or before now"}
    elif end - start > LONGEST:
        yield {"pointer": "#", "detail": f"it lasts longer than {LONGEST.days} days"}
    elif start - now > AHEAD:
        yield {"pointer": "#/from", "detail": f"it is more than {AHEAD.days} days ahead"}
