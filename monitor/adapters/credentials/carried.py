"""Credentials that are what they are: a personal access token, a bearer token, a chat key."""

from collections.abc import Mapping

from monitor.core.credential import Shown
from monitor.core.exchange import NotSent


class Carried:
    """Shows secrets as they were handed in. Fits `monitor.ports.Credentials`."""

    def __init__(self, credentials: Mapping[str, Shown] | None = None) -> None:
        self._shown = dict(credentials or {})

    def adopt(self, credentials: Mapping[str, Shown]) -> None:
        """Go on with other credentials. Requests in flight end as they began."""
        self._shown = dict(credentials)

    async def show(self, name: str, within: float) -> Shown | NotSent:
        """Return what to show. Raises LookupError for a name that nobody defined."""
        del within  # there is nothing to wait for
        return self._shown[name]

    async def renew(self, name: str, rejected: Shown, url: str, within: float) -> Shown | None:
        """Return None, unless the credential has become another one meanwhile."""
        del url, within
        now = self._shown[name]
        return None if now.secret == rejected.secret else now
