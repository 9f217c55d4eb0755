"""The Chat Session API over a WebSocket, without the WebSocket: texts in, texts out.

    session -> greeting -> turn 1 -> ... -> turn n -> over

Each step ends when what it waits for has come. Order is not guaranteed: the greeting may come
before the session's id, or within the answer that brings it. What is not for us (`typing_event`,
the echo of what we said, an event of a type that nobody told us of) changes nothing.
"""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any
from uuid import uuid4

from monitor.core.exchange import Complaint, HungUp
from monitor.omilia.chat import codes
from monitor.omilia.chat.script import Script, amiss, turn, unexpected
from monitor.omilia.chat.words import words_of


class Type(StrEnum):
    """The messages that matter, in both directions."""

    START = "start_session_req"
    STARTED = "start_session_resp"
    SAY = "dialog_req"
    SAID = "dialog_message_event"
    STATE = "state_event"
    ERROR = "error_event"
    STOP = "stop_session_req"


ENDED = "DIALOG_END"
EXPIRED = "SESSION_EXPIRED"
SESSION = "session"
GREETING = "greeting"


def _new_id() -> str:
    return str(uuid4())


class Session:
    """One conversation. `step` is what is waited for, None when it is over, well or not."""

    def __init__(self, script: Script, key: str, new_id: Callable[[], str] = _new_id) -> None:
        self.step: str | None = SESSION
        self.complaint: Complaint | None = None
        self.last: Mapping[str, Any] = {}
        """The app's last message."""
        self._script = script
        self._key = key
        self._new_id = new_id
        self._session_id = ""
        self._asked = ""
        self._earlier: list[str] = []
        self._greeted = not script.greeting
        self._turns = 0
        self._ended = False
        self._takes: Mapping[str, Callable[[Mapping[str, Any]], str | None]] = {
            Type.STARTED: self._started,
            Type.SAID: self._said,
            Type.STATE: self._changed,
        }

    @property
    def beginning(self) -> bool:
        """Whether a session was asked for, and there may soon be one."""
        return self.step == SESSION and not self._session_id

    # ------------------------------------------------------------ what is said

    def open(self) -> str:
        """Return what begins the session."""
        return self._request(
            Type.START, utterance=self._script.opening, input_fields=dict(self._script.input_fields)
        )

    def hear(self, text: str) -> str | None:
        """Take what came; return what is to be said now, if anything."""
        if self.step is None:
            return None
        event = _parsed(text)
        if event is None:
            return self._over(unexpected("what came is not a JSON object"))
        if event.get("type") == Type.ERROR or event.get("error_code"):
            return self._over(codes.of_error(event))
        kind = event.get("type")
        take = self._takes.get(kind) if isinstance(kind, str) else None
        return take(event) if take is not None else None

    def farewell(self) -> str | None:
        """Return what ends the session properly; None when there is none to end."""
        return self._request(Type.STOP) if self._session_id else None

    # ------------------------------------------------------------ what is not said

    def unanswered(self, waited: float) -> Complaint | None:
        """Say what silence means at this step; None where there is no conversation yet."""
        if self.step in (None, SESSION):
            return None
        said = self._script.utterances[self._turns - 1] if self._turns else ""
        what = f"no reply to {said!r}" if said else "no greeting"
        return amiss(f"{what} within {waited:.3g} s")

    def hung_up(self, end: HungUp) -> Complaint | None:
        """Say what it means that the server closed the line; None when the network failed."""
        return None if end.code is None else codes.of_close(end)

    # ------------------------------------------------------------ events

    def _started(self, event: Mapping[str, Any]) -> str | None:
        session_id = event.get("session_id")
        if not isinstance(session_id, str) or not session_id:
            return self._over(unexpected("the session has no session_id"))
        self._session_id = session_id
        if words_of(event):
            self.last, self._greeted = event, True
        return self._advance()

    def _said(self, event: Mapping[str, Any]) -> str | None:
        belated = event.get("client_message_id") in self._earlier
        words = words_of(event)
        if belated or not words:
            return None
        self.last = event
        if self.step in (SESSION, GREETING):
            self._greeted = True
            return self._advance()
        if self._turns == len(self._script.utterances):
            return self._over(self._script.unlike(words))
        return self._next_turn()

    def _changed(self, event: Mapping[str, Any]) -> str | None:
        state = event.get("state")
        if state == EXPIRED:
            return self._over(unexpected(f"{EXPIRED} in the middle of the conversation"))
        # The last reply may come after the news that the dialog is over.
        self._ended = self._ended or state == ENDED
        return None

    # ------------------------------------------------------------ steps

    def _advance(self) -> str | None:
        """Leave the steps before the first turn, as far as what came allows."""
        if not self._session_id:
            return None
        if not self._greeted:
            self.step = GREETING
            return None
        if not self._script.utterances:
            return self._over(self._script.unlike(words_of(self.last)) if self.last else None)
        return self._next_turn()

    def _next_turn(self) -> str | None:
        said = self._script.utterances[self._turns]
        self._turns += 1
        self.step = turn(self._turns)
        if self._ended:
            return self._over(amiss(f"the app ended the dialog before {said!r} was said"))
        return self._request(Type.SAY, utterance=said)

    def _over(self, complaint: Complaint | None) -> str | None:
        """End the conversation: there is nothing more to say."""
        self.step, self.complaint = None, complaint
        return None

    def _request(self, kind: Type, **more: Any) -> str:
        """Write a message. An answer to an earlier one is no answer to this one."""
        if self._asked:
            self._earlier.append(self._asked)
        self._asked = self._new_id()
        message: dict[str, Any] = {"type": kind, "api_key": self._key}
        if self._session_id:
            message["session_id"] = self._session_id
        return json.dumps({**message, "client_message_id": self._asked, **more})


def _parsed(text: str) -> Mapping[str, Any] | None:
    try:
        event = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return event if isinstance(event, dict) else None
