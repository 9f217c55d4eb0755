"""Silences are there afterwards: over restarts, in the order of their revisions, by location."""

from dataclasses import replace

import pytest

from monitor.adapters.store import Retention
from monitor.core.matchers import matcher
from monitor.core.silence import Silence, expired
from tests.stores import at, opened, rows, store, until

SILENCE = Silence(
    "s-1",
    (matcher("severity=critical"), matcher(r'endpoint!~"chat-\w+|\"x\""')),
    at(0),
    at(3600),
    "ana",
    "new disks \N{SNOWMAN}",
)


async def test_it_is_durable_when_keep_returns_and_there_after_a_restart(store_url: str) -> None:
    async with opened(store_url) as made:
        await made.keep(SILENCE)
        assert [row.id for row in await rows(made, "SELECT id FROM silence")] == ["s-1"]
    async with opened(store_url) as made:
        assert (await made.load()).silences == (SILENCE,)


async def test_the_newest_revision_stays_whatever_order_they_come_in(store_url: str) -> None:
    over = expired(SILENCE, at(60), "ops")
    async with opened(store_url) as made:
        for one in (SILENCE, over, SILENCE):
            await made.keep(one)
        assert (await made.load()).silences == (over,)


async def test_another_location_has_its_own(store_url: str) -> None:
    async with opened(store_url) as here, opened(store_url, location="there") as there:
        await here.keep(SILENCE)
        assert (await there.load()).silences == ()
        await there.keep(replace(SILENCE, comment="ours"))
        assert [one.comment for one in (await there.load()).silences] == ["ours"]
        assert (await here.load()).silences == (SILENCE,)


async def test_what_cannot_be_written_now_waits(store_url: str) -> None:
    made = store(store_url)
    await made.keep(SILENCE)  # not open yet: nobody waits, nothing is lost
    await made.open()
    try:
        await until(lambda: made.health().backlog == 0)
        assert (await made.load()).silences == (SILENCE,)
    finally:
        await made.close()


@pytest.mark.parametrize(("days", "kept"), [(400, 1), (402, 0)])
async def test_silences_are_kept_as_long_as_incidents(store_url: str, days: int, kept: int) -> None:
    async with opened(store_url) as made:
        await made.keep(replace(SILENCE, starts_at=at(-days * 86400), ends_at=at(1 - days * 86400)))
        await made.sweep(Retention(hours=401 * 86400.0))
        assert len((await made.load()).silences) == kept
