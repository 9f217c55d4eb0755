"""How one channel is doing, with the waits that follow from it, kept in measured time."""

import logging
import math
from collections.abc import Callable
from dataclasses import replace

from alerts.attempt import Attempt
from alerts.channel_state import ChannelState, Condition, after
from alerts.journal import Journal
from alerts.leaving import leave
from alerts.moment import Clock, Uniform, ms_of
from alerts.pace import Pace
from alerts.policy import NotDue
from alerts.retry import channel_wait, left_of
from alerts.self_alert import BROKEN

_log = logging.getLogger("omilia_monitor.alerts.delivery")


class Watch:
    """The breaker of one channel: its state is the journal's, its deadline a monotonic one.

    `changed` is called whenever the channel comes into another condition.
    """

    def __init__(
        self,
        name: str,
        journal: Journal,
        clock: Clock,
        uniform: Uniform,
        changed: Callable[[ChannelState], None],
    ) -> None:
        self.state = ChannelState(name)
        self.generation = 0
        """Grows with each change of condition: an attempt that began in another proves nothing."""
        self._journal = journal
        self._clock = clock
        self._uniform = uniform
        self._changed = changed
        self._until = -math.inf
        self.pace = Pace(clock)

    def restore(self) -> None:
        """Go on where the journal left off; what was broken may be asked again at once."""
        self.state = self._journal.channel(self.state.name)
        self._until = self._clock.monotonic() + left_of(
            self.state.not_before_ms, self.state.updated_ms, ms_of(self._clock.now())
        )
        self.ask_again()

    def ask_again(self) -> None:
        """Let one message find out at once whether what was broken has been fixed."""
        if self.state.condition in BROKEN:
            self.hurry()

    def hurry(self) -> None:
        """Let one message find out at once whether the channel works again, whatever it said."""
        self._until = -math.inf

    def left(self) -> float:
        """Return how long the channel still waits, in seconds; infinite when it is disabled."""
        return max(self._until - self._clock.monotonic(), 0.0)

    def hold(self, lane_waits: float, in_flight: int) -> NotDue | None:
        """Say why a message must wait, None when it may go out now, or as soon as `pace` says."""
        return leave(
            self.state.condition,
            lane_waits=lane_waits,
            channel_waits=self.left(),
            in_flight=in_flight,
        )

    def judge(self, attempt: Attempt, generation: int) -> bool:
        """Draw the consequences of an attempt. Returns whether the channel works again by it."""
        before, now = self.state, self._clock.monotonic()
        state = after(before, attempt, stale=generation != self.generation)
        if state is before:
            return False
        not_before = None
        if state.condition is Condition.OK:
            self._until = -math.inf
        elif state.condition is Condition.DISABLED:
            self._until = math.inf
        else:
            wait = channel_wait(attempt, state.failures, self._uniform)
            self._until = max(self._until, now + wait)
            not_before = ms_of(self._clock.now()) + math.ceil((self._until - now) * 1000)
        updated = ms_of(self._clock.now())
        self.state = replace(state, not_before_ms=not_before, updated_ms=updated)
        self._journal.note_channel(self.state)
        if state.condition is before.condition:
            return False
        self.generation += 1
        well = state.condition is Condition.OK
        said = {"channel": state.name, "error": state.last_error}
        level = logging.INFO if well else logging.WARNING
        _log.log(level, "channel.%s", state.condition, extra=said)
        self._changed(self.state)
        return well
