"""What is to be said in a conversation, and how the probe that holds it asks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from re import Pattern

from monitor.core.category import Category
from monitor.core.endpoint import Request
from monitor.core.exchange import Complaint


class Kind(StrEnum):
    """The two ways in which Omilia's apps are talked to."""

    REST = "rest"
    WEBSOCKET = "websocket"


@dataclass(frozen=True, slots=True)
class Script:
    """The lines of the synthetic customer.

    `opening` begins the conversation ("" lets the app speak first, which only a WebSocket can).
    `utterances` are the turns after it. `reply` must be found in the words of the last answer.
    `end` is what a REST dialog is ended with, None for nothing.
    """

    opening: str = ""
    utterances: tuple[str, ...] = ()
    greeting: bool = True
    reply: Pattern[str] | None = None
    user_id: str = "synthetic-prober"
    input_fields: Mapping[str, str] = field(default_factory=dict)
    end: str | None = "[hup]"

    def unlike(self, words: str) -> Complaint | None:
        """Return what is wrong with the words of the last answer, None when all is well."""
        if self.reply is None or self.reply.search(words):
            return None
        return amiss(f"the reply does not match {self.reply.pattern}")


@dataclass(frozen=True, slots=True)
class ChatRequest(Request):
    """A request that is a conversation. `timeout` bounds all of it; times are in seconds.

    `settle` is how long an app that answers UNAUTHORIZED is given before its key counts as bad.
    `app_status` names the endpoint that watches whether the app is started, None for nobody.
    """

    kind: Kind = Kind.REST
    script: Script = field(default_factory=Script)
    step_timeout: float = 10.0
    settle: float = 10.0
    app_status: str | None = None


def unexpected(detail: str) -> Complaint:
    """Complain about an answer that is not what a healthy app gives."""
    return Complaint(Category.UNEXPECTED, detail)


def amiss(detail: str) -> Complaint:
    """Complain about an app: the platform holds the conversation, and the app does not."""
    return Complaint(Category.UNEXPECTED, detail, application=True)


def turn(number: int) -> str:
    """Name the step of an utterance, counted from 1."""
    return f"turn {number}"
