"""What else was seen around a trouble since it began: the evidence for whose fault it is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from monitor.core.blame import Around
from monitor.core.breaker import State
from monitor.core.endpoint import Endpoint
from monitor.core.outcome import About, Effect
from monitor.core.standing import Standing


class Watched(Protocol):
    """One endpoint and how it stands."""

    @property
    def endpoint(self) -> Endpoint:
        """What is watched."""
        ...

    @property
    def standing(self) -> Standing:
        """How it stands."""
        ...


def look_around(
    endpoint: Endpoint, since: datetime, watched: Iterable[Watched], *, online: bool | None
) -> Around:
    """Look at all other endpoints; only what they showed `since` then counts.

    An answer of any kind proves that our network works, a refusal too. The platform works around
    an application when something of it does and nothing of it fails.
    """
    answers: list[bool] = []
    works: list[bool] = []
    for one in watched:
        last = one.standing.last
        if one.endpoint.id == endpoint.id or last is None or last.at < since:
            continue
        if last.status is not None or last.fault is not None:
            answers.append(last.status is not None)
        if one.endpoint.about is About.PLATFORM and last.effect is not Effect.NEUTRAL:
            closed = one.standing.breaker.state is State.CLOSED
            works.append(closed and last.effect is Effect.SUCCESS)
    return Around(
        online=online,
        others=any(answers) if answers else None,
        platform=all(works) if works else None,
    )
