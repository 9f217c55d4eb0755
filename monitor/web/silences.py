"""Silences: which there are, making one, and ending it."""

from collections.abc import Iterator
from datetime import datetime

from aiohttp import web

from monitor.core.detail import one_line
from monitor.core.incident import Incident
from monitor.core.labels import LABELS, labels_of
from monitor.core.network import NETWORK
from monitor.core.silence import LONGEST, Silence, SilenceState
from monitor.web.access import CALLER
from monitor.web.body import read_body
from monitor.web.context import Context
from monitor.web.encoding import answer, stamp
from monitor.web.models.silence import SilencingModel
from monitor.web.problems import Problem, bad_parameter, not_found
from monitor.web.query import whole
from monitor.web.until import AHEAD, span_of
from monitor.web.views import View

MOST_SILENCES = 1000


class SilenceHandlers:
    """Handlers of silences. They answer with what is in force then."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def listed(self, request: web.Request) -> web.Response:
        """Answer with all silences, or those that stand in one way."""
        limit = whole(request.query, "limit", default=100, low=1, high=MOST_SILENCES)
        state, now = request.query.get("state"), self._context.clock.now()
        if state is not None and state not in frozenset(SilenceState):
            raise bad_parameter("state", f"must be one of {', '.join(SilenceState)}")
        known = self._context.silences.silences()
        wanted = [one for one in known if state in (None, one.state(now))]
        return answer({"silences": [self._view(one, now) for one in wanted[:limit]]})

    async def one(self, request: web.Request) -> web.Response:
        """Answer with one silence."""
        name = request.match_info["id"]
        found = next((one for one in self._context.silences.silences() if one.id == name), None)
        return self._shown(found, name)

    async def make(self, request: web.Request) -> web.Response:
        """Take a silence. It holds when this has been answered."""
        said = await read_body(request, SilencingModel)
        now = self._context.clock.now()
        start, end = span_of(said.within, now)
        wrong = [*_unknown_labels(said), *_bad_times(start, end, now)]
        if wrong:
            detail = f"{wrong[0]['detail']}; nothing was changed."
            raise Problem(422, "bad-body", detail, errors=wrong)
        silence = Silence(
            id="",
            matchers=tuple(said.matchers),
            starts_at=start,
            ends_at=end,
            created_by=one_line(said.created_by) or request[CALLER],
            comment=one_line(said.comment),
        )
        made = await self._context.silences.add(silence)
        if made is None:
            detail = "So many silences are pending or active already; end some of them first."
            raise Problem(409, "too-many-silences", detail)
        return answer(self._view(made, self._context.clock.now()), 201)

    async def expire(self, request: web.Request) -> web.Response:
        """End a silence, whoever made it. One that is over stays as it is."""
        name = request.match_info["id"]
        return self._shown(await self._context.silences.expire(name, request[CALLER]), name)

    def _shown(self, silence: Silence | None, name: str) -> web.Response:
        if silence is None:
            raise not_found("silence", name)
        return answer(self._view(silence, self._context.clock.now()))

    def _view(self, silence: Silence, now: datetime) -> View:
        """Show a silence, and the open incidents that it is about while it is active."""
        going_on = self._context.board.open_incidents() if silence.is_active(now) else ()
        about = [one.id for one in going_on if one.key != NETWORK and _is_about(silence, one)]
        return {
            "id": silence.id,
            "state": silence.state(now),
            "matchers": [str(one) for one in silence.matchers],
            "starts_at": stamp(silence.starts_at),
            "ends_at": stamp(silence.ends_at),
            "created_by": silence.created_by,
            "comment": silence.comment,
            "expired_by": silence.expired_by,
            "incidents": about,
        }


def _is_about(silence: Silence, incident: Incident) -> bool:
    return silence.matches(labels_of(incident))


def _unknown_labels(said: SilencingModel) -> Iterator[dict[str, str]]:
    """Find labels that no incident has: a silence about nothing would silence nothing."""
    for number, one in enumerate(said.matchers):
        if one.name not in LABELS:
            detail = f"there is no label {one.name}; there are {', '.join(LABELS)}"
            yield {"pointer": f"#/matchers/{number}", "detail": detail}


def _bad_times(start: datetime, end: datetime, now: datetime) -> Iterator[dict[str, str]]:
    if end <= start:
        yield {"pointer": "#/ends_at", "detail": "it is over before it begins, or before now"}
    elif end - start > LONGEST:
        yield {"pointer": "#/ends_at", "detail": f"it lasts longer than {LONGEST.days} days"}
    elif start - now > AHEAD:
        yield {"pointer": "#/starts_at", "detail": f"it is more than {AHEAD.days} days ahead"}
