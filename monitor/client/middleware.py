"""An aiohttp client middleware: asks the verdict before each request, and reports what came of it.

obey = VerdictMiddleware(verdicts, {"https://us1-m.ocp.ai/chat": "chat-rest"}, reporter=reporter)
async with aiohttp.ClientSession(middlewares=[obey]) as session:
    ...
"""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import aiohttp

from monitor.client import clock
from monitor.client.errors import CallRefused
from monitor.client.outcomes import (
    UNREACHABLE,
    is_tried_again,
    is_unreachable,
    status_worth_reporting,
)
from monitor.client.verdict import Verdict

EndpointOf = Callable[[aiohttp.ClientRequest], str | None]
"""Names the endpoint that a request calls, None when it is no business of ours."""


class Asked(Protocol):
    """Whoever knows the verdicts: `VerdictClient`, or `threads.Verdicts`."""

    def allows(self, endpoint: str) -> bool:
        """Tell whether to call, at once."""
        ...

    def verdict(self, endpoint: str) -> Verdict:
        """Say more."""
        ...


class Told(Protocol):
    """Whoever takes outcomes: `Reporter`."""

    def note(
        self,
        endpoint: str,
        *,
        status: int | None = None,
        category: str | None = None,
        latency: float | None = None,
    ) -> None:
        """Take one outcome; at once, and without raising."""
        ...


class VerdictMiddleware:
    """Stands before the requests of a session.

    `endpoints` names the endpoint of each URL prefix (the longest that fits counts; a prefix ends
    where a part of the path does), or finds it for a request. Requests that are nobody's pass.
    With mode "obey" a refused call raises `CallRefused`; with "watch" it is only counted. Outcomes
    go to `reporter`, those of refused calls too when they were made.
    """

    def __init__(
        self,
        verdicts: Asked,
        endpoints: Mapping[str, str] | EndpointOf,
        *,
        mode: Literal["obey", "watch"] = "obey",
        reporter: Told | None = None,
    ) -> None:
        self._verdicts = verdicts
        self._endpoint_of = endpoints if callable(endpoints) else by_prefix(endpoints)
        self._obeys = mode == "obey"
        self._reporter = reporter
        self._lost: WeakKeyDictionary[asyncio.Task[Any], tuple[str, str]] = WeakKeyDictionary()
        self.refused = 0
        """Calls that were refused, or would have been."""

    async def __call__(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Ask, call, report."""
        endpoint = self._endpoint_of(request)
        if endpoint is None:
            return await handler(request)
        if not self._verdicts.allows(endpoint):
            self.refused += 1
            if self._obeys:
                verdict = self._verdicts.verdict(endpoint)
                raise CallRefused(endpoint, verdict.retry_after, verdict.reason)
        if self._reporter is None:
            return await handler(request)
        return await self._reported(endpoint, request, handler, self._reporter)

    async def _reported(
        self,
        endpoint: str,
        request: aiohttp.ClientRequest,
        handler: aiohttp.ClientHandlerType,
        reporter: Told,
    ) -> aiohttp.ClientResponse:
        """Call, and report what came of it."""
        began = clock.monotonic()
        try:
            response = await handler(request)
        except BaseException as error:
            if is_unreachable(request, error) and not self._comes_again(request, error):
                latency = clock.monotonic() - began
                reporter.note(endpoint, category=UNREACHABLE, latency=latency)
            raise
        status = status_worth_reporting(response)
        if status is not None:
            reporter.note(endpoint, status=status, latency=clock.monotonic() - began)
        return response

    def _comes_again(self, request: aiohttp.ClientRequest, error: BaseException) -> bool:
        """Tell whether the same request follows, in the same task, whose outcome counts instead."""
        task, what = asyncio.current_task(), (request.method, str(request.url))
        if task is None or not is_tried_again(request, error):
            return False
        if self._lost.pop(task, None) == what:
            return False
        self._lost[task] = what
        return True


def by_prefix(endpoints: Mapping[str, str]) -> EndpointOf:
    """Find endpoints by the longest prefix of a URL. Raises ValueError for what is no URL."""
    by_origin: dict[str, list[tuple[str, str]]] = {}
    for prefix, endpoint in endpoints.items():
        parts = urlsplit(prefix)
        if parts.scheme not in _PORTS or not parts.hostname or parts.query or parts.fragment:
            raise ValueError(f"{prefix!r} is no prefix of URLs: scheme, host and a path are wanted")
        origin = f"{parts.scheme}://{parts.hostname}:{parts.port or _PORTS[parts.scheme]}"
        by_origin.setdefault(origin, []).append((parts.path.rstrip("/"), endpoint))
    for paths in by_origin.values():
        paths.sort(key=lambda one: len(one[0]), reverse=True)

    def endpoint_of(request: aiohttp.ClientRequest) -> str | None:
        url = request.url
        path = url.path
        for prefix, endpoint in by_origin.get(f"{url.scheme}://{url.host}:{url.port}", ()):
            if path == prefix or path.startswith(f"{prefix}/"):
                return endpoint
        return None

    return endpoint_of


_PORTS = {"http": 80, "https": 443}
