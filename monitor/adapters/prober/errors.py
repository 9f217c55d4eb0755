"""What the prober itself finds wrong, beside what aiohttp raises."""

import aiohttp


class FindingError(Exception):
    """Something that is wrong with an exchange. The message is for people, and safe to show."""


class TrustError(FindingError):
    """The CA file cannot be used."""


class RedirectError(FindingError):
    """A redirect that is not followed."""


class BodyTooLargeError(FindingError):
    """The body exceeds the endpoint's `max_body`."""


class BodyBrokenError(FindingError):
    """The body stopped being HTTP half-way, so that the parser gave up on it."""


class UpgradeRefusedError(FindingError):
    """A WebSocket's handshake was answered with a status of its own; the body is still unread."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        super().__init__("the handshake was refused")
        self.response = response


class NotRepeatedError(aiohttp.ClientError):
    """A request that died without a reply; `__cause__` says of what.

    `silent` tells whether not even the beginning of a reply had come.

    aiohttp sends an idempotent request again by itself, on a new connection too; a prober that
    hides the first failure is no prober. This class is not among those that make it try again.
    """

    def __init__(self, *, silent: bool = True) -> None:
        super().__init__()
        self.silent = silent
