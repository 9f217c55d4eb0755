"""Somebody at the other end: moods, a mind that outlives our crashes, promises to hold us to."""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from alerts.alert import Alert, Flap
from alerts.attempt import TOLD, Attempt, Result
from alerts.channels.lifecycle import Lifecycle
from alerts.message import Notification
from alerts.self_alert import PREFIX
from tests.alerts.kit import DENIED, DOWN, GONE, LOST, REFUSED, throttled
from tests.alerts.minds import Level, Mind, Pager, Person
from tests.alerts.promises import Ledger
from tests.alerts.truth import World, meaning

MOODS: Mapping[str, tuple[Attempt, bool]] = {
    # what it answers, and whether it takes the message to heart nevertheless
    "well": (TOLD, True),
    "down": (DOWN, False),
    "lost on the way": (LOST, False),
    "lost on the way back": (LOST, True),
    "throttles": (throttled(120), False),
    "throttles for long": (throttled(600), False),
    "throttles without a hint": (throttled(None), False),
    "denies": (DENIED, False),
    "gone": (GONE, False),
    "refuses": (REFUSED, False),
    "wants plain words": (TOLD, True),
    "chokes on chat": (TOLD, True),
}


@dataclass(frozen=True, slots=True)
class Hint:
    """Since when and until when nothing must be sent, in measured time."""

    since: float
    until: float
    written: bool = False


NONE = Hint(0.0, 0.0)


class Listener:
    """A receiver. Its mood says how it answers, its mind what it makes of what it hears."""

    def __init__(self, name: str, world: World, others: "Mapping[str, Listener]") -> None:
        self.name = name
        self.world = world
        self.level = name == "level"
        minds: dict[str, Callable[[], Mind]] = {"page": Pager, "level": lambda: Level(world.clock)}
        self.mind = minds.get(name, Person)()
        self.ledger = Ledger(name, world, level=self.level)
        self.others = others
        self._hint = NONE
        self.mood = "well"
        self.well_since = 0.0
        self._sending: set[str] = set()

    def be(self, mood: str) -> None:
        """Change its mood."""
        if mood != self.mood:
            self.well_since = self.world.clock.monotonic()
        self.mood = mood

    def has_been_well(self, seconds: float) -> bool:
        """Whether nothing was wrong with it for so long."""
        return self.mood == "well" and self.world.clock.monotonic() - self.well_since >= seconds

    @property
    def believes(self) -> Mapping[str, Alert]:
        """What it believes to go on, by key."""
        return self.mind.believes

    def errors(self) -> Iterator[str]:
        """Yield what it believes wrongly, when everybody who has to could have told it."""
        believed, unwanted = self.believes, self.ledger.unwanted
        going_on = self.world.open
        for key, one in believed.items():
            ours = not key.startswith(PREFIX) and one.id not in unwanted
            if ours and (key not in going_on or going_on[key].id != one.id):
                yield f"{self.name} believes in {one.id}, which is over"
        for key, one in going_on.items():
            if self.level and self.ledger.goes_on(one.id) and key not in believed:
                yield f"{self.name} was left alone with {one.id}"
            if one.id in unwanted or one.held or self.name not in one.channels:
                continue
            if key not in believed and self._must_know(one):
                yield f"{self.name} has not heard of {one.id}"
            summed_up = one.flap is Flap.DIGEST and one.is_acked(self.world.clock.now())
            if key in believed and meaning(believed[key]) != meaning(one) and not summed_up:
                yield f"{self.name} has old news of {one.id}"

    def _must_know(self, one: Alert) -> bool:
        """Whether nothing speaks against its being told of an incident that goes on."""
        terms = one.terms_of(self.name)
        if terms.unless_acked and one.is_acked(self.world.clock.now()):
            return False
        if not terms.unless_told:
            return True
        instead = self.others[terms.unless_told].ledger
        return one.id not in instead.last and one.id not in instead.shaky

    async def get(self, said: Notification) -> Attempt:
        """Take a message, or not. The world may end at every step of it."""
        one = said.alert
        self._claim(one.key not in self._sending, "one send at a time on a lane", one)
        hint, now = self._hint, self.world.clock.monotonic()
        self._claim(not hint.since < now < hint.until, "a hint is obeyed", one)
        for wrong in self.ledger.expects(said, self._told_by):
            self._claim(False, wrong, one)
        answer, heard = self._answer(said)
        self._sending.add(one.key)
        try:
            await asyncio.sleep(0)
            if heard:
                wrong = self.mind.hear(said)
                self._claim(not wrong or bool(self.ledger.unwanted), wrong, one)
            await asyncio.sleep(0)
        finally:
            self._sending.discard(one.key)
        self.ledger.note(said, answer)
        if answer.result is Result.THROTTLED and answer.hint:
            now = self.world.clock.monotonic()
            self._hint = Hint(now, now + answer.hint)
        return answer

    def rest(self, *, written: bool) -> None:
        """Whatever came of one thing has come; all that it has answered may be written down."""
        self.ledger.rest(written=written)
        self._hint = replace(self._hint, written=written or self._hint.written)

    def crash(self, trying: Collection[str]) -> None:
        """Forget what we may have forgotten; `trying` are the attempts that we know of."""
        self.ledger.crash(trying)
        if not self._hint.written:
            self._hint = NONE

    def forgive(self) -> None:
        """Ask for no wait any more: the clock was set, and a restart can't know how long it is."""
        self._hint = NONE

    def _answer(self, said: Notification) -> tuple[Attempt, bool]:
        if self.ledger.is_flooded:
            return MOODS["gone"]  # else a flood would never end
        if self.mood == "wants plain words" and not said.plain:
            return MOODS["refuses"]
        if self.mood == "chokes on chat" and said.alert.key == "chat":
            return MOODS["down"]
        return MOODS[self.mood]

    def _told_by(self, name: str, incident: str) -> bool:
        return self.others[name].ledger.knows(incident)

    def _claim(self, holds: bool, what: str, one: Alert) -> None:
        self.world.claim(holds, f"{self.name}: {what}", one)


class Wire:
    """Our channel to a listener; a reload makes another."""

    kind = "fake"

    def __init__(self, listener: Listener) -> None:
        self.name = listener.name
        self.lifecycle = Lifecycle(level=listener.level)
        self._listener = listener
        self._closed = False

    async def send(self, notification: Notification) -> Attempt:
        """Send it, as long as we are not closed."""
        if self._closed:
            said = "nothing is sent through a closed channel"
            self._listener.world.claim(False, said, notification.alert)
        return await self._listener.get(notification)

    async def close(self) -> None:
        """Send no more."""
        self._closed = True
