"""Incidents that no endpoint is in: whoever notices something opens, revises and ends them."""

from dataclasses import replace

from monitor.core.health import Health
from monitor.core.incident import Incident, Severity, Trouble
from monitor.core.incident_book import IncidentBook
from monitor.core.outcome import Category
from tests.clock import START
from tests.core.engine_world import World
from tests.examples import an_endpoint

KEY = "certificate:example.org"
SOON = Trouble(
    KEY, Health.DEGRADED, Severity.WARNING, Category.UNREACHABLE, "the certificate ends in 13 days"
)


def noticed(book: IncidentBook, trouble: Trouble | None) -> tuple[Incident, ...]:
    return book.notice(KEY, trouble, an_endpoint(), START, "a new certificate is shown")


def test_a_notice_opens_once_is_revised_when_it_grows_worse_and_ends_when_it_is_said_to() -> None:
    book = IncidentBook("here")
    (opened,) = noticed(book, SOON)
    assert (opened.key, opened.revision, opened.notice) == (KEY, 1, True)
    assert noticed(book, replace(SOON, reason="the certificate ends in 12 days")) == ()
    (worse,) = noticed(book, replace(SOON, severity=Severity.ERROR))
    assert (worse.id, worse.revision) == (opened.id, 2)
    (closed,) = noticed(book, None)
    assert (closed.revision, closed.closed_because) == (3, "a new certificate is shown")
    assert noticed(book, None) == ()


def test_a_restored_notice_is_not_abandoned_for_want_of_an_endpoint() -> None:
    book = IncidentBook("here")
    (opened,) = noticed(book, SOON)
    after = IncidentBook("here")
    after.restore([opened])
    assert after.close_abandoned(START) == ()
    assert after.open_incidents() == (opened,)


async def test_the_engine_commits_and_publishes_a_notice() -> None:
    world = World()
    await world.engine.notice(KEY, SOON, "chat")
    assert [one.key for one in world.facts.incidents] == [KEY]
    assert world.last.incidents == world.facts.incidents
    committed = len(world.store.facts)
    await world.engine.notice(KEY, SOON, "chat")
    await world.engine.notice(KEY, SOON, "nobody")
    assert len(world.store.facts) == committed, "what is no news is not written again"
    await world.engine.notice(KEY, None, "chat", "renewed")
    assert world.last.incidents[0].closed_because == "renewed"
