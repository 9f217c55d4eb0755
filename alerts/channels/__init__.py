"""Channels: places to tell. One small file per kind; this one says what they have in common."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Any, Protocol

from pydantic import ConfigDict, Field, RootModel

from alerts.attempt import Attempt
from alerts.channels.alertmanager import AlertmanagerChannel, AlertmanagerConfig
from alerts.channels.apprise import AppriseChannel, AppriseConfig
from alerts.channels.command import CommandChannel, CommandConfig
from alerts.channels.email import EmailChannel, EmailConfig
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.log import LogChannel, LogConfig
from alerts.channels.opsgenie import OpsgenieChannel, OpsgenieConfig
from alerts.channels.own_words import Spoken
from alerts.channels.pagerduty import PagerDutyChannel, PagerDutyConfig
from alerts.channels.slack import SlackChannel, SlackConfig
from alerts.channels.spoken import SpokenChannel
from alerts.channels.teams import TeamsChannel, TeamsConfig
from alerts.channels.webhook import WebhookChannel, WebhookConfig
from alerts.message import Notification
from alerts.moment import Clock
from alerts.templates import OwnWords


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

    @property
    def lifecycle(self) -> Lifecycle:
        """What the system behind it can do."""
        ...

    async def send(self, notification: Notification) -> Attempt:
        """Tell once. Every fault of the receiver and of the network is a value, never raised."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


KINDS: Mapping[str, Callable[[str, Any, Clock], Channel]] = MappingProxyType(
    {
        "webhook": WebhookChannel,
        "alertmanager": AlertmanagerChannel,
        "pagerduty": PagerDutyChannel,
        "opsgenie": OpsgenieChannel,
        "slack": SlackChannel,
        "teams": TeamsChannel,
        "email": EmailChannel,
        "command": CommandChannel,
        "apprise": AppriseChannel,
        "log": LogChannel,
    }
)


ChannelConfig = Annotated[
    WebhookConfig
    | AlertmanagerConfig
    | PagerDutyConfig
    | OpsgenieConfig
    | SlackConfig
    | TeamsConfig
    | EmailConfig
    | CommandConfig
    | AppriseConfig
    | LogConfig,
    Field(discriminator="kind"),
]
"""One channel, of any kind."""

ChannelName = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$")]
"""What a channel is called: it stands in the journal, in metrics and in alerts."""


class Channels(RootModel[dict[ChannelName, ChannelConfig]]):
    """All channels, by name."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


def make(name: str, config: ChannelConfig, clock: Clock) -> Channel:
    """Make the channel that a configuration describes."""
    channel = KINDS[config.kind](name, config, clock)
    sources = config.templates.sources if isinstance(config, Spoken) else {}
    return SpokenChannel(channel, OwnWords(name, sources)) if sources else channel
