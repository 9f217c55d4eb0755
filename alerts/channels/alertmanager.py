"""The channel `alertmanager`: Prometheus Alertmanager's API v2, told again and again.

It keeps alerts in memory only, and takes silence for an end: so everything that stands is sent
every minute with an end a few minutes ahead, and what is over for a quarter of an hour more.
"""

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from alerts.alert import Alert, Status
from alerts.attempt import Attempt, Result
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.post import Poster
from alerts.config import Duration, Part, Secret, web_address
from alerts.message import Notification
from alerts.moment import Clock, rfc3339
from alerts.steady import steady
from alerts.words import words

ENDS_AFTER = 300.0
"""Seconds after which Alertmanager may take our silence for an end: Prometheus' own four intervals
of a minute, and one more. A daemon that is restarted within them is not noticed."""

_LABELS = ("endpoint", "group", "region", "location")
Url = Annotated[str | Secret, AfterValidator(web_address)]


class AlertmanagerConfig(Part):
    """One Alertmanager, or all members of a cluster: each is told, none through a balancer."""

    kind: Literal["alertmanager"]
    """Prometheus Alertmanager."""
    url: list[Url] = Field(min_length=1)
    """The base URL of every member, for example `http://127.0.0.1:9093`."""
    labels: dict[str, str] = {}
    """Further labels of each alert, for its routes."""
    timeout: Annotated[Duration, Field(gt=0, le=60)] = 10.0
    """How long one attempt may take in all."""


class AlertmanagerChannel:
    """Posts each alert to every member; one that takes it is enough."""

    kind = "alertmanager"
    lifecycle = Lifecycle(resolves=True, edits=True, level=True)

    def __init__(self, name: str, config: AlertmanagerConfig, clock: Clock) -> None:
        self.name = name
        self._labels = config.labels
        urls = [u.get_secret_value() if isinstance(u, SecretStr) else u for u in config.url]
        self._members = [
            (f"{url.rstrip('/')}/api/v2/alerts", Poster(url, clock, timeout=config.timeout))
            for url in urls
        ]

    async def send(self, notification: Notification) -> Attempt:
        """Post to every member at once."""
        labels = notification.remote.get("labels") or self._labels_of(notification.alert)
        content = json.dumps([_posted(notification, labels)], ensure_ascii=False, default=str)
        headers = {"Content-Type": "application/json"}
        posts = (
            poster.post(url, content.encode("utf-8", "replace"), headers)
            for url, poster in self._members
        )
        attempts = [posted.attempt for posted in await asyncio.gather(*posts)]
        if any(attempt.result is Result.TOLD for attempt in attempts):
            return Attempt(Result.TOLD, remote={"labels": labels})
        return _best(attempts)

    async def close(self) -> None:
        """Close the sessions."""
        for _, poster in self._members:
            await poster.close()

    def _labels_of(self, alert: Alert) -> dict[str, str]:
        """Return what identifies an alert: the labels, which may not change while it goes on.

        The severity is therefore the one that it began with; annotations say how it is now. That
        of a Watchdog is `none`, as kube-prometheus has it and as people's routes know it.
        """
        lives = alert.key == "watchdog"
        own = {
            "alertname": "Watchdog" if lives else "OmiliaMonitor",
            "key": alert.key,
            "severity": "none" if lives else alert.severity.value,
        }
        return {**steady(alert, _LABELS), **own, **self._labels}


def _posted(notification: Notification, labels: dict[str, str]) -> dict[str, Any]:
    alert, said = notification.alert, words(notification)
    over = alert.status is Status.RESOLVED
    ends = alert.ended_at or alert.updated_at if over else notification.now + _AHEAD
    annotations = {"summary": alert.title, "severity": alert.severity.value}
    if not notification.plain:
        annotations["description"] = said.short
        annotations |= {_named(label): text for label, text in said.lines}
    posted = {
        "labels": labels,
        "annotations": annotations,
        "startsAt": rfc3339(alert.started_at),
        "endsAt": rfc3339(max(ends, alert.started_at)),
    }
    return posted | ({"generatorURL": said.link} if said.link else {})


def _named(label: str) -> str:
    """Name an annotation; the runbook's as everybody does."""
    return "runbook_url" if label == "Runbook" else label.lower().replace(" ", "_")


_AHEAD = timedelta(seconds=ENDS_AFTER)


def _best(attempts: Sequence[Attempt]) -> Attempt:
    """Choose what to believe when no member took it: what may still have arrived comes first."""
    unknown = [attempt for attempt in attempts if attempt.result is Result.UNKNOWN]
    waiting = [attempt for attempt in attempts if attempt.result is Result.UNREACHABLE]
    return next(iter([*unknown, *waiting, *attempts]))
