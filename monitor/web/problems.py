"""Errors as `application/problem+json` (RFC 9457), whoever raises them."""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from monitor.web.context import Context
from monitor.web.encoding import answer

log = logging.getLogger(__name__)

_KEPT = ("Allow", "Location", "Retry-After")
"""Headers of aiohttp's own errors that belong into ours."""


class Problem(Exception):  # noqa: N818  RFC 9457's own word
    """An answer that is an error. `slug` names the kind for programs, `detail` says it to people.

    `errors` name what is wrong with the question: `[{"parameter" or "pointer", "detail"}]`.
    """

    def __init__(
        self,
        status: int,
        slug: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.slug = slug
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})

    def response(self, instance: str) -> web.Response:
        """Write it down; `instance` is the path that was asked for."""
        body: dict[str, Any] = {
            "type": f"urn:omilia-monitor:problem:{self.slug}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
        }
        if self.errors:
            body["errors"] = self.errors
        return answer(body, self.status, self.headers, "application/problem+json")


def not_found(what: str, name: str) -> Problem:
    """Make the answer to a question about something that is not there."""
    return Problem(404, f"unknown-{what}", f"There is no {what.replace('-', ' ')} {name[:100]!r}.")


def bad_parameter(parameter: str, detail: str) -> Problem:
    """Make the answer to a query parameter that cannot be used."""
    complaint = {"parameter": parameter, "detail": detail}
    return Problem(400, "bad-parameter", f"{parameter}: {detail}", errors=[complaint])


def store_unavailable() -> Problem:
    """Make the answer to a question that only the store can answer, when it cannot."""
    detail = "The history cannot be read now. How things stand is known: ask /v1/status."
    return Problem(503, "store-unavailable", detail, headers={"Retry-After": "10"})


def starting(path: str) -> Problem:
    """Make the answer to a question about the present before it is known.

    A 503 of one verdict is a verdict, and a monitor that starts has none: there it is 404.
    """
    detail = "The monitor is starting; in a moment it knows how everything stands."
    status = 404 if path.startswith("/v1/verdicts/") else 503
    return Problem(status, "starting", detail, headers={"Retry-After": "1"})


_DETAILS: Mapping[int, tuple[str, str]] = {
    404: ("not-found", "There is nothing here. GET / lists what there is."),
    405: ("method-not-allowed", "This path does not take this method."),
    413: ("too-large", "The request is larger than we are willing to read."),
}


def problem_middleware(context: Context) -> Middleware:
    """Make the middleware that turns every error into a problem."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        # The name `handler` matters: aiohttp passes it by keyword.
        if request.path.startswith("/v1/") and not context.known():
            return starting(request.path).response(request.path)
        try:
            return await handler(request)
        except Problem as problem:
            return problem.response(request.path)
        except web.HTTPException as error:
            if error.status < HTTPStatus.BAD_REQUEST:
                raise
            return _of_aiohttp(error).response(request.path)
        except Exception:
            log.exception("web.bug", extra={"path": request.path})
            context.bug("web")
            detail = "This is a bug of ours. It has been logged."
            return Problem(500, "bug", detail).response(request.path)

    return middleware


def _of_aiohttp(error: web.HTTPException) -> Problem:
    """Say an error of aiohttp's in our words; its reason may echo the question."""
    slug, detail = _DETAILS.get(error.status, ("refused", "The request was refused."))
    headers = {name: error.headers[name] for name in _KEPT if name in error.headers}
    return Problem(error.status, slug, detail, headers=headers)
