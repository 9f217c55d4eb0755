"""Whether news may go out now, as its channel is. Pure."""

from alerts.channel_state import Condition
from alerts.policy import NotDue, Quiet

MOST_IN_FLIGHT = 8
"""So many messages are under way to one channel at a time."""


def leave(
    condition: Condition, *, lane_waits: float, channel_waits: float, in_flight: int
) -> NotDue | None:
    """Say why news must wait, None when it may go out now. Waits are the seconds left of them.

    A channel that is not ok has its own wait, and a message's own back-off no say in it.
    """
    if channel_waits > 0:
        disabled = condition is Condition.DISABLED
        return NotDue(Quiet.DISABLED if disabled else Quiet.CHANNEL_WAITS)
    if condition is not Condition.OK:
        return NotDue(Quiet.PROBING) if in_flight else None
    if lane_waits > 0:
        return NotDue(Quiet.NOT_YET)
    return NotDue(Quiet.FULL) if in_flight >= MOST_IN_FLIGHT else None
