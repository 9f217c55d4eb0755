"""What the system behind a channel can do with an alert that goes on, changes and ends."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What a kind of channel can do beyond taking messages.

    `resolves`: the system knows that an alert is over, and does not only read so. `edits`: what was
    told can be changed in place, or answered in its thread. `acknowledges`: it takes
    acknowledgements. `level`: it wants to be told again and again while an alert stands. `pace`: it
    takes one message in so many seconds (0: its limit is not known, or none).
    """

    resolves: bool = False
    edits: bool = False
    acknowledges: bool = False
    level: bool = False
    pace: float = 0.0
