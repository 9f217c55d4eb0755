"""What the demo tells: which events there are, which of them make the whole story."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import click

from monitor.core.breaker import Move, Moved, State
from monitor.core.outcome import Effect
from monitor.ports import Clock, News

CHAPTERS = ("trip", "alert", "recovery", "resolve")
"""The whole story, in its order."""

WIDTH = 104
"""Characters of a line's text that people are shown."""

_COLOURS: Mapping[str, str] = {
    "omilia": "magenta",
    "probe": "white",
    "breaker": "yellow",
    "verdict": "cyan",
    "alert": "blue",
    "daemon": "white",
}
_MOVES: Mapping[Move, str] = {
    Move.TRIP: "trips",
    Move.TRIAL: "lets one trial through",
    Move.RETRIP: "opens again",
    Move.RESET: "resets",
}


@dataclass(slots=True)
class Story:
    """Tells events as they come, as lines for people or as JSON lines for scripts."""

    clock: Clock
    as_json: bool
    write: Callable[[str], None] = click.echo
    seen: set[str] = field(default_factory=set)
    _began: float | None = None
    _failing: set[str] = field(default_factory=set)

    def tell(self, who: str, text: str, *, colour: str | None = None, **values: Any) -> None:
        """Tell one event, with the seconds since the story began."""
        now = self.clock.monotonic()
        self._began = now if self._began is None else self._began
        at = round(now - self._began, 3)
        if self.as_json:
            self.write(json.dumps({"t": at, "event": who, "text": text, **values}))
            return
        text = text if len(text) <= WIDTH else text[: WIDTH - 1].rstrip() + "…"
        name = click.style(f"{who:<8}", fg=colour or _COLOURS.get(who), bold=True)
        self.write(f"{at:6.1f} s  {name} {text}")

    # ------------------------------------------------------------ what the monitor says

    def news(self, news: News) -> None:
        """Tell what a tick said (a listener of the board): the moves, and the first failures."""
        endpoint = news.endpoint.id
        for moved in news.moves:
            self._moved(endpoint, moved)
        outcome = news.outcome
        if outcome is None or news.moves:
            return
        if outcome.effect is Effect.FAILURE:
            self._failing.add(endpoint)
            count = f"{news.standing.breaker.failures} of {news.endpoint.policy.fail_max}"
            self.tell("probe", f"{endpoint} fails, {count}: {outcome.detail}", endpoint=endpoint)
        elif endpoint in self._failing and outcome.effect is Effect.SUCCESS:
            self._failing.discard(endpoint)
            self.tell("probe", f"{endpoint}: a trial succeeds", endpoint=endpoint)

    def _moved(self, endpoint: str, moved: Moved) -> None:
        what = f"{endpoint} {_MOVES[moved.move]} ({moved.before} -> {moved.after}): {moved.reason}"
        colour = "red" if moved.after is State.OPEN else None
        colour = "green" if moved.move is Move.RESET else colour
        self.tell("breaker", what, colour=colour, endpoint=endpoint, move=moved.move)
        if moved.move is Move.TRIP:
            self.seen.add("trip")
            wait = f"{moved.open_for or 0:.1f} s"
            text = f"{endpoint}: do not call Omilia, ask again in {wait}"
            self.tell("verdict", text, endpoint=endpoint, allow=False)
        elif moved.move is Move.RESET:
            self.seen.add("recovery")
            self._failing.discard(endpoint)
            self.tell("verdict", f"{endpoint}: call again", endpoint=endpoint, allow=True)

    # ------------------------------------------------------------ what the receiver hears

    def heard(self, message: dict[str, Any], webhook_id: str) -> None:
        """Tell of an alert that arrived at the webhook receiver."""
        data = message["data"]
        resolved = data["status"] == "resolved"
        self.seen.add("resolve" if resolved else "alert")
        after = f" after {data['duration']:.1f} s" if resolved and data.get("duration") else ""
        text = f'webhook gets {message["type"]}{after}, signature checked: "{data["title"]}"'
        self.tell(
            "alert",
            text,
            colour="green" if resolved else "red",
            id=webhook_id,
            type=message["type"],
        )
