"""One chat session, without its WebSocket: a message goes in, events come out.

As integrators have met it: the order of events is not to be relied on, what a client says comes
back as an echo, and typing is announced. Every second session is greeted before its id is told, and
a reply stands now in one place and then in the other.
"""

import json
import secrets
from collections.abc import Iterator
from typing import Any

from monitor.omilia.simulator.chat.house import BYE, GOODBYE, HEARD, WELCOME, House
from monitor.omilia.simulator.errors import NO_LICENCES

Event = dict[str, Any]


class Session:
    """The state of one connection: at most one session."""

    def __init__(self, house: House, chat_key: str) -> None:
        self._house = house
        self._chat_key = chat_key
        self._id = ""
        self._turns = 0

    @staticmethod
    def place(message: Event) -> str:
        """Name what a message asks for, as the last part of a path that faults can strike."""
        places = {"start_session_req": "start", "dialog_req": "turn", "stop_session_req": "stop"}
        kind = message.get("type")
        return places.get(kind, "other") if isinstance(kind, str) else "other"

    def take(self, message: Event) -> list[Event]:
        """Answer a message."""
        asked = message.get("client_message_id")
        if message.get("api_key") != self._chat_key:
            return [error("UNAUTHORIZED", "No valid API key provided", asked)]
        place = self.place(message)
        if place == "start":
            return self._start(asked)
        if place == "other":
            return [error("BAD_REQUEST", "There is no such request", asked)]
        if not self._id or message.get("session_id") != self._id or not self._house.holds(self._id):
            return [error("SESSION_NOT_FOUND", "This session is over, or never was", asked)]
        if place == "stop":
            self.leave()
            return []
        return list(self._turn(message, asked))

    def leave(self, *, properly: bool = True) -> None:
        """Give the licence back. A session that was not stopped was abandoned."""
        self._house.end(self._id, properly=properly)

    def _start(self, asked: Any) -> list[Event]:
        if self._id:
            return [error("BAD_REQUEST", "There is a session already", asked)]
        session_id = secrets.token_hex(12)
        if not self._house.admit(session_id):
            return [error("FORBIDDEN", NO_LICENCES, asked)]
        self._id = session_id
        started: Event = {"type": "start_session_resp", "session_id": session_id}
        started["client_message_id"] = asked
        typing = self._event("typing_event", source="BOT")
        if self._house.rules.greeting == "embedded":
            return [typing, {**started, "dialog_response": {"prompt": {"content": WELCOME}}}]
        greeting = self._event("dialog_message_event", source="BOT", utterance=WELCOME)
        late = self._house.begun % 2
        return [typing, started, greeting] if late else [greeting, typing, started]

    def _turn(self, message: Event, asked: Any) -> Iterator[Event]:
        said = message.get("utterance")
        echo = {"source": "USER", "utterance": said, "client_message_id": asked}
        yield self._event("dialog_message_event", **echo)
        yield self._event("typing_event", source="BOT")
        words = GOODBYE if said == BYE else HEARD
        self._turns += 1
        reply: Event = {"utterance": words}
        if self._turns % 2 == 0:
            reply = {"dialog_response": {"prompt": {"masked_content": words}}}
        ended = self._event("state_event", state="DIALOG_END")
        if said == BYE:
            yield ended  # before the last words, as it may happen
        yield self._event("dialog_message_event", source="BOT", client_message_id=asked, **reply)

    def _event(self, kind: str, **more: Any) -> Event:
        return {"type": kind, "session_id": self._id, **more}


def error(code: str, words: str, asked: Any = None) -> Event:
    """Word an error."""
    return {
        "type": "error_event",
        "error_code": code,
        "error_message": words,
        "client_message_id": asked,
    }


def read(text: str) -> Event | None:
    """Read a message; None when it is none."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def speaks(event: Event) -> bool:
    """Tell whether the app says something in an event."""
    if event["type"] == "dialog_message_event":
        return bool(event["source"] != "USER")
    return "dialog_response" in event
