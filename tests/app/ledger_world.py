"""A world whose months pass quickly, and a plain recount of what its probes saw."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.app.world import World
from tests.stores import rows, written

BEAT = 60.0

MONTHS = """
listen: 127.0.0.1:0
store: STORE
defaults:
  every: 1h
  timeout: 5s
  region: us1
  credential: pat
  breaker: {{reset_timeout: 10m, max_open: 30m, confirm_after: 4m}}
endpoints:
  - {{id: status, url: "{omilia}/envs-manager/api/status"}}
  - {{id: domains, url: "{omilia}/orchestrator/api/nlu/domains/"}}
  - {{id: tables, url: "{omilia}/metrics-api/v3/tables", critical: false}}
credentials:
  pat: {{header: X-OCP-PERSONAL-ACCESS-TOKEN, value: {{env: PAT}}}}
retention: {{outcomes: 400d}}
platform: {{share: 99%}}
"""


class LedgerWorld(World):
    """A world that begins on the last day of September, and whose bookkeeper beats in its time."""

    def __init__(self, folder: Path, config: str = MONTHS) -> None:
        super().__init__(folder, config)
        self.clock.wall = datetime(2026, 9, 30, 12, tzinfo=UTC)
        self.present: list[tuple[datetime, datetime]] = []
        self._began = self.clock.now()

    async def begin(self) -> None:
        self._began = self.clock.now()
        await super().begin()

    async def pass_(self, seconds: float) -> None:
        """Let time pass, with a beat a minute."""
        end = self.clock.now() + timedelta(seconds=seconds)
        while (now := self.clock.now()) < end:
            due = self.metronome.first()
            beat = now + timedelta(seconds=BEAT)
            if due is not None and due[1] <= min(beat, end):
                self.clock.advance(max((due[1] - now).total_seconds(), 0.0))
                await self.metronome.play(*due)
            else:
                self.clock.advance((min(beat, end) - now).total_seconds())
                await self.daemon.bookkeeper.beat()

    async def until(self, moment: datetime) -> None:
        """Let time pass until then."""
        await self.pass_((moment - self.clock.now()).total_seconds())

    async def restart(self, after: float) -> None:
        """Stop the daemon, and start it again after so many seconds."""
        await self.daemon.stop()
        self.present.append((self._began, self.clock.now()))
        self.clock.advance(after)
        await self.begin()

    async def kill_and_begin(self, after: float) -> None:
        """Kill the daemon, and start it again after so many seconds."""
        await written(self.daemon.store)
        await self.daemon.bookkeeper.beat()
        await written(self.daemon.store)
        self.present.append((self._began, self.clock.now()))
        await self.kill()
        self.clock.advance(after)
        await self.begin()

    # ------------------------------------------------------------ what was seen

    async def regions(self, month: str) -> Any:
        """Return the figures of a month."""
        await written(self.daemon.store)
        status, answer, _ = await self.get(f"/v1/availability?month={month}")
        assert status == 200, answer
        for region in answer["regions"]:
            assert abs(sum(region["seconds"].values()) - _length(answer)) < 1e-6
        return answer["regions"]

    async def month(self, month: str) -> Any:
        """Return the figures of a month, of the one region that there is."""
        (region,) = await self.regions(month)
        return region

    async def outcomes(self, endpoint: str) -> list[tuple[datetime, str]]:
        """Return when an endpoint was seen how, in order."""
        await written(self.daemon.store)
        found = await rows(
            self.daemon.store,
            "SELECT due_ms + after_ms, category FROM outcome JOIN endpoint"
            f" ON endpoint.id = endpoint_id WHERE name = '{endpoint}' ORDER BY 1",
        )
        return [(datetime.fromtimestamp(ms / 1000, UTC), word) for ms, word in found]


def _length(answer: Any) -> float:
    start, end = (datetime.fromisoformat(answer[key]) for key in ("from", "to"))
    return (end - start).total_seconds()


BAD = {"server_error", "unreachable", "unexpected", "throttled"}
GOOD = {"ok", "slow"}


def recounted(
    outcomes: Sequence[tuple[datetime, str]],
) -> Iterator[tuple[datetime, datetime | None]]:
    """Find outages by counting on one's fingers: three bad in a row begin one, two good end it."""
    first: datetime | None = None
    down: datetime | None = None
    bad = good = 0
    for at, word in outcomes:
        if word in BAD:
            first = at if bad == 0 else first
            bad, good = bad + 1, 0
            if down is None and bad == 3:
                down = first
        elif word in GOOD:
            first = at if good == 0 or bad else first
            bad, good = 0, good + 1
            if down is not None and good == 2:
                yield down, first
                down = None
    if down is not None:
        yield down, None


def overlap(spans: Sequence[tuple[datetime, datetime]], start: datetime, end: datetime) -> float:
    """Return how many seconds of [start, end) the spans cover; they do not overlap each other."""
    return sum(
        max((min(until, end) - max(begin, start)).total_seconds(), 0.0) for begin, until in spans
    )
