"""The Chat API over REST, without HTTP: answers in, bodies out."""

import json
from typing import Any

from monitor.core.exchange import Complaint, Reply
from monitor.omilia.chat import codes
from monitor.omilia.chat.script import Script, amiss, turn, unexpected
from monitor.omilia.chat.words import prompts_of

GREETING = "greeting"


class Dialog:
    """One conversation: the opening, then the utterances, each a POST of its own."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._lines = (script.opening, *script.utterances)
        self._heard = 0
        self._id = ""

    @property
    def step(self) -> str | None:
        """What is asked next, None when everything has been said."""
        if self._heard == len(self._lines):
            return None
        return turn(self._heard) if self._heard else GREETING

    @property
    def begun(self) -> bool:
        """Whether there is a dialog that can be ended."""
        return bool(self._id)

    def body(self) -> bytes:
        """Return what is posted next."""
        return self._post(self._lines[self._heard])

    def hear(self, reply: Reply) -> Complaint | None:
        """Take an answer with a good status; return what is wrong with it."""
        try:
            answer = json.loads(reply.body)
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            return unexpected("the answer is not a JSON object")
        if answer.get("error_code"):
            return codes.of_error(answer)
        dialog_id, words = answer.get("dialog_id"), prompts_of(answer)
        if not isinstance(dialog_id, str) or not dialog_id:
            return unexpected("the answer has no dialog_id")
        self._id = self._id or dialog_id
        if self._id != dialog_id:
            return unexpected("the answer belongs to another dialog")
        if not words:
            return amiss(f"no reply to {self._lines[self._heard]!r}")
        self._heard += 1
        return self._script.unlike(words) if self.step is None else None

    def farewell(self) -> bytes | None:
        """Return what ends the dialog; None when there is none to end, or nothing to end it."""
        end = self._script.end
        return self._post(end) if self._id and end else None

    def _post(self, utterance: str) -> bytes:
        body: dict[str, Any] = {"utterance": utterance}
        if self._id:
            body["dialog_id"] = self._id
        body["user"] = {"user_id": self._script.user_id}
        body["input_fields"] = dict(self._script.input_fields)
        return json.dumps(body).encode()
