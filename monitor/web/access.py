"""Who may change something: bearer tokens (RFC 6750) with scopes."""

import hmac
from collections.abc import Iterable
from functools import wraps

from aiohttp import web
from aiohttp.typedefs import Handler

from monitor.web.context import Context, Holder
from monitor.web.problems import Problem

CALLER: web.RequestKey[str] = web.RequestKey("caller", str)
"""The name of whoever asks; only requests that change something have one."""

_CHALLENGE = 'Bearer realm="omilia-monitor"'


def caller_of(request: web.Request, holders: Iterable[Holder], scope: str) -> str:
    """Return who asks.

    Raises Problem: 403 when no token is configured or it lacks the scope, 401 when it is missing or
    nobody's (RFC 6750, section 3.1).
    """
    known = tuple(holders)
    if not known:
        detail = "Nobody may change anything: no token is configured under access.tokens."
        raise Problem(403, "no-tokens", detail)
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not shown.strip():
        challenge = {"WWW-Authenticate": _CHALLENGE}
        raise Problem(401, "token-needed", "A bearer token is needed.", headers=challenge)
    holder = _holder_of(shown.strip(), known)
    if holder is None:
        challenge = {"WWW-Authenticate": f'{_CHALLENGE}, error="invalid_token"'}
        raise Problem(401, "unknown-token", "This token is nobody's.", headers=challenge)
    if scope not in holder.scopes:
        challenge = {
            "WWW-Authenticate": f'{_CHALLENGE}, error="insufficient_scope", scope="{scope}"'
        }
        detail = f"The token of {holder.name} does not have the scope {scope!r}."
        raise Problem(403, "scope-missing", detail, headers=challenge)
    return holder.name


def _holder_of(shown: str, known: tuple[Holder, ...]) -> Holder | None:
    """Find whose token it is; every token is compared, so that time tells nothing."""
    found = None
    for holder in known:
        if hmac.compare_digest(holder.token.encode(), shown.encode("utf-8", "surrogateescape")):
            found = holder
    return found


def guarded(handler: Handler, scope: str, context: Context) -> Handler:
    """Let only those through whose token has a scope; the handler finds them under CALLER."""

    @wraps(handler)
    async def guard(request: web.Request) -> web.StreamResponse:
        request[CALLER] = caller_of(request, context.holders(), scope)
        return await handler(request)

    return guard
