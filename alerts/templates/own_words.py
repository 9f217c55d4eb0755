"""The words of one channel: its operator's where there are any and they work, else the built-in."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from alerts.message import Notification
from alerts.templates.template import named, template
from alerts.templates.values import values_of
from alerts.words import Words, built_in

DEADLINE = 5.0
"""Seconds after which nobody waits for templates any more."""
_ROOM = 450
"""Characters of `short` beside a confession: the title and both fit PagerDuty's 1024."""

_log = logging.getLogger("omilia_monitor.alerts.delivery")


class OwnWords:
    """Finds the words of a channel that has templates. `sources` are their texts, by part."""

    def __init__(
        self,
        channel: str,
        sources: Mapping[str, str],
        within: float = DEADLINE,
    ) -> None:
        self._channel = channel
        self._within = within
        self._templates = {part: template(part, source) for part, source in sources.items()}

    async def of(self, notification: Notification) -> Words:
        """Return the words, found beside the loop. Never raises for what a template does."""
        try:
            async with asyncio.timeout(self._within):
                said = await asyncio.to_thread(self.found, notification)
        except TimeoutError:
            error = f"it took longer than {self._within:g} s"
            said = confessed(built_in(notification), error)
        if said.failed:
            extra = {"channel": self._channel, "error": said.failed}
            _log.warning("template.failed", extra=extra)
        return said

    def found(self, notification: Notification) -> Words:
        """Return the words. A part whose template fails is said in the built-in words."""
        said, failures = built_in(notification), []
        values, made = values_of(notification), dict[str, Any]()
        for part, one in self._templates.items():
            try:
                made[part] = one.render(values)
            except Exception as error:  # noqa: BLE001  whatever it is, the message goes out
                failures.append(f"{part}: {named(error)}")
        said = replace(said, **made)
        return confessed(said, "; ".join(failures)) if failures else said


def confessed(said: Words, failure: str) -> Words:
    """Return words that say that they are not what somebody wanted them to be."""
    failure, short = failure[:200], said.short
    if len(short) > _ROOM:
        short = f"{short[: _ROOM - 1].rstrip()}…"
    note = f"(The template of this channel failed: {failure}; these are the built-in words.)"
    return replace(said, short=f"{short} {note}".strip(), failed=failure)
