"""The channel `webhook`: Standard Webhooks 1.0, signed when there is a secret."""

from datetime import UTC
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from standardwebhooks import Webhook

from alerts.attempt import Attempt
from alerts.channels.formats import FORMATS
from alerts.channels.lifecycle import Lifecycle
from alerts.channels.post import Poster
from alerts.config import (
    Duration,
    Part,
    Secret,
    header_values,
    signing_key,
    signing_secret,
    web_address,
)
from alerts.message import Notification
from alerts.moment import Clock


class WebhookConfig(Part):
    """A receiver of Standard Webhooks."""

    kind: Literal["webhook"]
    """A receiver of Standard Webhooks."""
    url: Annotated[Secret, AfterValidator(web_address)]
    """Where to post. A secret, because many receivers put a token into it."""
    secret: Annotated[Secret, AfterValidator(signing_secret)] | None = None
    """Signs each message: `whsec_` and base64, or any text (its bytes are the key)."""
    format: Literal["standard", "cloudevents", "alertmanager"] = "standard"
    """The shape of the body."""
    timeout: Annotated[Duration, Field(gt=0, le=60)] = 15.0
    """How long one attempt may take in all."""
    headers: Annotated[dict[str, Secret | str], AfterValidator(header_values)] = {}
    """Further request headers; a value may be a secret."""


class WebhookChannel:
    """Posts to one receiver, each attempt under the id of its news."""

    kind = "webhook"
    lifecycle = Lifecycle(resolves=True)

    def __init__(self, name: str, config: WebhookConfig, clock: Clock) -> None:
        self.name = name
        self._clock = clock
        self._url = config.url.get_secret_value()
        self._headers = {
            header: value.get_secret_value() if isinstance(value, SecretStr) else value
            for header, value in config.headers.items()
        }
        secret = config.secret.get_secret_value() if config.secret else None
        self._webhook = Webhook(signing_key(secret)) if secret else None
        hidden = [*self._headers.values(), *([secret] if secret else [])]
        self._write, self._media = FORMATS[config.format]
        self._poster = Poster(self._url, clock, timeout=config.timeout, secrets=hidden)

    async def send(self, notification: Notification) -> Attempt:
        """Post once."""
        content = self._write(notification)
        headers = self._signed(notification, content)
        return (await self._poster.post(self._url, content, headers)).attempt

    async def close(self) -> None:
        """Close the session."""
        await self._poster.close()

    def _signed(self, notification: Notification, content: bytes) -> dict[str, str]:
        """Return the headers of an attempt. The timestamp is the attempt's, the id the news'."""
        # The library drops the time zone of what it is given: it must be UTC.
        at = self._clock.now().astimezone(UTC)
        headers = {
            **self._headers,
            "Content-Type": self._media,
            "webhook-id": notification.id,
            "webhook-timestamp": str(int(at.timestamp())),
        }
        if self._webhook is not None:
            signature = self._webhook.sign(notification.id, at, content.decode())
            headers["webhook-signature"] = signature
        return headers
