"""The journal, for those who read it over the interface and give orders about it."""

from dataclasses import asdict
from typing import Any

from alerts.overview import in_pieces
from alerts.reconciler import Reconciler

View = dict[str, Any]


class JournalDesk:
    """A JournalSource: the reconciler's words as JSON values."""

    def __init__(self, reconciler: Reconciler) -> None:
        self._overview = reconciler.overview
        self._orders = reconciler.orders

    async def read(self, channel: str | None, *, owed: bool, limit: int) -> View | None:
        """Return the channels, and what they were told and are owed."""
        if channel is not None and channel not in self._overview.names():
            return None
        found = await self._overview.read(channel, owed=owed, limit=limit)
        return {
            "channels": [asdict(one) for one in found.channels],
            "entries": [asdict(one) async for one in in_pieces(found.lanes)],
            "owed": found.owed,
            "matching": found.matching,
        }

    def channel(self, name: str) -> View | None:
        """Return how a channel is."""
        return asdict(self._overview.channel(name)) if self._overview.serves(name) else None

    def entry(self, channel: str, key: str) -> View | None:
        """Return how one thing stands there."""
        known = self._overview.knows(channel, key)
        return asdict(self._overview.lane(channel, key)) if known else None

    def retry(self, channel: str, key: str | None, by: str) -> None:
        """Have what waits there tried at once."""
        self._orders.retry(channel, key, by)

    async def drop(self, channel: str, key: str, by: str, only: str | None) -> str:
        """Do not tell what is owed there."""
        return await self._orders.drop(channel, key, by, only)
