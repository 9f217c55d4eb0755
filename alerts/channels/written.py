"""The exact message of a channel, to be looked at and not sent."""

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from alerts.channels.email import mail
from alerts.channels.formats import FORMATS
from alerts.channels.pagerduty import event_of
from alerts.channels.slack import message
from alerts.channels.teams import card
from alerts.message import Notification, payload

_WRITERS: Mapping[str, Callable[[Notification, Any], Any]] = MappingProxyType(
    {
        "slack": lambda one, _: message(one),
        "teams": lambda one, _: card(one, plain=False),
        "email": lambda one, config: mail(one, config).as_string().splitlines(),
        "pagerduty": lambda one, _: event_of(one, "..."),
        "webhook": lambda one, config: json.loads(FORMATS[config.format][0](one)),
        "command": lambda one, _: payload(one),
    }
)


def written(notification: Notification, config: Any) -> Any:
    """Return it as JSON values, without secrets; None where it is no more than its words."""
    write = _WRITERS.get(config.kind)
    return None if write is None else write(notification, config)
