"""Raw outcomes read back in order, in slices, beside whoever writes them."""

from datetime import timedelta

import pytest

from monitor.adapters.store import read_only
from monitor.core.outcome import Outcome
from monitor.ports import StoreUnavailableError
from tests import stores
from tests.clock import START


async def recorded(url: str, first: float, last: float, location: str = "here") -> list[Outcome]:
    start, end = stores.at(first), stores.at(last)
    async with read_only(url) as reader:
        return [one async for one in reader.outcomes(location, start, end)]


async def test_all_endpoints_come_in_the_order_in_which_they_were_judged(store_url: str) -> None:
    """Over the borders of slices, too: who is slow at the end of an hour lets others go first."""
    slow = stores.outcome("a", 3590.0, at=stores.at(3650.0))
    quick = [stores.outcome(name, due) for due in (10.0, 3610.0, 7300.0) for name in ("b", "a")]
    async with stores.opened(store_url) as store:
        for outcome in (*reversed(quick), slow):
            store.note(outcome)
        await stores.written(store)
        found = await recorded(store_url, 0.0, 9000.0)
        part = await recorded(store_url, 3590.0, 7300.0)
        elsewhere = await recorded(store_url, 0.0, 9000.0, "elsewhere")
    assert [one.at for one in found] == sorted(one.at for one in (*quick, slow))
    assert sorted((one.endpoint, one.due) for one in found) == sorted(
        (one.endpoint, one.due) for one in (*quick, slow)
    )
    assert [one.due - START for one in part] == [timedelta(seconds=s) for s in (3610, 3610, 3590)]
    assert elsewhere == []


async def test_a_store_that_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(StoreUnavailableError, match="no such file"):
        await recorded("sqlite:////nowhere/none.db", 0.0, 10.0)
