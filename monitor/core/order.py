"""Orders: what people say about a verdict, whatever the breaker judges underneath.

An order changes what is published, never what is judged: probes, moves and incidents go on.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from monitor.core.event import Event, Kind


class Mode(StrEnum):
    """How a verdict follows from its breaker. Bounded: it is part of the HTTP contract."""

    AUTO = "auto"
    """The breaker decides."""
    FORCED_OPEN = "forced_open"
    """Nobody calls."""
    FORCED_CLOSED = "forced_closed"
    """Everybody may call."""
    SHADOW = "shadow"
    """Everybody may call, and it is recorded when nobody would have been allowed to."""


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody ordered: `by` is a token's name, or `configuration`.

    It holds until `until` (aware UTC) and no longer; None is until somebody ends it. `since` is
    None where nobody knows: the configuration has no memory.
    """

    mode: Mode
    by: str = "configuration"
    since: datetime | None = None
    reason: str = ""
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        """Tell whether its time is not over."""
        return self.until is None or now < self.until


NOTHING = Order(Mode.AUTO)
"""What holds when nobody ordered anything."""

OVERRIDING = frozenset({Mode.FORCED_CLOSED, Mode.SHADOW})
"""Modes that let calls through which the breaker would not."""


def in_force(order: Order | None, configured: Order, now: datetime) -> Order:
    """Return what holds at `now`: an order over the API comes before the configuration's."""
    if order is not None and order.holds(now):
        return order
    return configured if configured.holds(now) else NOTHING


def words(order: Order) -> str:
    """Say it in one line: what, by whom, until when, why."""
    until = "" if order.until is None else f" until {order.until:%Y-%m-%d %H:%M:%S} UTC"
    why = f": {order.reason}" if order.reason else ""
    return f"{order.mode.replace('_', ' ')} by {order.by}{until}{why}"


def news(
    endpoint: str, before: Order, after: Order, at: datetime, *, by: str, shadowed: str = ""
) -> Event:
    """Return the event of another order being in force; by "" when a time was over.

    `shadowed` is what the breaker would have done under the order that ends.
    """
    said = words(after) if after.mode is not Mode.AUTO else "the breaker decides again"
    if after.mode is Mode.AUTO or not by:
        ended = f"ended by {by}" if by else "its time is over"
        said = f"{said}; before: {words(before)} ({ended})"
    data = {"before": str(before.mode), "mode": str(after.mode), "by": by, "reason": after.reason}
    if after.until is not None:
        data["until"] = after.until.isoformat().replace("+00:00", "Z")
    return Event(at, Kind.MODE, f"{said}; {shadowed}" if shadowed else said, endpoint, data)
