"""Plays one record through one or two files of settings, and puts the figures side by side."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

from monitor.app.replay.player import Player
from monitor.app.settings import Settings
from monitor.core.comparison import Outage, Record, together
from monitor.core.outcome import Outcome

Figures = dict[str, Any]
"""What a replay found, as `replay --json` writes it."""


async def compare(
    outcomes: AsyncIterator[Outcome], settings: Mapping[str, Settings]
) -> Figures | None:
    """Play a record through each of the settings, by name. None when there is nothing to play.

    Whoever is not an endpoint of all of them is left out, and counted.
    """
    watched = [{one.id for one in each.endpoints} for each in settings.values()]
    common = set.intersection(*watched)
    record, players, left_out = Record(), list[Player](), Counter[str]()
    first = last = None
    played = 0
    async for outcome in outcomes:
        if outcome.endpoint not in common:
            left_out[outcome.endpoint] += 1
            continue
        if first is None:
            first = outcome.at
            players = [Player(name, each, first) for name, each in settings.items()]
        last, played = outcome.at, played + 1
        outage = record.hear(outcome)
        for player in players:
            await player.play(outcome, outage)
    if first is None or last is None:
        return None
    for player in players:
        player.end(last)
    return {
        "from": _stamp(first),
        "to": _stamp(last),
        "outcomes": played,
        "left_out": dict(sorted(left_out.items())),
        "settings": [_figures(player) for player in players],
        "outages": _outages(record, players),
        "passing_trouble": sum(not _noticed(one, players) for one in record.outages),
    }


def _figures(player: Player) -> Figures:
    whole = together(player.scores.values())
    return {
        "name": player.name,
        "incidents": len(player.incidents),
        "pages": player.pages,
        "trips": whole.trips,
        "false_alarms": whole.false_alarms,
        "outages_noticed": len(whole.detected),
        "time_to_detect": {
            "median": round(median(whole.detected), 3) if whole.detected else None,
            "longest": round(max(whole.detected), 3) if whole.detected else None,
        },
        "blocked_minutes": _minutes(whole.blocked),
        "let_through_minutes": _minutes(whole.let_through),
    }


def _outages(record: Record, players: Sequence[Player]) -> list[Figures]:
    return [
        {
            "endpoint": one.endpoint,
            "began": _stamp(datetime.fromtimestamp(one.began, UTC)),
            "seconds": round(one.last_failure - one.began, 3),
            "failures": one.failures,
            "detected_after": [
                None if after is None else round(after, 3) for after in _after(one, players)
            ],
        }
        for one in record.outages
        if _noticed(one, players)
    ]


def _after(outage: Outage, players: Sequence[Player]) -> list[float | None]:
    """Return after how many seconds each noticed it, None for who did not."""
    return [player.scores[outage.endpoint].noticed.get(id(outage)) for player in players]


def _noticed(outage: Outage, players: Sequence[Player]) -> bool:
    """Tell whether anybody's breaker was open in it; else it was trouble that passed."""
    return any(after is not None for after in _after(outage, players))


def _minutes(seconds: float) -> float:
    return round(seconds / 60, 2)


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
