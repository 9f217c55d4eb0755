"""How long the past is kept, and what that costs on disk."""

from dataclasses import dataclass

_DAY = 86_400.0

# Bytes per row with its keys, measured on the schema of adapters/store (benchmarks can repeat it).
_OUTCOME = {"sqlite": 50, "postgresql": 130}
_ROLLUP = {"sqlite": 80, "postgresql": 180}


@dataclass(frozen=True, slots=True)
class Retention:
    """Ages in seconds: raw outcomes, rollups by the minute, rollups by the hour.

    Moves, closed incidents and the ledger are kept as long as the hours.
    """

    outcomes: float = 7 * _DAY
    minutes: float = 30 * _DAY
    hours: float = 400 * _DAY


def estimate(
    probes_per_second: float, endpoints: int, retention: Retention, backend: str = "sqlite"
) -> int:
    """Return the bytes on disk that the history grows to.

    `backend` is sqlite or postgresql. An endpoint has at most one rollup per bucket, and none for
    a bucket without a probe.
    """
    outcomes = probes_per_second * retention.outcomes
    minutes = min(probes_per_second, endpoints / 60) * retention.minutes
    hours = min(probes_per_second, endpoints / 3600) * retention.hours
    return round(outcomes * _OUTCOME[backend] + (minutes + hours) * _ROLLUP[backend])
