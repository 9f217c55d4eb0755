"""The chat over REST: an utterance opens a dialog, each further step gets a reply."""

import secrets
from collections import OrderedDict
from typing import Any

from pydantic import BaseModel, ValidationError

from monitor.omilia.simulator.answer import Answer, rendered
from monitor.omilia.simulator.chat.house import BYE, GOODBYE, HEARD, WELCOME, House
from monitor.omilia.simulator.errors import NO_LICENCES
from monitor.omilia.simulator.problems import problems_of

HANG_UP = "[hup]"
"""What DIALOG's own clients say to end a dialog."""
DIALOGS = 1000
"""Dialogs that are remembered; the oldest is forgotten first."""


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


class Dialogs:
    """Remembers how many steps each dialog has taken."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._steps: OrderedDict[str, int] = OrderedDict()

    def step(self, body: bytes) -> Answer:
        """Take one step. Raises ChatError."""
        try:
            turn = Turn.model_validate_json(body)
        except ValidationError as error:
            raise ChatError(400, str(problems_of(error)[0])) from None
        if not turn.dialog_id:
            return self._open()
        dialog_id = turn.dialog_id
        if dialog_id not in self._steps or not self._house.holds(dialog_id):
            raise ChatError(404, "This dialog is over, or never was")
        if turn.utterance in (HANG_UP, BYE):
            self._end(dialog_id)
            return _said(dialog_id, "exit", GOODBYE, 0)
        self._steps[dialog_id] += 1
        return _said(dialog_id, "prompt", HEARD, self._steps[dialog_id])

    def _open(self) -> Answer:
        """Begin a dialog. Raises ChatError when there is no licence for it."""
        dialog_id = secrets.token_hex(16)
        if len(self._steps) == DIALOGS:
            self._end(next(iter(self._steps)), properly=False)
        if not self._house.admit(dialog_id):
            raise ChatError(403, NO_LICENCES)
        self._steps[dialog_id] = 1
        return _said(dialog_id, "prompt", WELCOME, 1)

    def _end(self, dialog_id: str, *, properly: bool = True) -> None:
        del self._steps[dialog_id]
        self._house.end(dialog_id, properly=properly)


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
