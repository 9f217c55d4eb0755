"""A channel that speaks in its operator's own words; else it is the channel that it was."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from alerts.attempt import Attempt
from alerts.channels.lifecycle import Lifecycle
from alerts.message import Notification
from alerts.taken import Asked, Heard, Hears
from alerts.templates import OwnWords

if TYPE_CHECKING:
    from alerts.channels import Channel


class SpokenChannel:
    """Finds the words, and hands them to the channel with the notification.

    A `plain` notification is told in the built-in words: the own ones may be what was refused.
    """

    def __init__(self, channel: "Channel", own: OwnWords) -> None:
        self._channel = channel
        self._own = own

    @property
    def name(self) -> str:
        """What it is called in the configuration."""
        return self._channel.name

    @property
    def kind(self) -> str:
        """What it is beneath its words."""
        return self._channel.kind

    @property
    def lifecycle(self) -> Lifecycle:
        """What the system behind it can do."""
        return self._channel.lifecycle

    async def send(self, notification: Notification) -> Attempt:
        """Tell in own words, and say in the attempt when a template failed."""
        if notification.plain:
            return await self._channel.send(notification)
        said = await self._own.of(notification)
        attempt = await self._channel.send(replace(notification, said=said))
        return replace(attempt, template=said.failed) if said.failed else attempt

    @property
    def hears(self) -> bool:
        """Whether its system can be asked who has taken what."""
        return isinstance(self._channel, Hears) and self._channel.hears

    async def taken(self, asked: Sequence[Asked]) -> Heard:
        """Ask the system behind it."""
        return await self._channel.taken(asked) if isinstance(self._channel, Hears) else Heard({})

    async def close(self) -> None:
        """Let go of connections."""
        await self._channel.close()
