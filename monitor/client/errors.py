"""What can stand between a caller and Omilia, and between a client and the daemon."""

import aiohttp


class CallRefused(aiohttp.ClientError):
    """The verdict says not to call now. Nothing was sent.

    `retry_after`: seconds until it is worth trying again, None when not known.
    """

    def __init__(self, endpoint: str, retry_after: float | None, reason: str) -> None:
        wait = "" if retry_after is None else f", again in {retry_after:.1f} s"
        super().__init__(f"{endpoint} is not to be called now{wait}: {reason}")
        self.endpoint = endpoint
        self.retry_after = retry_after
        self.reason = reason


class DaemonError(Exception):
    """The daemon was reached, and did not give what was asked for.

    `retry_after` is when it wants to be asked again, in seconds; None when it did not say.
    """

    def __init__(self, what: str, retry_after: float | None = None) -> None:
        super().__init__(what)
        self.retry_after = retry_after


class NoStreamError(DaemonError):
    """There is no event stream here (now): the verdicts can be asked for instead."""


class TokenRefusedError(DaemonError):
    """The daemon does not let this token (or nobody without one) read."""
