"""The channel `pagerduty`: Events API v2. One incident of ours is one alert there, by its key."""

import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr

from alerts.alert import Alert, Status
from alerts.attempt import Attempt, Reason, Result
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.own_words import Spoken
from alerts.channels.pagerduty_ear import PagerDutyEar
from alerts.channels.post import Posted, Poster
from alerts.config import Duration, Secret, web_address
from alerts.message import Notification
from alerts.moment import Clock, rfc3339
from alerts.policy import Why
from alerts.taken import Asked, Heard, is_echo
from alerts.words import Words, words

LONGEST_KEY = 255
LONGEST_SUMMARY = 1024
LARGEST = 512_000
"""Limits of the Events API v2: characters, characters, bytes."""
_OPENED_ELSEWHERE = (
    "it was opened through another integration key: close it in PagerDuty, or name that key in"
    " former_keys"
)


class PagerDutyConfig(Spoken):
    """A service of PagerDuty, by the integration key of its Events API v2."""

    kind: Literal["pagerduty"]
    """A service of PagerDuty (Events API v2)."""
    routing_key: Secret
    """The integration key."""
    url: Annotated[str | Secret, AfterValidator(web_address)] = (
        "https://events.pagerduty.com/v2/enqueue"
    )
    """Where events go; `https://events.eu.pagerduty.com/v2/enqueue` in the EU region."""
    api_token: Secret | None = None
    """A token of the REST API that may read incidents: then whoever acknowledges one there has it
    here, too."""
    api_url: Annotated[str | Secret, AfterValidator(web_address)] = "https://api.pagerduty.com"
    """Where that is asked; `https://api.eu.pagerduty.com` in the EU region."""
    former_keys: list[Secret] = []
    """Integration keys that were used before: what was opened through one also ends through it."""
    timeout: Annotated[Duration, Field(gt=0, le=60)] = 15.0
    """How long one attempt may take in all."""


class PagerDutyChannel:
    """Triggers, acknowledges and resolves under one `dedup_key` for each incident."""

    kind = "pagerduty"
    lifecycle = Lifecycle(resolves=True, edits=True, acknowledges=True)

    def __init__(self, name: str, config: PagerDutyConfig, clock: Clock) -> None:
        self.name = name
        keys = [one.get_secret_value() for one in (*config.former_keys, config.routing_key)]
        self._key = keys[-1]
        self._keys = {_fingerprint(key): key for key in keys}
        url = config.url
        self._url = url.get_secret_value() if isinstance(url, SecretStr) else url
        self._poster = Poster(self._url, clock, timeout=config.timeout, secrets=keys)
        token = config.api_token
        self._ear = PagerDutyEar(config.api_url, token, clock, config.timeout) if token else None

    async def send(self, notification: Notification) -> Attempt:
        """Send one event."""
        if is_echo(notification, self.name):
            return Attempt(Result.TOLD)
        event = event_of(notification, self._key)
        remote = {"dedup_key": event["dedup_key"], "service": _fingerprint(self._key)}
        opened_by = notification.remote.get("service", remote["service"])
        if opened_by in self._keys:
            event["routing_key"], remote["service"] = self._keys[opened_by], opened_by
        elif notification.alert.status is Status.RESOLVED:
            # PagerDuty drops what comes for an alert through another integration key.
            return Attempt(Result.REFUSED, Reason.CLIENT, _OPENED_ELSEWHERE)
        content = _encoded(event)
        if len(content) > LARGEST:
            event.get("payload", {}).pop("custom_details", None)
            content = _encoded(event)
        headers = {"Content-Type": "application/json"}
        attempt = _classified(await self._poster.post(self._url, content, headers))
        told = attempt.result is Result.TOLD
        return Attempt(Result.TOLD, remote=remote) if told else attempt

    @property
    def hears(self) -> bool:
        """Whether a token to ask with is configured."""
        return self._ear is not None

    async def taken(self, asked: Sequence[Asked]) -> Heard:
        """Ask who has acknowledged what."""
        return await self._ear.taken(asked) if self._ear else Heard({})

    async def close(self) -> None:
        """Close the sessions."""
        await self._poster.close()
        if self._ear:
            await self._ear.close()


def _classified(posted: Posted) -> Attempt:
    """Tell a key that PagerDuty does not know (400, too) from a message that it does not want."""
    attempt = posted.attempt
    if attempt.result is Result.REFUSED and b"routing key" in posted.body.lower():
        return Attempt(Result.MISCONFIGURED, Reason.AUTH, attempt.detail)
    return attempt


def event_of(notification: Notification, routing_key: str) -> dict[str, Any]:
    """Return the event. What acknowledges or resolves needs nothing but the key."""
    alert = notification.alert
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": _action(notification),
        "dedup_key": notification.remote.get("dedup_key") or dedup_key(alert),
    }
    if event["event_action"] != "trigger":
        return event
    said = words(notification)
    event["payload"] = _payload(notification, said)
    event["client"] = "omilia-monitor"
    if said.link:
        event["client_url"] = said.link
        event["links"] = [{"href": said.link, "text": "the incident"}]
    return event


def _action(notification: Notification) -> str:
    alert, before = notification.alert, notification.before
    if alert.status is Status.RESOLVED:
        return "resolve"
    taken = alert.is_acked(notification.now) and not (before and before.acked_by == alert.acked_by)
    news = notification.why in (Why.UPDATED, Why.ESCALATED)
    return "acknowledge" if taken and news else "trigger"


def dedup_key(alert: Alert) -> str:
    """Return PagerDuty's key of an incident: ours, shortened when it is too long."""
    if len(alert.id) <= LONGEST_KEY:
        return alert.id
    return f"{alert.id[:190]}-{hashlib.sha256(alert.id.encode()).hexdigest()}"


def _payload(notification: Notification, said: Words) -> dict[str, Any]:
    alert, facts = notification.alert, notification.alert.facts
    payload: dict[str, Any] = {
        "summary": f"{said.title}. {said.short}"[:LONGEST_SUMMARY],
        "source": str(facts.get("endpoint") or alert.key)[:LONGEST_KEY],
        "severity": alert.severity.value,
        "timestamp": rfc3339(alert.started_at),
    }
    names = {"component": "endpoint", "group": "group", "class": "category"}
    payload |= {
        name: str(facts[fact])[:LONGEST_KEY] for name, fact in names.items() if facts.get(fact)
    }
    if not notification.plain:
        payload["custom_details"] = said.details or {"text": said.text}
    return payload


def _encoded(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False, default=str).encode("utf-8", "replace")


def _fingerprint(key: str) -> str:
    """Tell one integration key from another without keeping it."""
    return hashlib.sha256(b"omilia-monitor pagerduty " + key.encode()).hexdigest()[:8]
