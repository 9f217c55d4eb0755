"""Asking a system about alerts one by one, over HTTP: shared by the channels that do."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from alerts.attempt import Attempt, Reason, Result
from alerts.channels.post import Posted
from alerts.taken import Asked, Heard, Taken


async def heard(
    asked: Sequence[Asked],
    ask: Callable[[Asked], Awaitable[Posted]],
    read: Callable[[Any], Taken | None],
    *,
    gaps: bool = False,
) -> Heard:
    """Ask about each alert, until one answer says that there is no point in going on.

    `read` understands one answer, and may raise LookupError, TypeError, AttributeError or
    ValueError. With `gaps` an alert may be unknown there (404): it has not arrived yet.
    """
    found: dict[str, Taken | None] = {}
    for one in asked:
        posted = await ask(one)
        if gaps and posted.attempt.reason is Reason.NOT_FOUND:
            continue
        if posted.attempt.result is not Result.TOLD:
            return Heard(found, posted.attempt)
        try:
            found[one.incident_id] = read(json.loads(posted.body))
        except (LookupError, TypeError, AttributeError, ValueError):
            return Heard(found, Attempt(Result.REFUSED, Reason.SERVER, "not the answer expected"))
    return Heard(found)
