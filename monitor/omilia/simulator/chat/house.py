"""What dialogs and sessions share: the licences, the words, and the count of how they ended."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from monitor.omilia.simulator.duration import Duration
from monitor.ports import Clock

WELCOME = "Welcome to Harbour Bank. How may I help?"
HEARD = "I heard you."
GOODBYE = "Goodbye."
BYE = "bye"
"""What is said to the app so that it ends the dialog itself."""


class HouseRules(BaseModel):
    """How the chat behaves when nothing is broken: the body of POST /_simulator/chat.

    `licences` is how many conversations there can be at a time. `greeting` says whether a session
    is greeted by a message of its own, or within the answer to its start. A dialog that nobody goes
    on with is over after `idle` (seconds).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    licences: int = Field(default=100, ge=0, le=10_000, strict=True)
    greeting: Literal["message", "embedded"] = "message"
    idle: Duration = Field(default=300.0, gt=0)


class House:
    """Keeps the licences of conversations under way, and counts those that are over."""

    def __init__(self, clock: Clock) -> None:
        self.rules = HouseRules()
        self.begun = 0
        self.ended = 0
        self.abandoned = 0
        self._clock = clock
        self._holders: dict[str, float] = {}

    def admit(self, holder: str) -> bool:
        """Give a conversation its licence; False when there is none left."""
        self.sweep()
        if len(self._holders) >= self.rules.licences:
            return False
        self._holders[holder] = self._clock.monotonic()
        self.begun += 1
        return True

    def holds(self, holder: str) -> bool:
        """Tell whether a conversation is under way, and note that it goes on."""
        self.sweep()
        if holder not in self._holders:
            return False
        self._holders[holder] = self._clock.monotonic()
        return True

    def end(self, holder: str, *, properly: bool = True) -> None:
        """Take a licence back; a conversation that just broke off was abandoned."""
        if self._holders.pop(holder, None) is None:
            return
        if properly:
            self.ended += 1
        else:
            self.abandoned += 1

    def sweep(self) -> None:
        """Take back the licences of conversations that nobody goes on with."""
        oldest = self._clock.monotonic() - self.rules.idle
        for holder in [one for one, used in self._holders.items() if used < oldest]:
            self.end(holder, properly=False)

    @property
    def taken(self) -> int:
        """How many licences are held."""
        self.sweep()
        return len(self._holders)

    def shown(self) -> dict[str, Any]:
        """Return it as JSON values."""
        counts = {"begun": self.begun, "ended": self.ended, "abandoned": self.abandoned}
        return {**self.rules.model_dump(mode="json"), "taken": self.taken, **counts}
