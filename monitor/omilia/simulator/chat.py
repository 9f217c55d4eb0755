"""The chat over REST: a greeting opens a dialog, each further step gets a reply."""

import secrets
from collections import OrderedDict
from typing import Any

from pydantic import BaseModel, ValidationError

from monitor.omilia.simulator.answer import Answer, rendered
from monitor.omilia.simulator.problems import problems_of

HANG_UP = "[hup]"
"""What DIALOG's own clients say to end a dialog."""
DIALOGS = 1000
"""Dialogs that are kept open; the oldest is forgotten first."""


class Turn(BaseModel):
    """One step, in the documented fields; only `utterance` must be there."""

    utterance: str
    dialog_id: str | None = None
    user: dict[str, Any] = {}
    semantics: Any = None
    input_fields: dict[str, Any] = {}


class ChatError(Exception):
    """A step that cannot be taken: the HTTP status, and the sentence for people."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        super().__init__(detail)


class Chat:
    """Remembers the open dialogs and how many steps each has taken."""

    def __init__(self) -> None:
        self._steps: OrderedDict[str, int] = OrderedDict()

    def step(self, body: bytes) -> Answer:
        """Take one step. Raises ChatError."""
        try:
            turn = Turn.model_validate_json(body)
        except ValidationError as error:
            raise ChatError(400, str(problems_of(error)[0])) from None
        if not turn.dialog_id:
            return self._open()
        if turn.dialog_id not in self._steps:
            raise ChatError(404, "This dialog is over, or never was")
        if turn.utterance == HANG_UP:
            del self._steps[turn.dialog_id]
            return _said(turn.dialog_id, "exit", "Goodbye.", 0)
        self._steps[turn.dialog_id] += 1
        return _said(turn.dialog_id, "prompt", "I heard you.", self._steps[turn.dialog_id])

    def _open(self) -> Answer:
        """Begin a dialog."""
        dialog_id = secrets.token_hex(16)
        self._steps[dialog_id] = 1
        if len(self._steps) > DIALOGS:
            self._steps.popitem(last=False)
        return _said(dialog_id, "prompt", "Welcome to Harbour Bank. How may I help?", 1)


def _said(dialog_id: str, action: str, words: str, step: int) -> Answer:
    """Word a reply."""
    return rendered(
        {
            "dialog_id": dialog_id,
            "action_type": action,
            "responses": [{"prompts": [{"content": words}]}],
            "outgoing_data": {"step": step},
        }
    )
