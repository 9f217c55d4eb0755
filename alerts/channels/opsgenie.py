"""The channel `opsgenie`: the alert API of Opsgenie and of its successor, JSM Operations."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, Field, SecretStr, model_validator

from alerts.alert import Severity, Status
from alerts.attempt import Attempt, Result
from alerts.channels.asking import heard
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.own_words import Spoken
from alerts.channels.post import Posted, Poster
from alerts.config import Duration, Secret, web_address
from alerts.message import Notification
from alerts.moment import Clock
from alerts.policy import Why
from alerts.taken import Asked, Heard, Taken, is_echo
from alerts.words import Words, words

LONGEST_MESSAGE = 130
LONGEST_ALIAS = 512
LONGEST_DESCRIPTION = 15_000
LONGEST_NOTE = 25_000
LONGEST_DETAILS = 8_000
"""Limits of the alert API, in characters."""

_PRIORITIES = {
    Severity.CRITICAL: "P1",
    Severity.ERROR: "P2",
    Severity.WARNING: "P3",
    Severity.INFO: "P5",
}


class OpsgenieConfig(Spoken):
    """Jira Service Management Operations, or Opsgenie (whose own API ends on 2027-04-05)."""

    kind: Literal["opsgenie"]
    """Jira Service Management Operations, or Opsgenie."""
    api_key: Secret
    """The key of an API integration."""
    url: Annotated[str | Secret, AfterValidator(web_address)] = (
        "https://api.atlassian.com/jsm/ops/integration/v2/alerts"
    )
    """Where alerts go; `https://api.opsgenie.com/v2/alerts` where Opsgenie is still used."""
    teams: list[str] = []
    """Teams that are made responders."""
    tags: list[str] = []
    """Tags of each alert."""
    hear: bool = False
    """Whether to ask who has acknowledged an alert there: then they have it here, too. The key
    needs the right to read; only Opsgenie itself can be asked."""
    timeout: Annotated[Duration, Field(gt=0, le=60)] = 15.0
    """How long one attempt may take in all."""

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        url = self.url.get_secret_value() if isinstance(self.url, SecretStr) else self.url
        if self.hear and "/jsm/ops/integration/" in url:
            raise ValueError(
                "hear: Jira Service Management does not answer an integration's key; leave it out,"
                " or write url: https://api.opsgenie.com/v2/alerts"
            )
        return self


class OpsgenieChannel:
    """Creates, notes, acknowledges and closes under one alias for each incident."""

    kind = "opsgenie"
    lifecycle = Lifecycle(resolves=True, edits=True, acknowledges=True)

    def __init__(self, name: str, config: OpsgenieConfig, clock: Clock) -> None:
        self.name = name
        self._config = config
        key = config.api_key.get_secret_value()
        url = config.url.get_secret_value() if isinstance(config.url, SecretStr) else config.url
        self._url = url.rstrip("/")
        self._headers = {"Authorization": f"GenieKey {key}", "Content-Type": "application/json"}
        self._poster = Poster(self._url, clock, timeout=config.timeout, secrets=[key])

    async def send(self, notification: Notification) -> Attempt:
        """Send one request. 202 means that it was taken: the API works on it afterwards."""
        if is_echo(notification, self.name):
            return Attempt(Result.TOLD)
        path, body = self._request(notification)
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        return (await self._poster.post(f"{self._url}{path}", content, self._headers)).attempt

    @property
    def hears(self) -> bool:
        """Whether it is configured to ask."""
        return self._config.hear

    async def taken(self, asked: Sequence[Asked]) -> Heard:
        """Ask who has acknowledged what."""
        return await heard(asked, self._ask, _taken, gaps=True)

    async def _ask(self, one: Asked) -> Posted:
        alias = quote(one.incident_id[:LONGEST_ALIAS], safe="")
        url = f"{self._url}/{alias}?identifierType=alias"
        return await self._poster.post(url, None, self._headers, read=True, method="GET")

    async def close(self) -> None:
        """Close the session."""
        await self._poster.close()

    def _request(self, notification: Notification) -> tuple[str, dict[str, Any]]:
        alert, before = notification.alert, notification.before
        said = words(notification)
        alias = alert.id[:LONGEST_ALIAS]
        one = f"/{quote(alias, safe='')}"
        note = {"source": _US, "user": _US, "note": _full(said)[:LONGEST_NOTE]}
        if alert.status is Status.RESOLVED:
            return f"{one}/close?identifierType=alias", note
        known = before is not None and before.id == alert.id
        if known and notification.why in (Why.UPDATED, Why.DIGEST, Why.REMINDER):
            taken = alert.is_acked(notification.now)
            acked = taken and before is not None and before.acked_by != alert.acked_by
            return f"{one}/{'acknowledge' if acked else 'notes'}?identifierType=alias", note
        # One that got worse is created again: while it is open, that raises its count.
        return "", self._created(notification, said, alias)

    def _created(self, notification: Notification, said: Words, alias: str) -> dict[str, Any]:
        alert, config = notification.alert, self._config
        created: dict[str, Any] = {
            "message": said.title[:LONGEST_MESSAGE],
            "alias": alias,
            "description": _full(said)[:LONGEST_DESCRIPTION],
            "source": "omilia-monitor",
            "priority": _PRIORITIES[alert.severity],
            "entity": str(alert.facts.get("endpoint") or alert.key)[:LONGEST_ALIAS],
        }
        if not notification.plain:
            created["details"] = said.details
            created["tags"] = config.tags
            created["responders"] = [{"type": "team", "name": name} for name in config.teams]
        if "details" in created:
            created["details"] = _fitting(created["details"])
        return created


def _fitting(details: dict[str, str]) -> dict[str, str]:
    """Take as many details as fit, the most important first."""
    left = LONGEST_DETAILS
    sized = ((label, text, len(label) + len(text)) for label, text in details.items())
    return {label: text for label, text, size in sized if (left := left - size) >= 0}


def _full(said: Words) -> str:
    return "\n".join([said.short, "", said.text, *([said.link] if said.link else [])])


_US = "omilia-monitor"


def _taken(answer: Any) -> Taken | None:
    """Read an alert of the API. An acknowledgement that we passed on is nobody's there."""
    one = answer["data"]
    if one.get("status") == "closed" or not one["acknowledged"]:
        return None
    report = one.get("report") or {}
    who = str(report.get("acknowledgedBy") or one.get("owner") or "somebody")
    if who == _US:
        return None
    return Taken(f"{who} (Opsgenie)", f"{one['id']}@{report.get('ackTime', who)}")
