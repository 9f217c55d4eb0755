"""What was announced over the API, and what was last had of calendars, is there afterwards."""

from dataclasses import replace

import pytest

from monitor.adapters.store import Retention
from monitor.core.maintenance import Copy, Scope, Window, ended
from tests.stores import at, opened, rows, store, until

WINDOW = Window(
    "api-1",
    "migration",
    at(0),
    at(3600),
    Scope(("a",), ("platform",), ("us1",)),
    "new disks \N{SNOWMAN}",
    "ops",
)
COPY = Copy("omilia", "abcdef", at(0), "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", '"tag"')


async def test_they_are_there_after_a_restart(store_url: str) -> None:
    async with opened(store_url) as made:
        await made.keep(WINDOW)
        await made.keep(COPY)
    async with opened(store_url) as made:
        saved = await made.load()
        assert (saved.windows, saved.copies) == ((WINDOW,), (COPY,))


async def test_a_kept_window_is_durable_when_keep_returns(store_url: str) -> None:
    async with opened(store_url) as made:
        await made.keep(WINDOW)
        assert [row.id for row in await rows(made, "SELECT id FROM maintenance")] == ["api-1"]


async def test_the_newest_revision_stays_whatever_order_they_come_in(store_url: str) -> None:
    over = ended(WINDOW, at(60), "ops")
    async with opened(store_url) as made:
        for one in (WINDOW, over, WINDOW):
            await made.keep(one)
        for copy in (COPY, replace(COPY, text="another")):
            await made.keep(copy)
        saved = await made.load()
    assert saved.windows == (over,)
    assert [copy.text for copy in saved.copies] == ["another"]


async def test_another_location_has_its_own(store_url: str) -> None:
    async with opened(store_url) as here, opened(store_url, location="there") as there:
        await here.keep(WINDOW)
        await here.keep(COPY)
        await there.keep(replace(WINDOW, name="ours"))
        saved = await there.load()
        assert ([one.name for one in saved.windows], saved.copies) == (["ours"], ())
        assert [one.name for one in (await here.load()).windows] == ["migration"]


async def test_what_cannot_be_written_now_waits(store_url: str) -> None:
    made = store(store_url)
    await made.keep(WINDOW)  # not open yet: nobody waits, nothing is lost
    await made.keep(COPY)
    await made.open()
    try:
        await until(lambda: made.health().backlog == 0)
        saved = await made.load()
        assert (saved.windows, saved.copies) == ((WINDOW,), (COPY,))
    finally:
        await made.close()


@pytest.mark.parametrize(("days", "kept"), [(400, 1), (402, 0)])
async def test_windows_are_kept_as_long_as_incidents(store_url: str, days: int, kept: int) -> None:
    async with opened(store_url) as made:
        await made.keep(replace(WINDOW, end=at(1 - days * 86400), start=at(-days * 86400)))
        await made.sweep(Retention(hours=401 * 86400.0))
        assert len((await made.load()).windows) == kept
