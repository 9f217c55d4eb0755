"""Where the journal is read, and orders about deliveries are carried out; the hall fills it in."""

from collections.abc import Mapping
from typing import Any, Protocol

View = Mapping[str, Any]
"""JSON values; datetimes allowed."""


class JournalSource(Protocol):
    """What was told to whom, and what is owed. It answers from memory."""

    async def read(self, channel: str | None, *, owed: bool, limit: int) -> View | None:
        """Return it in the shape of `models.journal.JournalModel`; None for an unknown channel."""
        ...

    def channel(self, name: str) -> View | None:
        """Return how a configured channel is (`JournalChannelModel`); None when there is none."""
        ...

    def entry(self, channel: str, key: str) -> View | None:
        """Return how one thing stands there (`EntryModel`); None when it never concerned it."""
        ...

    def retry(self, channel: str, key: str | None, by: str) -> None:
        """Have what waits there tried at once: all, or what is about one thing."""
        ...

    async def drop(self, channel: str, key: str, by: str, only: str | None) -> str:
        """Do not tell what is owed there, if it is `only` this message.

        Returns `done`, `unwritten` (done, and not yet durable), or why not: `nothing_owed`,
        `another_owed` (than `only`), `being_told`.
        """
        ...


class NoJournal:
    """A journal without channels."""

    async def read(self, channel: str | None, *, owed: bool, limit: int) -> View | None:
        """Return an empty one."""
        del owed, limit
        empty: View = {"channels": [], "entries": [], "owed": 0, "matching": 0}
        return empty if channel is None else None

    def channel(self, name: str) -> None:
        """Know none."""

    def entry(self, channel: str, key: str) -> None:
        """Know nothing."""

    def retry(self, channel: str, key: str | None, by: str) -> None:
        """Do nothing."""

    async def drop(self, channel: str, key: str, by: str, only: str | None) -> str:
        """Owe nothing."""
        del channel, key, by, only
        return "nothing_owed"
