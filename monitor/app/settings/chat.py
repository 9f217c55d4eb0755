"""`chat:` of an endpoint: a synthetic conversation with one of your apps."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from alerts.config import Duration
from monitor.app import checks
from monitor.app.settings.part import Name, Part, Positive, Said

SELDOM = 60.0
"""Seconds; a conversation more often than this needs `frequent`."""
SCHEMES = {"rest": ("http", "https"), "websocket": ("ws", "wss")}


class Chat(Part):
    """A conversation instead of a single request. Opt in with care: see "Conversations".

    Each one is a session in your figures and call records, may hold a licence while it lasts, and
    costs tokens where the app is built on a language model.
    """

    kind: Literal["rest", "websocket"]
    """`rest`: the Chat API, `https://.../chat/dialogs`. `websocket`: the Chat Session API."""
    opening: str | None = Field(None, max_length=500)
    """What is said to begin: `hello` over REST, nothing over a WebSocket, where the app greets."""
    utterances: list[Said] = Field(["help"], max_length=10)
    """What is said then, one turn each. Every turn must get a reply, whatever it says."""
    greeting: bool = True
    """Whether a greeting is waited for. No, with no utterances: only that a session begins."""
    reply: Annotated[str, AfterValidator(checks.pattern)] | None = None
    """A regular expression that must be found in the words of the last reply."""
    user_id: str = Field("synthetic-prober", min_length=1, max_length=100)
    """Who speaks (REST only)."""
    input_fields: dict[str, str] = {"synthetic": "true"}
    """What is handed to the app, so that it can tell a probe from a customer."""
    end: str | None = "[hup]"
    """What is said to end a dialog (REST only); nothing for `null`. A WebSocket has its own way."""
    step_timeout: Positive | None = None
    """How long one step may take; the endpoint's `timeout`, which bounds them all, if left out."""
    settle: Duration = Field(10.0, ge=0, le=120)
    """How long an app that answers UNAUTHORIZED is given, once, before its key counts as bad: a
    fresh deployment answers so too."""
    app_status: Name | None = None
    """The endpoint that watches the app's status. While it is not as it should be, UNAUTHORIZED
    says nothing about the key, and the conversation is blocked by that endpoint."""
    frequent: bool = False
    """Yes to conversations more often than once a minute."""


def with_own_defaults(written: dict[str, Any]) -> dict[str, Any]:
    """Give an endpoint that is a conversation what it has where nothing else is written.

    It speaks of an application; and its breaker is no quicker than conversations may be.
    """
    chat, breaker = written["chat"], written.get("breaker", {})
    given = {"about": "application", **written}
    seldom = not (isinstance(chat, dict) and chat.get("frequent"))
    if seldom and isinstance(breaker, dict):
        slow = {"confirm_after": "60s", "reset_timeout": "60s"}
        given["breaker"] = {**slow, **breaker}
    return given


def problem(chat: Chat, *, scheme: str, every: float, timeout: float, soonest: float) -> str | None:
    """Return what is wrong with a conversation on its endpoint, and what would be right.

    `soonest` is how soon one may follow another while there is trouble. Times are in seconds.
    """
    if scheme not in SCHEMES[chat.kind]:
        right = f"write {SCHEMES[chat.kind][1]}://host/path"
        return f"chat.kind {chat.kind} does not fit {scheme}; {right}"
    if chat.kind == "rest" and chat.opening == "":
        return "chat.opening is empty; over REST something must be said to begin"
    if chat.step_timeout is not None and chat.step_timeout > timeout:
        return "chat.step_timeout is longer than timeout; shorten it, or give all steps more time"
    if 2 * timeout + chat.settle >= every:
        return (
            "chat: two times timeout and chat.settle do not fit into every, and an app that answers"
            " UNAUTHORIZED is asked twice; probe less often"
        )
    return None if chat.frequent else _too_often(every, soonest)


def _too_often(every: float, soonest: float) -> str | None:
    right = "or write chat.frequent: true"
    if every < SELDOM:
        why = f"every ({every:g}s) is short for a conversation, and each one counts in your figures"
        return f"{why}; make it at least 60s, {right}"
    if soonest < SELDOM:
        why = f"breaker.confirm_after or reset_timeout ({soonest:g}s) is short for a conversation"
        return f"{why}; make both at least 60s, {right}"
    return None
