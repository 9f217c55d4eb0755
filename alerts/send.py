"""One send, bounded in time: whatever a channel does, there is a value at its end."""

import asyncio
import logging
import traceback

from alerts.attempt import Attempt, Reason, Result
from alerts.channels import Channel
from alerts.message import Notification
from alerts.policy import Due, Why

_log = logging.getLogger("omilia_monitor.alerts.delivery")

LONGEST_SEND = 90.0
"""Seconds after which a send is given up, should a channel not keep its own time."""


async def sent(channel: Channel, notification: Notification) -> Attempt:
    """Send, and turn even a bug of the channel into a value. Raises only CancelledError."""
    try:
        async with asyncio.timeout(LONGEST_SEND):
            return await channel.send(notification)
    except TimeoutError:
        return Attempt(Result.UNKNOWN, Reason.TIMEOUT, "the channel did not come to an end")
    except Exception as error:  # noqa: BLE001  its message may hold a secret: keep only the place
        place = traceback.extract_tb(error.__traceback__)[-1]
        detail = f"{type(error).__name__} in {place.name}, line {place.lineno}"
        return Attempt(Result.UNKNOWN, Reason.INTERNAL, detail)


def log_of(channel: str, due: Due, attempt: Attempt) -> None:
    """Log what came of a send; what is repeated each minute interests nobody."""
    level = logging.WARNING
    if attempt.result is Result.TOLD:
        level = logging.DEBUG if due.why is Why.RESENT else logging.INFO
    said = {
        "channel": channel,
        "incident": due.alert.idempotency_id,
        "alert_key": due.alert.key,
        "notification_reason": due.why.value,
        "result": attempt.result.value,
        "error": attempt.error,
    }
    _log.log(level, "notification.sent", extra=said)
