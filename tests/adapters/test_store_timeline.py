"""The store's timeline: noted at once, written once, read in order, kept while it fails."""

from dataclasses import replace
from pathlib import Path

import pytest

from monitor.adapters.store import Retention
from monitor.adapters.store import backlog as module
from monitor.adapters.store.backlog import Backlog
from monitor.core.event import Event, Kind
from monitor.ports import Facts, Noted, StoreUnavailableError, Timeline
from tests.stores import at, opened, rows, standing, store, until, written


def event(
    when: float = 0.0, endpoint: str | None = "a", text: str = "1.17.0 became 1.18.0"
) -> Event:
    return Event(at(when), Kind.RELEASE, text, endpoint, {"after": "1.18.0"})


def noted(*events: Event, location: str = "here") -> list[Noted]:
    return [Noted(location, one) for one in events]


async def test_what_was_noted_outlives_a_restart(store_url: str) -> None:
    first, second = event(1), event(2, endpoint=None)
    async with opened(store_url) as made:
        timeline: Timeline = made.timeline
        timeline.note(first)
        await made.commit(Facts(standing(), events=(second,)))
    async with opened(store_url) as made:
        assert await made.events(limit=9) == noted(second, first)


async def test_noting_the_same_event_again_changes_nothing(store_url: str) -> None:
    async with opened(store_url) as made:
        for _ in range(2):
            made.timeline.note(event())
            await written(made)
        made.timeline.note(replace(event(), text="something else at the same time"))
        await written(made)
        assert len(await rows(made, "SELECT id FROM event")) == 2


async def test_it_is_asked_by_time_by_endpoint_and_from_either_end(store_url: str) -> None:
    events = [event(n, endpoint="ab"[n % 2]) for n in range(6)]
    async with opened(store_url) as made:
        for one in events:
            made.timeline.note(one)
        await written(made)
        assert await made.events(limit=2) == noted(events[5], events[4])
        assert await made.events(limit=2, newest_first=False) == noted(events[0], events[1])
        between = await made.events(limit=9, start=at(1), end=at(4), newest_first=False)
        assert between == noted(*events[1:4])
        assert await made.events(limit=9, endpoint="b", end=at(4)) == noted(events[3], events[1])
        assert await made.events(limit=9, endpoint="nobody") == []


async def test_the_timeline_is_everybodys_and_each_location_notes_its_own(store_url: str) -> None:
    async with opened(store_url) as here, opened(store_url, location="there") as there:
        here.timeline.note(event())
        there.timeline.note(event())
        await written(here)
        await written(there)
        assert {one.location for one in await here.events(limit=9)} == {"here", "there"}


async def test_old_events_go_with_the_incidents(store_url: str) -> None:
    async with opened(store_url) as made:
        made.timeline.note(event(-7200))
        made.timeline.note(event(-1800))
        await written(made)
        await made.sweep(Retention(outcomes=60, minutes=60, hours=3600))
        assert await made.events(limit=9) == noted(event(-1800))


async def test_a_store_that_fails_keeps_events_and_shows_them_when_it_is_back(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "later"
    made = store(f"sqlite:///{folder}/s.db", load_within=0.01)
    await made.open()
    try:
        made.timeline.note(event())
        await until(lambda: made.health().failing_since is not None)
        with pytest.raises(StoreUnavailableError):
            await made.events(limit=9)
        folder.mkdir()
        await written(made)
        assert await made.events(limit=9) == noted(event())
    finally:
        await made.close()


async def test_one_that_waits_to_be_written_is_shown_among_the_others(store_url: str) -> None:
    async with opened(store_url) as made:
        made.timeline.note(event(1))
        await written(made)
        made._backlog.happened(event(2))  # the writer is not woken: it waits
        made._backlog.happened(event(3, endpoint=None))
        assert await made.events(limit=9) == noted(event(3, endpoint=None), event(2), event(1))
        assert await made.events(limit=9, endpoint="a") == noted(event(2), event(1))
        assert await made.events(limit=9, end=at(2)) == noted(event(1))


def test_the_backlog_is_bounded_and_the_oldest_events_go_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "MAX_EVENTS", 2)
    backlog = Backlog()
    for n in range(3):
        backlog.happened(event(n))
    assert (backlog.events, backlog.dropped) == ((event(1), event(2)), 1)
    batch = backlog.take(0)
    assert not backlog.has_facts
    backlog.owe(Facts(standing(), events=(event(3),)))
    backlog.put_back(batch)
    assert (backlog.events, backlog.dropped) == ((event(2), event(3)), 2)
