"""An incident book in a test's hands, and the endpoints that are told into it."""

from collections.abc import Iterable

from monitor.core.breaker import Snapshot
from monitor.core.endpoint import Endpoint
from monitor.core.incident import Incident
from monitor.core.incident_book import IncidentBook
from monitor.core.outcome import Category
from monitor.core.standing import Standing, advance
from tests.clock import FakeClock
from tests.examples import CLOSED, an_endpoint, an_outcome

BAD = Category.SERVER_ERROR
REJECTED = Category.CREDENTIAL


class Telling:
    """A book and the endpoints that are told into it, one outcome a second."""

    def __init__(self, *endpoints: Endpoint) -> None:
        self.clock = FakeClock()
        self.book = IncidentBook("default")
        self.endpoints = {endpoint.id: endpoint for endpoint in endpoints or (an_endpoint(),)}
        self.standings = {name: Standing(name) for name in self.endpoints}

    def see(
        self, category: Category, breaker: Snapshot = CLOSED, name: str = "chat"
    ) -> tuple[Incident, ...]:
        now = self.clock.advance(1).wall
        outcome = an_outcome(category, endpoint=name, at=now)
        standing = advance(self.standings[name], outcome, breaker, self.endpoints[name])
        self.standings[name] = standing
        return self.book.settle(standing, self.endpoints[name], now)

    def restart(self, without: Iterable[str] = ()) -> tuple[Incident, ...]:
        """Begin anew from what was stored; return what was closed because it was abandoned."""
        saved, self.book = self.book.open_incidents(), IncidentBook("default")
        self.book.restore(saved)
        for name in without:
            del self.endpoints[name], self.standings[name]
        for name, endpoint in self.endpoints.items():
            self.book.rejoin(self.standings[name], endpoint)
        return self.book.close_abandoned(self.clock.advance(1).wall)

    @property
    def open(self) -> list[str]:
        return [incident.key for incident in self.book.open_incidents()]


SHARED = tuple(an_endpoint(name, credential="pat") for name in ("a", "b", "c"))


def rejected() -> Telling:
    """Three endpoints that found their one credential rejected, `a` first."""
    told = Telling(*SHARED)
    for _ in range(2):
        for name in "abc":
            told.see(REJECTED, name=name)
    return told
