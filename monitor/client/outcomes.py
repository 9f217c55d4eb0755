"""What a request of the caller's says about Omilia: a status, that it cannot be reached, nothing.

Nothing is said by what the caller did: a request that was cancelled, a body of theirs that failed.
"""

import asyncio
from http import HTTPStatus

import aiohttp

UNREACHABLE = "unreachable"
"""The category of a request that got no answer, in the daemon's words."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_BY_THE_BODY = "Can not write request body"
"""How aiohttp begins its error when it could not write a body, whoever's fault that is."""


def status_worth_reporting(response: aiohttp.ClientResponse) -> int | None:
    """Return the status of an answer; None when another is on its way, that counts instead."""
    status = response.status
    if status in _REDIRECTS or status < HTTPStatus.OK:
        return None
    return status


def is_unreachable(request: aiohttp.ClientRequest, error: BaseException) -> bool:
    """Tell whether an exception means that Omilia did not answer."""
    if isinstance(error, aiohttp.ServerTimeoutError):
        return True
    if isinstance(error, asyncio.CancelledError | TimeoutError):
        return _timed_out(request)
    if type(error) is aiohttp.ClientResponseError:
        return error.__cause__ is not None  # an answer that is no HTTP
    if type(error) is aiohttp.ClientConnectionError or _BY_THE_BODY in str(error):
        # The body could not be written: because the connection broke, or because it failed itself.
        return type(error.__cause__) in _BROKEN or (
            error.__cause__ is not None and _is_plain(request)
        )
    return isinstance(error, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError)


def is_tried_again(request: aiohttp.ClientRequest, error: BaseException) -> bool:
    """Tell whether aiohttp, at a first such error, sends the request once more by itself.

    It does when a connection that was kept open turns out to have been closed meanwhile.
    """
    if isinstance(error, aiohttp.ClientConnectorError | TimeoutError):
        return False
    lost = isinstance(error, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError)
    return lost and request.method in _IDEMPOTENT


_BROKEN = (ConnectionError, aiohttp.ClientConnectionError, aiohttp.ClientConnectionResetError)
_IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})


def _timed_out(request: aiohttp.ClientRequest) -> bool:
    """Tell whether the session's own total timeout has passed.

    aiohttp cancels the task then, and makes it a TimeoutError only outside of the middlewares.
    """
    timer = getattr(request, "_timer", None)
    try:
        if timer is not None:
            timer.assert_timeout()
    except TimeoutError:
        return True
    return False


def _is_plain(request: aiohttp.ClientRequest) -> bool:
    """Tell whether the body is bytes, which cannot fail."""
    return isinstance(request.body, bytes | aiohttp.BytesPayload)
