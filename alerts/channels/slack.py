"""The channel `slack`: an incoming webhook, or better a bot, which edits and answers in threads."""

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from alerts.attempt import Attempt, Reason, Result, seconds_in
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.own_words import Spoken
from alerts.channels.post import Posted, Poster
from alerts.config import Duration, Secret, web_address
from alerts.message import Notification
from alerts.moment import Clock
from alerts.words import Words, colour_of, words

LONGEST_HEADER = 150
LONGEST_TEXT = 3000
"""Slack's limits of a header and of a section, in characters."""
MOST_LINES = 14

_OURS = frozenset(
    {
        "no_service",
        "no_team",
        "channel_is_archived",
        "is_archived",
        "invalid_token",
        "invalid_auth",
        "not_authed",
        "account_inactive",
        "token_revoked",
        "token_expired",
        "missing_scope",
        "not_in_channel",
        "channel_not_found",
        "action_prohibited",
        "posting_to_general_channel_denied",
        "restricted_action",
    }
)
"""What Slack says when the channel is wrong and not the message."""
_PASSES = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout"})
"""What it says of itself, with 200; some of what was asked may have been done."""
PACE = 1.0
"""Slack takes one message in a second, and disables who goes on regardless."""
_CANNOT_EDIT = ("message_not_found", "cant_update_message", "edit_window_closed")


class SlackConfig(Spoken):
    """A Slack channel, by an incoming webhook (`url`) or by a bot (`token` and `channel`)."""

    kind: Literal["slack"]
    """A Slack channel."""
    url: Annotated[Secret, AfterValidator(web_address)] | None = None
    """An incoming webhook: it can neither edit nor answer in threads."""
    token: Secret | None = None
    """A bot's token with `chat:write`: one message is edited, and news answer in its thread."""
    channel: str | None = None
    """For a bot: the channel's id, such as C024BE91L."""
    api: Annotated[str | Secret, AfterValidator(web_address)] = "https://slack.com/api"
    """Where a bot asks."""
    timeout: Annotated[Duration, Field(gt=0, le=60)] = 15.0
    """How long one attempt may take in all."""

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        bot = self.token is not None and self.channel is not None
        half = (self.token is None) != (self.channel is None)
        if half or bot == (self.url is not None):
            raise ValueError("write either {url: SECRET} or {token: SECRET, channel: ID}")
        return self


class SlackChannel:
    """Posts one message for each incident. A bot keeps it true, and tells news beneath it."""

    kind = "slack"
    lifecycle = Lifecycle(edits=True, pace=PACE)
    """Of a bot; a webhook can only post."""

    def __init__(self, name: str, config: SlackConfig, clock: Clock) -> None:
        self.name = name
        self._hook = config.url.get_secret_value() if config.url else ""
        self._channel = config.channel
        token = config.token.get_secret_value() if config.token else ""
        api = config.api.get_secret_value() if isinstance(config.api, SecretStr) else config.api
        self._api = api.rstrip("/")
        self._headers = {"Content-Type": "application/json; charset=utf-8"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        self.lifecycle = Lifecycle(edits=bool(token), pace=PACE)
        where = self._hook or self._api
        self._poster = Poster(
            where, clock, timeout=config.timeout, secrets=[token] if token else []
        )

    async def send(self, notification: Notification) -> Attempt:
        """Post, or edit and answer."""
        if self._hook:
            return await self._ask(self._hook, message(notification))
        remote = notification.remote
        if "ts" not in remote or notification.why.begins:
            said = {"channel": self._channel, **message(notification)}
            return await self._ask(f"{self._api}/chat.postMessage", said)
        # What stands there is made true first: doing that twice does no harm.
        first = {"channel": remote["channel"], "ts": remote["ts"], **message(notification)}
        edited = await self._ask(f"{self._api}/chat.update", first)
        if any(error in edited.detail for error in _CANNOT_EDIT):
            # Somebody deleted it, or may not edit what is old: then it is said anew.
            anew = {name: part for name, part in first.items() if name != "ts"}
            return await self._ask(f"{self._api}/chat.postMessage", anew)
        if edited.result is not Result.TOLD:
            return edited
        found = words(notification)
        news = {"channel": remote["channel"], "thread_ts": remote["ts"], "text": _news(found)}
        answered = await self._ask(f"{self._api}/chat.postMessage", news)
        told = answered.result is Result.TOLD
        return Attempt(Result.TOLD, remote=dict(remote)) if told else answered

    async def close(self) -> None:
        """Close the session."""
        await self._poster.close()

    async def _ask(self, url: str, said: Mapping[str, Any]) -> Attempt:
        content = json.dumps(said, ensure_ascii=False).encode("utf-8", "replace")
        posted = await self._poster.post(url, content, self._headers, read=True)
        if posted.attempt.result is Result.REFUSED or posted.attempt.result is Result.TOLD:
            return self._understood(posted)
        return posted.attempt

    def _understood(self, posted: Posted) -> Attempt:
        """Read what Slack says: it answers 200 to much that it does not do."""
        told = posted.attempt.result is Result.TOLD
        answer = _read(posted.body)
        error = str(answer.get("error", "")) or posted.body.decode("utf-8", "replace").strip()
        if told and (answer.get("ok") is True or (self._hook and error == "ok")):
            keys = ("ts", "channel")
            return Attempt(Result.TOLD, remote={k: answer[k] for k in keys if k in answer} or None)
        if error in ("ratelimited", "rate_limited"):
            hint = seconds_in(posted.body)
            return Attempt(Result.THROTTLED, Reason.RATE_LIMITED, error, hint)
        if error in _PASSES:
            return self._poster.explained(Attempt(Result.UNKNOWN, Reason.SERVER), posted.body)
        ours = error in _OURS
        result = Result.MISCONFIGURED if ours else Result.REFUSED
        reason = Reason.AUTH if ours else Reason.CLIENT
        return self._poster.explained(Attempt(result, reason), posted.body)


def _read(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def escaped(text: str) -> str:
    """Escape the three characters that mean something in Slack's text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message(notification: Notification) -> dict[str, Any]:
    """Return a message that says how things stand: a fallback text, and blocks in a colour."""
    said = words(notification)
    text = _news(said)
    if notification.plain:
        return {"text": text}
    lines = [f"*{escaped(label)}:* {escaped(text)}" for label, text in said.lines[:MOST_LINES]]
    if said.body is not None:
        lines = [escaped(said.body)]
    if said.link:
        lines.append(f"<{escaped(said.link)}|the incident>")
    header = {"type": "plain_text", "text": said.title[:LONGEST_HEADER]}
    body = {"type": "mrkdwn", "text": _fitting(lines or [text])}
    blocks = [{"type": "header", "text": header}, {"type": "section", "text": body}]
    return {
        "text": text,
        "attachments": [{"color": colour_of(notification.alert), "blocks": blocks}],
    }


def _news(said: Words) -> str:
    return whole(escaped(f"{said.title}. {said.short}"))


def whole(text: str, longest: int = LONGEST_TEXT) -> str:
    """Cut text to what Slack takes, never within one of its entities."""
    return text if len(text) <= longest else re.sub(r"&\w*$", "", text[:longest])


def _fitting(lines: list[str]) -> str:
    """Take what fits, and the last line whole: it leads to the incident."""
    *most, last = lines
    return "\n".join([*filter(None, [whole("\n".join(most), LONGEST_TEXT - len(last) - 1)]), last])
