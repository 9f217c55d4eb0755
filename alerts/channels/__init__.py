"""Channels: places to tell. One small file per kind; this one says what they have in common."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Protocol

from alerts.attempt import Attempt
from alerts.channels.log import LogChannel
from alerts.channels.webhook import WebhookChannel
from alerts.config import ChannelConfig
from alerts.message import Notification
from alerts.moment import Clock


class Channel(Protocol):
    """One configured place to tell."""

    @property
    def name(self) -> str:
        """What it is called in the configuration."""
        ...

    @property
    def kind(self) -> str:
        """What it is: `webhook`, `log`."""
        ...

    async def send(self, notification: Notification) -> Attempt:
        """Tell once. Every fault of the receiver and of the network is a value, never raised."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


KINDS: Mapping[str, Callable[[str, Any, Clock], Channel]] = MappingProxyType(
    {"webhook": WebhookChannel, "log": LogChannel}
)


def make(name: str, config: ChannelConfig, clock: Clock) -> Channel:
    """Make the channel that a configuration describes."""
    return KINDS[config.kind](name, config, clock)
