"""How real traffic is heeded beside the probes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TrafficPolicy:
    """How real traffic is heeded. Shares are per cent, times in seconds.

    A reporter's last `of` calls within `within` count, from `at_least` on. `weight` is the
    traffic's beside the probes'; `quorum` the tokens that must agree.
    """

    weight: float = 50.0
    quorum: int = 2
    of: int = 100
    within: float = 300.0
    over: float = 50.0
    at_least: int = 10
    confirm: bool = True
    veto: bool = True
