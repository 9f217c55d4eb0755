"""The channel `teams`: a Workflow of Microsoft Teams ("When a Teams webhook request is received").

Message-only: a card cannot be changed later, and 202 only means that the flow was started.
"""

import json
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from alerts.alert import Severity, Status
from alerts.attempt import Attempt
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.own_words import Spoken
from alerts.channels.post import Poster
from alerts.config import Duration, Secret, web_address
from alerts.message import Notification
from alerts.moment import Clock
from alerts.words import words

LARGEST = 28_000
"""Bytes of a card."""


def _is_workflow(value: SecretStr) -> SecretStr:
    host = urlsplit(value.get_secret_value()).hostname or ""
    if host.endswith((".webhook.office.com", "outlook.office.com")):
        raise ValueError(
            "Office 365 connectors are retired; make a Workflow in Teams (When a Teams webhook"
            " request is received) and use its URL"
        )
    return value


class TeamsConfig(Spoken):
    """A channel or chat of Microsoft Teams, by the URL of a Workflow."""

    kind: Literal["teams"]
    """Microsoft Teams, by a Workflow."""
    url: Annotated[Secret, AfterValidator(web_address), AfterValidator(_is_workflow)]
    """The Workflow's URL; whoever knows it may post."""
    timeout: Annotated[Duration, Field(gt=0, le=60)] = 15.0
    """How long one attempt may take in all."""


class TeamsChannel:
    """Posts an Adaptive Card for each piece of news."""

    kind = "teams"
    lifecycle = Lifecycle(pace=0.25)
    """Four requests in a second."""

    def __init__(self, name: str, config: TeamsConfig, clock: Clock) -> None:
        self.name = name
        self._url = config.url.get_secret_value()
        self._poster = Poster(self._url, clock, timeout=config.timeout)

    async def send(self, notification: Notification) -> Attempt:
        """Post one card."""
        content = _encoded(card(notification, plain=notification.plain))
        if len(content) > LARGEST:
            content = _encoded(card(notification, plain=True))
        headers = {"Content-Type": "application/json"}
        return (await self._poster.post(self._url, content, headers)).attempt

    async def close(self) -> None:
        """Close the session."""
        await self._poster.close()


def _colour(notification: Notification) -> str:
    alert = notification.alert
    if alert.status is Status.RESOLVED:
        return "Good"
    return "Attention" if alert.severity in (Severity.CRITICAL, Severity.ERROR) else "Warning"


def card(notification: Notification, *, plain: bool) -> dict[str, Any]:
    """Return the card, as the Workflow takes it."""
    said = words(notification)
    body: list[dict[str, Any]] = [
        {
            "type": "TextBlock",
            "text": _escaped(said.title),
            "weight": "Bolder",
            "size": "Medium",
            "wrap": True,
            "style": "heading",
            "color": _colour(notification),
        },
        {"type": "TextBlock", "text": _escaped(said.short), "wrap": True},
    ]
    if said.body is not None and not plain:
        body.append({"type": "TextBlock", "text": _escaped(said.body), "wrap": True})
    elif not plain:
        facts = [{"title": label, "value": _escaped(text)} for label, text in said.lines]
        body.append({"type": "FactSet", "facts": facts})
    card: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.2",
        "body": body,
        "msteams": {"width": "full"},
    }
    if said.link:
        card["actions"] = [{"type": "Action.OpenUrl", "title": "The incident", "url": said.link}]
    attachment = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": card,
    }
    return {"type": "message", "attachments": [attachment]}


def _escaped(text: str) -> str:
    """Keep what means something in a card's Markdown from meaning it: links, emphasis, code."""
    return "".join(f"\\{c}" if c in "\\`*_[]" else c for c in text)


def _encoded(message: dict[str, Any]) -> bytes:
    return json.dumps(message, ensure_ascii=False).encode("utf-8", "replace")
