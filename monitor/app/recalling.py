"""What a start asks the store of the time before: the outages that may yet be flapping."""

from collections.abc import Sequence

from monitor.core.incident import Incident
from monitor.ports import History, StoreUnavailableError

RECENT = 500
"""So many of the last incidents are looked at."""


async def recent_outages(store: History, location: str) -> Sequence[Incident]:
    """Return the last incidents of a location; none when the store cannot be read now."""
    try:
        found = await store.incidents(limit=RECENT)
    except StoreUnavailableError:
        return ()
    return [one for one in found if one.location == location]
