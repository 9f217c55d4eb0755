"""What is made of the route table itself: the index at `/`, and the OpenAPI document."""

from collections.abc import Sequence

from aiohttp import web

from monitor.web import models
from monitor.web.context import Context
from monitor.web.encoding import answer, encode
from monitor.web.openapi import document
from monitor.web.route import Answer, Route


class Index:
    """Handlers that describe the other handlers."""

    def __init__(self, context: Context, others: Sequence[Route]) -> None:
        self._context = context
        self.routes = (
            Route(
                "/",
                self.index,
                "What is here",
                {200: Answer("JSON, or text for who does not accept it", models.IndexModel)},
            ),
            *others,
            Route(
                "/openapi.json",
                self.openapi,
                "This interface, described",
                {200: Answer("OpenAPI 3.1", media="application/json")},
            ),
        )
        self._document = encode(document(self.routes, context.version))

    async def index(self, request: web.Request) -> web.Response:
        """Answer with what is here: JSON to who accepts it, else text."""
        status = self._context.board.platform(self._context.clock.now())
        paths = {route.path: route.summary for route in self.routes if route.method == "GET"}
        vary = {"Vary": "Accept"}
        if "json" in request.headers.get("Accept", ""):
            index = {
                "name": "omilia-monitor",
                "version": self._context.version,
                "location": self._context.location,
                "status": status,
                "paths": paths,
            }
            return answer(index, headers=vary)
        width = max(map(len, paths))
        lines = [
            f"omilia-monitor {self._context.version} at {self._context.location}: {status}",
            "",
        ]
        lines += [f"{path:<{width}}  {summary}" for path, summary in paths.items()]
        return web.Response(text="\n".join(lines) + "\n", headers=vary)

    async def openapi(self, request: web.Request) -> web.Response:
        """Answer with the OpenAPI document."""
        del request
        return answer(self._document)
