"""`mirror:`: the verdicts in a Redis, for programs that keep stock pybreaker's breakers there."""

from typing import Annotated

from pydantic import AfterValidator, Field

from monitor.app import checks
from monitor.app.settings.part import Part, SecretUrl


class Mirror(Part):
    """Where the verdicts are written for stock pybreaker (extra `redis`)."""

    url: Annotated[str | SecretUrl, AfterValidator(checks.redis)]
    """`redis://host:6379/0`, `rediss://` or `unix:///path`; `{env: NAME}` when it holds a password.
    """
    namespace: str = Field("omilia", pattern=r"^[A-Za-z0-9._-]{1,64}$")
    """What the keys begin with: an endpoint's breaker has the namespace `NAMESPACE:ID`."""

    @property
    def address(self) -> str:
        """The URL, which may hold a password: not to be shown."""
        return self.url if isinstance(self.url, str) else self.url.get_secret_value()
