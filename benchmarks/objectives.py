"""What objectives cost: a first look over 30 days, and the look of every further minute.

`python -m benchmarks.objectives [ENDPOINTS] [FAILURES]`: so many endpoints with an objective on a
real SQLite file, each with so many failed probes in the last 30 days.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from monitor.adapters.clock import SystemClock
from monitor.adapters.store import SqlStore
from monitor.app.burn_watch import BurnWatch
from monitor.app.loader import loads
from monitor.app.wiring import endpoints_of
from monitor.board import Board
from monitor.core.incident import Trouble
from monitor.core.incident_book import IncidentBook
from monitor.core.objective import WINDOW
from monitor.core.standing import Standing
from monitor.core.stretch import Mark, Presence, Stretch
from monitor.ports import News

_BATCH = 5000


def stretches(name: str, failures: int, now: datetime) -> list[Stretch]:
    """Return 30 days of an endpoint, with failed probes evenly spread."""
    step = timedelta(seconds=WINDOW) / (failures + 1)
    begin, rows = now - timedelta(seconds=WINDOW), []
    for _ in range(failures):
        failed = begin + step
        rows.append(Stretch(name, Mark.UP, begin, failed))
        begin = failed + timedelta(seconds=5)
        rows.append(Stretch(name, Mark.UP, failed, begin, cause="server_error", reason="HTTP 503"))
    return [*rows, Stretch(name, Mark.UP, begin)]


async def measure(count: int, failures: int, file: Path) -> None:
    """Fill a store, look, and print what it took."""
    names = "\n".join(
        f'  - {{id: e{n}, url: "http://127.0.0.1/{n}", objective: 99.5%}}' for n in range(count)
    )
    settings, clock, board = loads(f"endpoints:\n{names}\n"), SystemClock(), Board()
    for endpoint in endpoints_of(settings):
        board.publish(News(endpoint, Standing(endpoint.id)))
    store = SqlStore(f"sqlite:///{file}", location="here", clock=clock)
    await store.open()
    await store.load()
    now = clock.now()
    presence = Presence(now - timedelta(seconds=WINDOW), now)
    rows = [row for e in settings.endpoints for row in stretches(e.id, failures, now)]
    for place in range(0, len(rows), _BATCH):
        store.record(rows[place : place + _BATCH], presence)
        await _written(store)

    async def notice(key: str, trouble: Trouble | None, endpoint: str, because: str) -> None:
        del key, trouble, endpoint, because

    watch = BurnWatch(
        clock, board, lambda: settings, read=store.watch, book=IncidentBook("here"), notice=notice
    )
    for what in ("first look", "look", "look"):
        store.record((), replace(presence, seen=clock.now()))
        await _written(store)
        began, cpu = time.perf_counter(), time.process_time()
        longest = await _longest_turn(watch)
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
        print(f"{what}: {wall:.2f} s, of the CPU {cpu:.2f} s, longest turn {longest * 1e3:.0f} ms")
    print(f"{count} endpoints, {len(rows)} rows, {len(watch.held())} objectives")
    await store.close()


async def _written(store: SqlStore) -> None:
    """Return when nothing waits to be written."""
    while store.health().backlog:  # noqa: ASYNC110  the store tells nobody: it is looked at
        await asyncio.sleep(0.01)


async def _longest_turn(watch: BurnWatch) -> float:
    """Look, and return for how long the loop came round to nobody else at most, in seconds."""
    looking, longest = asyncio.create_task(watch.look()), 0.0
    while not looking.done():
        began = time.perf_counter()
        await asyncio.sleep(0)
        longest = max(longest, time.perf_counter() - began)
    await looking
    return longest


def main() -> None:
    """Measure."""
    asked = [int(one) for one in sys.argv[1:]]
    count, failures = asked or (500, 20)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(count, failures, Path(folder) / "m.db"))


if __name__ == "__main__":
    main()
