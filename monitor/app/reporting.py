"""Takes reports of real traffic to the engine, and counts them for the metrics."""

from collections import Counter
from collections.abc import Mapping, Sequence

from monitor.core.disagreement import Disagreement
from monitor.core.reports import Report
from monitor.core.traffic import Word
from monitor.engine import Engine


class Reporting:
    """Counts what was taken; endpoints that are no longer watched are forgotten when asked."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._calls: Counter[str] = Counter()

    async def take(self, token: str, reporter: str, reports: Sequence[Report]) -> None:
        """Hand a batch on."""
        for report in reports:
            self._calls[report.endpoint] += report.count
        await self._engine.reported(token, reporter, reports)

    def calls(self) -> Mapping[str, int]:
        """Return how many calls were reported, by endpoint."""
        watched = {endpoint.id for endpoint in self._engine.endpoints()}
        for gone in self._calls.keys() - watched:
            del self._calls[gone]
        return self._calls

    def said(self) -> Mapping[str, tuple[Word, Disagreement | None]]:
        """Return what is said of each endpoint about which anybody reports."""
        found = {name: self._engine.word(name) for name in self._calls}
        return {name: said for name, said in found.items() if said is not None}
