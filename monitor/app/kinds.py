"""The kinds of requests that an endpoint can be: plain, followed to its end, or a conversation."""

import math
import re
from dataclasses import fields
from typing import Any

from monitor.adapters.assertions import filler, json_checks
from monitor.adapters.prober import PolledRequest
from monitor.app import settings as file
from monitor.core.endpoint import Request
from monitor.omilia.chat import SWITCHED, ChatRequest, Kind, Script

HELLO = "hello"
"""What is said over REST to begin, where nothing else is configured: something must be."""


def request_of(configured: file.Endpoint) -> Request:
    """Return how an endpoint is asked."""
    plain = Request(
        url=configured.url,
        method=configured.method,
        headers=dict(configured.headers),
        body=None if configured.body is None else configured.body.encode(),
        timeout=configured.timeout,
        redirects=configured.redirects,
        max_body=int(configured.max_body),
        credential=configured.credential,
        ca_file=configured.ca_file,
    )
    if configured.chat is not None:
        return _conversation(plain, configured.chat)
    if configured.poll is not None:
        return _polled(plain, configured.poll)
    return plain


def requests_of(configured: file.Endpoint) -> int:
    """Return how many requests one probe may send at the most."""
    chat, poll = configured.chat, configured.poll
    if chat is not None and chat.kind == "rest":
        return 1 + len(chat.utterances) + (chat.end is not None)
    if poll is not None:
        return 1 + math.ceil(configured.timeout / poll.every)
    return 1 + configured.redirects


def statuses_of(configured: file.Endpoint) -> frozenset[int]:
    """Return the statuses that are as expected: a WebSocket that was opened has only one."""
    if configured.chat is not None and configured.chat.kind == "websocket":
        return frozenset({SWITCHED})
    return frozenset(configured.expect.status)


def _conversation(plain: Request, chat: file.Chat) -> ChatRequest:
    opening = HELLO if chat.kind == "rest" else ""
    return ChatRequest(
        **_fields(plain),
        kind=Kind(chat.kind),
        script=Script(
            opening=opening if chat.opening is None else chat.opening,
            utterances=tuple(chat.utterances),
            greeting=chat.greeting,
            reply=None if chat.reply is None else re.compile(chat.reply),
            user_id=chat.user_id,
            input_fields=dict(chat.input_fields),
            end=chat.end,
        ),
        step_timeout=plain.timeout if chat.step_timeout is None else chat.step_timeout,
        settle=chat.settle,
        app_status=chat.app_status,
    )


def _polled(plain: Request, poll: file.Poll) -> PolledRequest:
    return PolledRequest(
        **_fields(plain),
        at=None if poll.at is None else filler(poll.at),
        done=tuple(json_checks(poll.until)),
        failed=tuple(json_checks(poll.failed)),
        every=poll.every,
    )


def _fields(plain: Request) -> dict[str, Any]:
    return {field.name: getattr(plain, field.name) for field in fields(plain)}
