"""How a report says shares, lengths and moments: the same on a terminal and on a page."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

MARKS = {
    "down": "down",
    "unclear": "down, unclear by whose fault",
    "throttled": "throttled",
    "ours": "not Omilia's",
    "maintenance": "maintenance",
    "blocked": "blocked",
    "unknown": "unknown",
    "unwatched": "not watched",
    "degraded": "degraded",
    "up": "up",
}
"""The words for people, what matters most first."""


def percent(share: float | None, places: int = 4) -> str:
    """Write a share, rounded down: what is not whole does not look whole."""
    if share is None:
        return "no figure"
    scale = 10**places
    return f"{int(round(share * 100 * scale, 3)) / scale:.{places}f} %"


def target(share: float) -> str:
    """Write a target as it was promised."""
    return f"{round(share * 100, 6):g} %"


def moment(stamp: str, zone: str) -> datetime:
    """Read a time of the figures, as the clocks of the report's zone show it."""
    return datetime.fromisoformat(stamp).astimezone(ZoneInfo(zone))


def when(stamp: str, zone: str) -> str:
    """Write a time to the second."""
    return f"{moment(stamp, zone):%Y-%m-%d %H:%M:%S}"


def named(region: str) -> str:
    """Name a region; endpoints may name none."""
    return region or "no region"


def left_out(figures: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Give what does not count, with its length, what matters most first."""
    counted = {run["mark"] for run in figures["runs"] if run["counts"] != "excluded"}
    for mark, words in MARKS.items():
        seconds = figures["seconds"][mark]
        if seconds and mark not in ("up", "degraded", "down") and mark not in counted:
            yield words, seconds


def verdict(figures: Mapping[str, Any], *, over: bool) -> str:
    """Say whether the target is met."""
    if figures["met"] is None:
        return "not known"
    if not figures["met"]:
        return "missed"
    return "met" if over else "met so far"
