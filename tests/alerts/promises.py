"""What one receiver may ask of every message: the rules of the telling, in plain words."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from alerts.alert import Alert, Flap, Severity, Status
from alerts.attempt import Attempt, Result
from alerts.message import Notification
from alerts.policy import RESEND, Why
from alerts.terms import reminder_after
from tests.alerts.truth import Meaning, World, is_over, meaning

RANKS = (Severity.INFO, Severity.WARNING, Severity.ERROR, Severity.CRITICAL)
AT_ONCE = 25
"""No more messages than this come of one thing that happens: keys are few, each waits after two."""


@dataclass(frozen=True, slots=True)
class Last:
    """What was told last of an incident, or repeated for the `number`-th time, and when.

    `at` is wall clock, `since` when it was told of it for the first time, in measured time.
    """

    alert: Alert
    at: datetime
    since: float
    number: int = 0


class Ledger:
    """What a receiver has told us that it knows, and what it may ask of the next message."""

    def __init__(self, name: str, world: World, *, level: bool) -> None:
        self.name = name
        self.last: dict[str, Last] = {}
        self.maybe: set[str] = set()
        """Incidents of which it may have heard: the end of an attempt is not known."""
        self.shaky: set[str] = set()
        """Incidents of which a crash may have made us forget what we knew."""
        self.unwanted: set[str] = set()
        """Incidents of which it has refused something for good."""
        self._refused: set[str] = set()
        self._meanings: dict[str, Meaning] = {}
        self._world = world
        self._level = level
        self._since: set[str] = set()
        self._instant: Counter[float] = Counter()

    def knows(self, incident: str) -> bool:
        """Whether it surely took something of an incident before, and we surely know that."""
        last = self.last.get(incident)
        now = self._world.clock.monotonic()
        return last is not None and last.since < now and incident not in self.shaky

    @property
    def is_flooded(self) -> bool:
        """Whether there are more messages than can be of any use."""
        return self._instant[self._world.clock.monotonic()] > AT_ONCE

    def rest(self, *, written: bool) -> None:
        """Whatever came of one thing has come; all that was said may be written down."""
        self._instant.clear()
        if written:
            self._since.clear()

    def crash(self, trying: Collection[str]) -> None:
        """Whatever happened since the last time that all was written is uncertain."""
        self.shaky |= self._since | set(trying)
        self._since.clear()

    def goes_on(self, incident: str) -> bool:
        """Whether it surely was told that an incident goes on, and last of all that."""
        last = self.last.get(incident)
        sure = incident not in self.shaky | self.unwanted
        return last is not None and last.alert.status is Status.FIRING and sure

    # ------------------------------------------------------------ before

    def expects(self, said: Notification, told_by: Callable[[str, str], bool]) -> Iterator[str]:
        """Yield what is wrong with a message. `told_by` says who knows of an incident for sure."""
        one, clock = said.alert, self._world.clock
        self._since.add(one.id)
        self._instant[clock.monotonic()] += 1
        if self.is_flooded:
            yield "attempts are bounded"
        yield from self._content(said)
        if one.id not in self.shaky:
            yield from self._why(said)
            if said.why.begins and one.id not in self.maybe:
                yield from self._step(one, told_by)

    def _content(self, said: Notification) -> Iterator[str]:
        """Check what a message says, whyever it comes."""
        one = said.alert
        if said.now != self._world.clock.now():
            yield "it is rendered when it is sent"
        if said.why is not Why.RESENT and not self._world.stands(one):
            yield "what is sent is how things stand"
        if self._meanings.setdefault(said.id, meaning(one)) != meaning(one):
            yield "one id means one thing"
        if said.id in self._refused and one.id not in self.shaky:
            yield "what was refused for good is not sent again"
        if one.status is Status.FIRING and said.why is not Why.RESENT:
            if one.held:
                yield "nothing is told that is held"
            if self.name not in one.channels:
                yield "news is for those who are addressed"

    def _why(self, said: Notification) -> Iterator[str]:
        """Check the reason that a message gives."""
        one, last = said.alert, self.last.get(said.alert.id)
        known = last is not None and last.alert.status is Status.FIRING
        if said.why in (Why.REMINDER, Why.RESENT):
            yield from self._again(said, last)
        elif said.why.begins:
            if known or one.status is Status.RESOLVED:
                yield "first is for who knows nothing of it"
            if (said.why is Why.FLAPPING) is (one.flap is Flap.NO):
                yield "what flaps says so"
        elif one.status is Status.FIRING:
            if last is None or not known or one.revision <= last.alert.revision:
                yield "an update has something new for who knows of it"
            else:
                yield from self._changed(said, last.alert)
        else:
            asked = one.digest and self.name in one.channels
            if said.why is Why.DIGEST and (last or not asked):
                yield "a digest is for who heard nothing, where one is wanted"
            if said.why is Why.RESOLVED and not known and one.id not in self.maybe:
                yield "no end of something it never heard of"

    def _changed(self, said: Notification, before: Alert) -> Iterator[str]:
        """Check the name of what has changed."""
        one = said.alert
        worse = RANKS.index(one.severity) > RANKS.index(before.severity)
        if worse is not (said.why is Why.ESCALATED):
            yield "escalated means worse"
        if said.why is Why.DIGEST and one.flap is not Flap.DIGEST:
            yield "only what flaps is summed up while it goes on"
        if said.why is Why.DIGEST and one.is_acked(self._world.clock.now()):
            yield "who has taken it needs no digest"

    def _again(self, said: Notification, last: Last | None) -> Iterator[str]:
        """Check what is said again: how it was told, in its time, and not to who has taken it."""
        one, now = said.alert, self._world.clock.now()
        if last is None or (last.alert.revision, last.alert.status) != (one.revision, one.status):
            yield "a repetition is of what was told"
            return
        if said.number != last.number + 1:
            yield "repetitions are counted"
        resent = said.why is Why.RESENT
        if resent is not self._level:
            yield "levels are for who wants them"
        if not resent and one.is_acked(now):
            yield "who has taken it is not reminded"
        wait = RESEND if resent else reminder_after(one.terms_of(self.name), last.number)
        if not wait or not is_over(last.at, wait, now):
            yield "repetitions have their time"

    def _step(self, one: Alert, told_by: Callable[[str, str], bool]) -> Iterator[str]:
        """Check that it is this channel's turn."""
        terms = one.terms_of(self.name)
        if not self._world.turn_has_come(one, self.name):
            yield "no step before its time"
        if terms.unless_acked and one.is_acked(self._world.clock.now()):
            yield "no step that is for when nobody has taken it"
        if terms.unless_told and told_by(terms.unless_told, one.id):
            yield "a fallback is for when the other did not take it"

    # ------------------------------------------------------------ after

    def note(self, said: Notification, attempt: Attempt) -> None:
        """Remember what came of an attempt."""
        one, now = said.alert, self._world.clock.now()
        if attempt.result is Result.TOLD:
            known, since = self.last.get(one.id), self._world.clock.monotonic()
            since = known.since if known else since
            self.last[one.id] = Last(one, now, since, said.number)
            self.maybe.discard(one.id)
            self.shaky.discard(one.id)
        elif attempt.result is Result.UNKNOWN:
            if not said.number:
                self.maybe.add(one.id)
        elif attempt.result is Result.REFUSED and said.plain:
            self.give_up(said)

    def give_up(self, said: Notification) -> None:
        """Note that a message will not be told."""
        one, last = said.alert, self.last.get(said.alert.id)
        if said.number and last is not None:
            self.last[one.id] = replace(last, at=self._world.clock.now(), number=said.number)
            return
        self._refused.add(said.id)
        self.unwanted.add(one.id)
        if self._level and last is not None:  # it is kept alive with what is true, nevertheless
            self.last[one.id] = replace(last, alert=one)
        if one.status is Status.RESOLVED:
            self.maybe.discard(one.id)
            self.last.pop(one.id, None)
