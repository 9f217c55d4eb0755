"""A moment, read once per step and handed down."""

from datetime import datetime
from typing import NamedTuple


class Instant(NamedTuple):
    """One reading of both clocks: `wall` (aware, UTC) to show people, `mono` (s) to measure."""

    wall: datetime
    mono: float
