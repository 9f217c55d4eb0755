"""The journal: what was told to whom, what is owed, and what people order about it."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from monitor.web.access import CALLER
from monitor.web.context import Context
from monitor.web.encoding import answer
from monitor.web.problems import Problem, not_found
from monitor.web.query import flag, whole

MOST_ENTRIES = 500


class JournalHandlers:
    """Handlers of the journal. They answer from memory."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def read(self, request: web.Request) -> web.Response:
        """Answer with every channel, and with what it was told and is owed."""
        limit = whole(request.query, "limit", default=100, low=1, high=MOST_ENTRIES)
        owed, channel = flag(request.query, "owed"), request.query.get("channel")
        found = await self._context.journal.read(channel, owed=bool(owed), limit=limit)
        if found is None:
            raise not_found("channel", channel or "")
        return answer(found)

    async def retry_all(self, request: web.Request) -> web.Response:
        """Have everything tried at once that waits for a channel."""
        name = request.match_info["channel"]
        self._channel(name)
        self._context.journal.retry(name, None, request[CALLER])
        return answer(self._channel(name))

    async def retry(self, request: web.Request) -> web.Response:
        """Have one thing tried at once."""
        channel, key = self._lane(request)
        self._context.journal.retry(channel, key, request[CALLER])
        return answer(self._entry(channel, key))

    async def drop(self, request: web.Request) -> web.Response:
        """Do not tell what is owed. What was told stays told."""
        channel, key = self._lane(request)
        only = request.query.get("id")
        done = await self._context.journal.drop(channel, key, request[CALLER], only)
        if done == "nothing_owed":
            detail = f"Nothing is owed to {channel} about it now; nothing was changed."
            raise Problem(409, "nothing-owed", detail)
        if done == "another_owed":
            detail = f"{channel} is owed something else by now; nothing was changed."
            raise Problem(409, "another-owed", detail)
        if done == "being_told":
            detail = "It is on its way at this moment; ask again when that has come to an end."
            raise Problem(409, "being-told", detail, headers={"Retry-After": "10"})
        return answer({"stored": done == "done", "entry": self._entry(channel, key)})

    def _lane(self, request: web.Request) -> tuple[str, str]:
        """Return what an order is about. Raises Problem when there is no such."""
        channel, key = request.match_info["channel"], request.match_info["key"]
        self._channel(channel)
        self._entry(channel, key)
        return channel, key

    def _channel(self, name: str) -> Mapping[str, Any]:
        found = self._context.journal.channel(name)
        if found is None:
            raise not_found("channel", name)
        return found

    def _entry(self, channel: str, key: str) -> Mapping[str, Any]:
        found = self._context.journal.entry(channel, key)
        if found is None:
            raise not_found("journal-entry", key)
        return found
