"""The channel `apprise`: some 180 services behind Apprise (an extra). Message-only.

Apprise says no more than yes or no: no handle, no hint when to come again, no end of an alert. What
we know about delivery is ours: its own retries are off.
"""

import asyncio
import importlib
import logging
from typing import Any, Literal

from pydantic import Field

from alerts.alert import Severity, Status
from alerts.attempt import Attempt, Reason, Result
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.own_words import Spoken
from alerts.config import Secret
from alerts.message import Notification
from alerts.moment import Clock
from alerts.words import words

_TYPES = {
    Severity.CRITICAL: "failure",
    Severity.ERROR: "failure",
    Severity.WARNING: "warning",
    Severity.INFO: "info",
}


class AppriseConfig(Spoken):
    """Services by Apprise's URLs; needs `pip install omilia-monitor[apprise]`."""

    kind: Literal["apprise"]
    """Any service that Apprise knows (extra `apprise`); message-only."""
    urls: list[Secret] = Field(min_length=1)
    """Apprise's URLs, such as `tgram://token/chat`."""


class AppriseChannel:
    """Hands each message to Apprise."""

    kind = "apprise"
    lifecycle = Lifecycle()

    def __init__(self, name: str, config: AppriseConfig, clock: Clock) -> None:
        del clock
        self.name = name
        self._urls = [url.get_secret_value() for url in config.urls]
        self._made: Any = None

    async def send(self, notification: Notification) -> Attempt:
        """Tell every service; a no of one of them is a no of all: which one is not said."""
        if self._made is None:
            # The first use loads all its plugins, for a quarter of a second.
            made = await asyncio.to_thread(self._make)
            if isinstance(made, Attempt):
                return made
            self._made = made
        said = words(notification)
        over = notification.alert.status is Status.RESOLVED
        kind = "success" if over else _TYPES[notification.alert.severity]
        lines = [] if notification.plain else [said.text]
        body = "\n".join([said.short, *lines, *([said.link] if said.link else [])])
        if await self._made.async_notify(title=said.title, body=body, notify_type=kind):
            return Attempt(Result.TOLD)
        return Attempt(Result.UNREACHABLE, Reason.SERVER, "Apprise says that it failed, not why")

    async def close(self) -> None:
        """Let go of what was made."""
        self._made = None

    def _make(self) -> Any:
        try:
            apprise = importlib.import_module("apprise")
        except ImportError:
            detail = "Apprise is not installed: pip install omilia-monitor[apprise]"
            return Attempt(Result.MISCONFIGURED, Reason.NOT_FOUND, detail)
        for logger in ("apprise", "urllib3"):  # they log URLs, which are secrets
            logging.getLogger(logger).setLevel(logging.CRITICAL)
        made = apprise.Apprise()
        if not all(made.add(url) for url in self._urls):
            detail = "a URL is none of Apprise's"
            return Attempt(Result.MISCONFIGURED, Reason.CLIENT, detail)
        return made
