"""The channel `log`: one structured line per notification, in the daemon's own log."""

import logging
from typing import Literal

from alerts.alert import Status
from alerts.attempt import TOLD, Attempt
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.own_words import Spoken
from alerts.message import LATE, Notification
from alerts.moment import Clock, rfc3339

_log = logging.getLogger("omilia_monitor.alerts")


class LogConfig(Spoken):
    """Writes each notification as one structured line to the daemon's own log."""

    kind: Literal["log"]
    """The daemon's own log."""
    level: Literal["debug", "info", "warning", "error"] = "warning"
    """The level of the lines."""


class LogChannel:
    """Writes `alert.firing` and `alert.resolved`; what else is to be said stands in the extras."""

    kind = "log"
    lifecycle = Lifecycle()

    def __init__(self, name: str, config: LogConfig, clock: Clock) -> None:
        self.name = name
        self._level = logging.getLevelNamesMapping()[config.level.upper()]
        self._clock = clock

    async def send(self, notification: Notification) -> Attempt:
        """Write the line. It is told when it is written."""
        alert = notification.alert
        event = "alert.resolved" if alert.status is Status.RESOLVED else "alert.firing"
        extra = {
            "channel": self.name,
            "incident": alert.id,
            "revision": alert.revision,
            "alert_key": alert.key,
            "severity": alert.severity.value,
            "title": alert.title,
            "reason": alert.reason,
            "notification_reason": notification.why.value,
            "started_at": rfc3339(alert.started_at),
            "duration": round(notification.duration, 3),
        }
        if notification.said is not None:
            extra |= {"title": notification.said.title, "short": notification.said.short}
            extra["text"] = notification.said.text
        if alert.ended_at is not None:
            extra["ended_at"] = rfc3339(alert.ended_at)
        if notification.age > LATE:
            extra["late_by"] = round(notification.age, 3)
        _log.log(self._level, event, extra=extra)
        return TOLD

    async def close(self) -> None:
        """Do nothing: the log is not ours."""
