"""What the couriers of all channels share, and whoever looks at their work."""

from collections.abc import Callable
from dataclasses import dataclass

from alerts.channel_state import ChannelState
from alerts.journal import Journal
from alerts.moment import Clock, Uniform
from alerts.numbers import Tally
from alerts.standing import Standing


@dataclass(frozen=True, slots=True)
class World:
    """How things stand, what was told, time and dice.

    `changed` hears of channels, `settled` of keys with nothing to tell.
    """

    standing: Standing
    journal: Journal
    clock: Clock
    uniform: Uniform
    tally: Tally
    changed: Callable[[ChannelState], None]
    settled: Callable[[str], None]
