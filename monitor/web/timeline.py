"""What happened beside the outcomes: releases, restarts, pauses; alone, or around an incident."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

from monitor.core.incident import Incident
from monitor.ports import Noted, StoreUnavailableError
from monitor.web.asked import asked
from monitor.web.context import Context
from monitor.web.encoding import answer, encode, stamp
from monitor.web.problems import bad_parameter, store_unavailable
from monitor.web.query import moment, whole

MOST_EVENTS = 1000
BEFORE = timedelta(minutes=30)
"""How long before an incident something may have happened that is shown beside it."""
AFTER = timedelta(minutes=10)
"""How long after it: a release is seen when all is well again."""
MOST_AROUND = 50


def event_view(noted: Noted) -> dict[str, Any]:
    """Show an event."""
    event = noted.event
    return {
        "at": stamp(event.at),
        "kind": event.kind,
        "endpoint": event.endpoint,
        "location": noted.location,
        "text": event.text,
        "data": dict(event.data),
    }


class Timeline:
    """Handlers of what happened."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def timeline(self, request: web.Request) -> web.Response:
        """Answer with events, the newest first."""
        query = request.query
        limit = whole(query, "limit", default=100, low=1, high=MOST_EVENTS)
        start, end = moment(query, "from"), moment(query, "to")
        if start is not None and end is not None and start >= end:
            raise bad_parameter("from", "must be before the end")
        found = self._context.history.events(
            limit=limit, start=start, end=end, endpoint=query.get("endpoint")
        )
        try:
            events = await asked(found, self._context.patience)
        except StoreUnavailableError:
            raise store_unavailable() from None
        views = [event_view(one) for one in events]
        return answer(await asyncio.to_thread(encode, {"events": views}))

    async def around(self, incident: Incident) -> list[dict[str, Any]] | None:
        """Return what happened from shortly before an incident until shortly after it, in order.

        None when the store cannot be read: the incident itself may still be known.
        """
        try:
            events = await asked(
                self._context.history.events(
                    limit=MOST_AROUND,
                    start=incident.opened_at - BEFORE,
                    end=incident.closed_at and incident.closed_at + AFTER,
                    newest_first=False,
                ),
                self._context.patience,
            )
        except StoreUnavailableError:
            return None
        return [event_view(one) for one in events]
